"""Many stream clients in one cheap process: they send finished handshakes and count markers in bytes.

A client that parsed its JSON would cost more than the server spends on it, and the benchmark would
measure itself.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import cast

from benchmarks.tally import PATIENCE, Tally

CONNECTED = b'"type":"Connected"'
EVENT = b'"type":"NewCommunityPost"'
AT_ONCE = 64  # handshakes under way at the same time

_PING = b"\x89\x00"  # no JSON holds it: an encoder escapes NUL
_PONG = b"\x8a\x80\x00\x00\x00\x00"  # masked, as a client must
_UPGRADE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)


def handshake(transport: str, token: str, cursor: str | None = None) -> bytes:
    """The request that opens a stream. `transport` is `ws` or `sse`; `cursor` is what to resume after."""
    query = "" if cursor is None else f"?cursor={cursor}"
    return (
        f"GET /api/v1/realtime/{transport}{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {token}\r\n{_UPGRADE if transport == 'ws' else ''}\r\n"
    ).encode()


class Crowd:
    """Clients and what all of them together have received."""

    def __init__(self, port: int) -> None:
        self.connected = Tally()
        self.events = Tally()
        self.clients: list[Client] = []
        self._port = port
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def join(self, requests: Sequence[bytes]) -> float:
        """Connect a client for each of `requests`; when the last one has had its first event."""
        before = self.connected.count
        async with asyncio.TaskGroup() as tasks:
            for request in requests:
                tasks.create_task(self._connect(request))
        return await self.connected.reach(before + len(requests))

    def leave(self) -> None:
        for client in self.clients:
            client.leave()

    async def _connect(self, request: bytes) -> None:
        async with self._slots:
            loop = asyncio.get_running_loop()
            _, client = await loop.create_connection(lambda: Client(self, request), "127.0.0.1", self._port)
            self.clients.append(client)
            async with asyncio.timeout(PATIENCE):
                await client.joined


class Client(asyncio.Protocol):
    """One stream client. `events` is how many posts it has received."""

    def __init__(self, crowd: Crowd, request: bytes) -> None:
        self.events = 0
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._crowd = crowd
        self._request = request
        self._transport: asyncio.WriteTransport
        self._tail = b""  # of what was read: a marker may arrive in two pieces
        self._leaving = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not isinstance: uvloop's transports share no base class with asyncio's.
        self._transport = cast("asyncio.WriteTransport", transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if data.endswith(_PING):
            self._transport.write(_PONG)
        data = self._tail + data
        self._tail = data[1 - len(EVENT) :]
        if not self.joined.done():
            self._begin(data)
        if events := data.count(EVENT):
            self.events += events
            self._crowd.events.add(events)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._leaving:
            return
        error = ConnectionError(f"the server ended a connection; its last bytes: {self._tail!r}")
        if not self.joined.done():
            self.joined.set_exception(error)
        self._crowd.events.fail(error)

    def leave(self) -> None:
        self._leaving = True
        self._transport.abort()

    def _begin(self, data: bytes) -> None:
        if CONNECTED in data:
            self.joined.set_result(None)
            self._crowd.connected.add(1)
        elif data.startswith(b"HTTP/1.1 ") and len(data) >= 12 and data[9:12] not in {b"101", b"200"}:
            self.joined.set_exception(ConnectionError(f"the server refused a stream: {data!r}"))


@contextmanager
def crowd(port: int) -> Iterator[Crowd]:
    """A crowd that leaves in the end."""
    clients = Crowd(port)
    try:
        yield clients
    finally:
        clients.leave()
