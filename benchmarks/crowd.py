"""Many stream clients in one cheap process: they send finished handshakes and count markers in bytes.

A client that parsed its JSON would cost more than the server spends on it, and the benchmark would
measure itself.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from benchmarks.tally import PATIENCE, Arrivals, Tally

CONNECTED = b'"type":"Connected"'
EVENT = b'"type":"NewCommunityPost"'
AT_ONCE = 64  # handshakes under way at the same time
SOURCES = 8  # addresses to come from, 127.0.0.2 and so on: one has 28,000 ports, and some still wait

_PING = b"\x89\x00"  # no JSON holds it: an encoder escapes NUL
_PONG = b"\x8a\x80\x00\x00\x00\x00"  # masked, as a client must
_END_OF_HEAD = b"\r\n\r\n"
_UPGRADE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)


@dataclass(frozen=True, slots=True)
class Opening:
    """What a client says to open a stream: `request`, and `then` once more than a head has come."""

    request: bytes
    then: bytes = b""


def handshake(transport: str, token: str, cursor: str | None = None) -> Opening:
    """How IT Cook's stream is opened. `transport` is `ws` or `sse`; `cursor` is what to resume after."""
    query = "" if cursor is None else f"?cursor={cursor}"
    return opening(f"/api/v1/realtime/{transport}{query}", token, upgrade=transport == "ws")


def opening(target: str, token: str | None, *, upgrade: bool, then: bytes = b"") -> Opening:
    """A GET of `target`, with the `token` in a header unless that is None."""
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    head = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{authorization}{_UPGRADE if upgrade else ''}\r\n"
    return Opening(head.encode(), then)


def text_frame(text: str) -> bytes:
    """A client's short text message, masked with zeros, which are as good a mask as any (RFC 6455, 5.3)."""
    data = text.encode()
    assert len(data) < 2**16, "a short message"
    length = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big")
    return b"\x81" + length + bytes(4) + data


class Crowd:
    """Clients and what all of them together have received. `arrivals`, if set, is told of each event."""

    def __init__(self, port: int) -> None:
        self.connected = Tally()
        self.events = Tally()
        self.arrivals: Arrivals | None = None
        self.clients: list[Client] = []
        self._port = port
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def join(self, openings: Sequence[Opening]) -> float:
        """Connect a client for each of `openings`; when the last one has had its first event."""
        before = self.connected.count
        async with asyncio.TaskGroup() as tasks:
            for number, opening in enumerate(openings):
                tasks.create_task(self._connect(opening, number))
        return await self.connected.reach(before + len(openings))

    def leave(self) -> None:
        for client in self.clients:
            client.leave()

    async def _connect(self, opening: Opening, number: int) -> None:
        source = (f"127.0.0.{2 + number % SOURCES}", 0)
        async with self._slots, asyncio.timeout(PATIENCE):
            loop = asyncio.get_running_loop()
            _, client = await loop.create_connection(
                lambda: Client(self, opening), "127.0.0.1", self._port, local_addr=source
            )
            self.clients.append(client)
            await client.joined


class Client(asyncio.Protocol):
    """One stream client. `events` is how many posts it has received."""

    def __init__(self, crowd: Crowd, opening: Opening) -> None:
        self.events = 0
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._crowd = crowd
        self._opening = opening
        self._transport: asyncio.WriteTransport
        self._head = b""  # all that came before the first event
        self._tail = b""  # of what was read: a marker may arrive in two pieces
        self._leaving = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not isinstance: uvloop's transports share no base class with asyncio's.
        self._transport = cast("asyncio.WriteTransport", transport)
        self._transport.write(self._opening.request)

    def data_received(self, data: bytes) -> None:
        if _PING in data:
            self._transport.write(_PONG)
        if not self.joined.done():
            self._begin(data)
        data = self._tail + data
        self._tail = data[1 - len(EVENT) :]
        if events := data.count(EVENT):
            self._crowd.events.add(events)
            if self._crowd.arrivals is not None:
                self._crowd.arrivals.add(self.events, events)
            self.events += events

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
        self._head += data
        _, end, rest = self._head.partition(_END_OF_HEAD)
        if CONNECTED in rest:
            self._head = b""
            self.joined.set_result(None)
            self._crowd.connected.add(1)
        elif end and self._head[9:12] not in {b"101", b"200"}:
            self.joined.set_exception(ConnectionError(f"the server refused a stream: {self._head!r}"))
        elif rest and self._opening.then:
            self._transport.write(self._opening.then)
            self._opening = Opening(b"")


@contextmanager
def crowd(port: int) -> Iterator[Crowd]:
    """A crowd that leaves in the end."""
    clients = Crowd(port)
    try:
        yield clients
    finally:
        clients.leave()
