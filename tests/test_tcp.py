"""One TCP connection and what can happen to it below HTTP."""

import asyncio
from typing import cast

from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, Scope

from itcook.stream.session import Liveness
from itcook.tcp import Client


class Socket:
    family = "AF_UNIX"  # of which Hypercorn asks no address

    def getpeername(self) -> str:
        return ""

    getsockname = getpeername


class TimedOut:
    """A writer whose connection the kernel gives up, as TCP_USER_TIMEOUT has it do: ETIMEDOUT."""

    transport = None

    def get_extra_info(self, name: str) -> Socket | None:
        return Socket() if name == "socket" else None

    def write(self, data: bytes) -> None:
        pass

    async def drain(self) -> None:
        raise TimeoutError(110, "Connection timed out")

    def write_eof(self) -> None:
        raise OSError(107, "Transport endpoint is not connected")

    def close(self) -> None:
        pass

    async def wait_closed(self) -> None:
        pass


async def test_a_connection_that_timed_out_is_a_connection_that_was_lost() -> None:
    """The application hears that its client has left; nothing is raised at whoever was writing."""
    heard: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def app(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        heard.set_result((await receive())["type"])

    reader = asyncio.StreamReader()
    reader.feed_data(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    writer = cast("asyncio.StreamWriter", TimedOut())
    serving = asyncio.create_task(
        _serve(Client(ASGIWrapper(app), Config(), WorkerContext(None), reader, writer, Liveness(10, 30)))
    )
    assert await asyncio.wait_for(heard, 5) == "http.disconnect"
    reader.feed_eof()
    await serving


async def _serve(client: Client) -> None:
    await client
