"""One TCP connection and what can happen to it below HTTP."""

import asyncio
import socket
from typing import Any, cast

import pytest
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, Scope

from itcook.stream.session import Liveness
from itcook.tcp import Client
from transports.connection import connection_of


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


GET = b"GET / HTTP/1.1\r\nHost: x\r\n"
UPGRADE = (
    GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
BEGIN: dict[str, dict[str, Any]] = {
    "websocket": {"type": "websocket.accept"},
    "http": {"type": "http.response.start", "status": 200, "headers": []},
}
LATE: dict[str, dict[str, Any]] = {
    "websocket": {"type": "websocket.send", "text": "late"},
    "http": {"type": "http.response.body", "body": b"late", "more_body": True},
}


@pytest.mark.parametrize(
    ("request_head", "status"), [(UPGRADE, b"HTTP/1.1 101 "), (GET, b"HTTP/1.1 200 ")], ids=["101", "head"]
)
async def test_what_taking_a_connection_over_relies_on(request_head: bytes, status: bytes) -> None:
    """What this module's first paragraph says of Hypercorn: when the application's `send` returns, the 101 or
    the head of the answer has been written, whole; and what Hypercorn writes or closes later, of its own or
    for the application, comes by way of `protocol_send` and is dropped. An upgrade in which that is not so
    fails here."""
    ours, peer = socket.socketpair()
    peer.setblocking(False)
    taken: list[tuple[bytes, asyncio.Transport]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(BEGIN[scope["type"]])
        head = peer.recv(65536)  # raises if nothing has been written
        connection = connection_of(scope)
        assert connection is not None, "it can be taken over"
        connection.take_over(asyncio.Protocol())
        taken.append((head, connection.transport))
        await send(LATE[scope["type"]])
        # By returning in the middle, the application has Hypercorn end the stream, and close.

    reader, writer = await asyncio.open_connection(sock=ours)
    peer.send(request_head + b"\r\n")
    client = Client(ASGIWrapper(app), Config(), WorkerContext(None), reader, writer, Liveness(10, 30))
    await asyncio.wait_for(_serve(client), 5)

    ((head, transport),) = taken
    assert head.startswith(status)
    assert head.endswith(b"\r\n\r\n")
    assert not transport.is_closing()
    transport.write(b"ours")
    transport.close()
    await asyncio.sleep(0)  # transports close their sockets in the loop's next turn
    assert await _rest(peer) == b"ours"
    peer.close()


class Owner(asyncio.Protocol):
    """What took a connection over, and when it was lost."""

    def __init__(self) -> None:
        self.lost = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set()


async def test_requests_behind_the_one_that_a_connection_was_taken_over_for_are_not_answered() -> None:
    """Each would take it from the one before, which never heard that it was lost: one client could leave
    behind any number of sessions."""
    ours, peer = socket.socketpair()
    owners: list[Owner] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(BEGIN["http"])
        connection = connection_of(scope)
        assert connection is not None, "it can be taken over"
        owners.append(Owner())
        connection.take_over(owners[-1])
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    peer.send(3 * (GET + b"\r\n"))
    reader, writer = await asyncio.open_connection(sock=ours)
    client = Client(ASGIWrapper(app), Config(), WorkerContext(None), reader, writer, Liveness(10, 30))
    await asyncio.wait_for(_serve(client), 5)
    peer.close()
    (owner,) = owners
    await asyncio.wait_for(owner.lost.wait(), 5)


async def test_a_connection_whose_client_has_left_is_lost_to_whoever_takes_it_over() -> None:
    """Also if it left by ending its side alone, and the application has not heard of that in time."""
    ours, peer = socket.socketpair()
    owner = Owner()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        connection = connection_of(scope)
        assert connection is not None, "it can be taken over"
        connection.take_over(owner)

    peer.send(GET + b"\r\n")
    peer.shutdown(socket.SHUT_WR)
    reader, writer = await asyncio.open_connection(sock=ours)
    client = Client(ASGIWrapper(app), Config(), WorkerContext(None), reader, writer, Liveness(10, 30))
    await asyncio.wait_for(_serve(client), 5)
    await asyncio.wait_for(owner.lost.wait(), 2)
    peer.close()


async def _rest(peer: socket.socket) -> bytes:
    data = b""
    while more := await asyncio.wait_for(asyncio.get_running_loop().sock_recv(peer, 65536), 5):
        data += more
    return data
