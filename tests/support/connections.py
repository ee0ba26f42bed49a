"""One TCP connection and the server at its other end, without a port: for what happens below HTTP."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config

from itcook.stream.session import Liveness
from itcook.tcp import Client

ASGI = Callable[[Any, Any, Any], Awaitable[None]]
Serve = Callable[[ASGI, Config, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

TURNS = 200  # of the loop: many times what anything without a timer needs


async def ours(app: ASGI, config: Config, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one connection as `itcook serve` does."""
    await Client(ASGIWrapper(app), config, WorkerContext(None), reader, writer, Liveness(10, 30))


async def hypercorn(
    app: ASGI, config: Config, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Serve one connection as Hypercorn does, with nothing of ours."""
    loop = asyncio.get_running_loop()
    await TCPServer(ASGIWrapper(app), loop, config, WorkerContext(None), {}, reader, writer)


class Peer:
    """The client's end. `serving` is the task at the other one."""

    def __init__(self, sock: socket.socket, serving: "asyncio.Task[None]") -> None:
        self.serving = serving
        self._socket = sock
        self._loop = asyncio.get_running_loop()

    async def send(self, data: bytes) -> None:
        await self._loop.sock_sendall(self._socket, data)

    async def head(self) -> bytes:
        """What comes, up to the end of a head and what came with it."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = await asyncio.wait_for(self._loop.sock_recv(self._socket, 65536), 10)
            assert more, f"closed after {data!r}"
            data += more
        return data

    async def rest(self) -> bytes:
        """What comes until the server says that nothing more does."""
        data = b""
        while more := await asyncio.wait_for(self._loop.sock_recv(self._socket, 65536), 10):
            data += more
        return data

    async def is_open(self) -> bool:
        """Whether the server leaves the connection open, as far as it does without a timer."""
        for _ in range(TURNS):
            await asyncio.sleep(0)
        try:
            return self._socket.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True


@asynccontextmanager
async def connected(serve: Serve, app: ASGI, config: Config | None = None) -> AsyncIterator[Peer]:
    """A connection to `serve`, gone afterwards."""
    end, peer = socket.socketpair()
    peer.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=end)
    serving = asyncio.ensure_future(_serve(serve, app, config or Config(), reader, writer))
    try:
        yield Peer(peer, serving)
    finally:
        peer.close()
        if serve is hypercorn:
            serving.cancel()  # it may wait for its timers
        await asyncio.wait({serving}, timeout=2)
        assert serving.done(), "its client is gone"


async def _serve(
    serve: Serve, app: ASGI, config: Config, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await serve(app, config, reader, writer)


async def answer(serve: Serve, app: ASGI, request: bytes, config: Config | None = None) -> bytes:
    """What comes back for `request` until the server closes."""
    async with connected(serve, app, config) as peer:
        await peer.send(request)
        return await peer.rest()


async def greeting(scope: Any, receive: Any, send: Any) -> None:
    """An application that accepts every WebSocket and answers every request with 204."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        return
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})
