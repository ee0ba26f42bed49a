"""The direct sink on a real connection: every byte, what waits, and how it ends."""

import asyncio
import fcntl
import socket
import struct
import termios
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from itcook.stream import ends
from itcook.stream.broadcaster import Broadcaster
from itcook.stream.connections import Connections
from itcook.stream.envelope import Batch, Envelope
from itcook.stream.history import History
from itcook.stream.session import Liveness, TransportName
from tests.support.raw_websocket import BINARY, CLOSE, PING, PONG, TEXT, frame
from tests.support.stream import EPOCH, NODE, NOON, FakeTable, run_of, someone, stored, verifying
from tests.support.waiting import until
from transports import direct as module
from transports.connection import Connection
from transports.direct import ROOM, DirectSink, SSESink, WebSocketSink
from transports.frames import sse_blocks, websocket_frames
from transports.parameters import StreamParameters

NOTHING = StreamParameters((), None)


class Line:
    """A sink of someone who reads only when told to; `peer` is their end."""

    def __init__(
        self, here: Connections, transport: asyncio.Transport, peer: socket.socket, sink: DirectSink
    ) -> None:
        self.here = here
        self.transport = transport
        self.peer = peer
        self.sink = sink

    async def read(self, ending: bytes) -> bytes:
        """What comes, up to `ending`."""
        data = b""
        while not data.endswith(ending):
            data += await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.peer, 65536), 5)
        return data

    async def rest(self) -> bytes:
        """What comes until the server says that nothing more does."""
        data = b""
        while more := await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.peer, 65536), 5):
            data += more
        return data

    async def fill(self) -> None:
        """Write until the kernel takes no more, however often it is asked."""
        waiting = 0
        while not waiting or waiting != self.sink.unsent:
            self.sink.write(Batch([Envelope("x" * 65536, "Big")]))
            waiting = self.sink.unsent
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    async def read_by_sink(self) -> None:
        """What `peer` has sent was read at our end."""
        mine: socket.socket = self.transport.get_extra_info("socket")
        await until(lambda: not _unread(mine))
        await asyncio.sleep(0)

    @property
    def is_open(self) -> bool:
        return not self.transport.is_closing()

    async def gone(self) -> None:
        """The session has left."""
        await until(lambda: not len(self.here))


class NoHalfClose:
    """A transport that, as TLS, is closed whole or not at all."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def can_write_eof(self) -> bool:
        return False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Lines:
    """Opens them, and drops them afterwards."""

    def __init__(self) -> None:
        history = History(EPOCH, 0, FakeTable().read)
        self.here = Connections(NODE, history, Broadcaster(), Liveness(10, 30), lambda: NOON, verifying())
        self._opened: list[tuple[asyncio.Transport, socket.socket]] = []

    async def websocket(self) -> Line:
        connection, peer = await self._pair()
        return self._begin(WebSocketSink(self.here, connection), peer)

    async def sse(self, http_version: str = "1.1") -> Line:
        connection, peer = await self._pair()
        return self._begin(SSESink(self.here, connection, sse_blocks, http_version), peer)

    async def as_over_tls(self) -> Line:
        """A WebSocket on which there is no half of a close."""
        connection, peer = await self._pair()
        whole = cast("asyncio.Transport", NoHalfClose(connection.transport))
        return self._begin(WebSocketSink(self.here, Connection(whole, connection.take_over)), peer)

    async def over_tcp(self) -> Line:
        """A WebSocket whose kernel can refuse a shutdown, as it never does between a pair of sockets."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            peer = socket.create_connection(listener.getsockname())
            server, _ = listener.accept()
        connection, _ = await self._over(server, peer)
        return self._begin(WebSocketSink(self.here, connection), peer)

    async def drop(self) -> None:
        for transport, peer in self._opened:
            transport.abort()
            peer.close()
        await asyncio.sleep(0)  # transports close their sockets in the loop's next turn

    def _begin(self, sink: DirectSink, peer: socket.socket) -> Line:
        transport: TransportName = "websocket" if isinstance(sink, WebSocketSink) else "sse"
        sink.begin(self.here.open(someone(), transport, sink), NOTHING)
        return Line(self.here, self._opened[-1][0], peer, sink)

    async def _pair(self) -> tuple[Connection, socket.socket]:
        return await self._over(*socket.socketpair())

    async def _over(self, server: socket.socket, peer: socket.socket) -> tuple[Connection, socket.socket]:
        peer.setblocking(False)
        transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=server)
        self._opened.append((transport, peer))
        return Connection(transport, transport.set_protocol), peer


def _unread(sock: socket.socket) -> int:
    """Bytes that the kernel has for it (tcp(7), SIOCINQ)."""
    (count,) = struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.FIONREAD, bytes(4)))
    return int(count)


@pytest.fixture
async def lines() -> AsyncIterator[Lines]:
    lines = Lines()
    yield lines
    await lines.drop()


async def test_a_websocket_gets_whole_frames(lines: Lines) -> None:
    """`Connected` first, then what is written, to the byte."""
    line = await lines.websocket()
    await line.read(b"}}")
    line.sink.write(Batch(run_of(1, 3)))
    line.sink.write(Batch([stored(4)]))
    expected = websocket_frames(run_of(1, 4))
    assert await line.read(expected[-100:]) == expected


async def test_an_event_stream_gets_whole_chunks(lines: Lines) -> None:
    """`retry:` first; what goes out together is one chunk."""
    line = await lines.sse()
    begin = await line.read(b"}}\n\n\r\n")
    assert b"retry: " in begin.splitlines()[1]
    line.sink.write(Batch(run_of(1, 3)))
    blocks = sse_blocks(run_of(1, 3))
    assert await line.read(b"\n\n\r\n") == b"%x\r\n%b\r\n" % (len(blocks), blocks)


async def test_http_1_0_knows_no_chunks(lines: Lines) -> None:
    """Nginx speaks it to its upstreams unless told otherwise; the body ends with the connection."""
    line = await lines.sse("1.0")
    assert (await line.read(b"}}\n\n")).startswith(b"retry: ")
    line.sink.session.end(ends.RESTARTING)
    assert (await line.rest()).endswith(b'"retry_after_ms":0}}\n\n')


@pytest.mark.parametrize("end", [ends.RESTARTING, ends.TOO_SLOW])
async def test_the_last_words_arrive_in_order(lines: Lines, end: ends.End) -> None:
    """After all that was written; then the close frame with the same code, and nothing more."""
    line = await lines.websocket()
    line.sink.write(Batch(run_of(1, 20)))
    line.sink.session.end(end)
    said = await line.rest()
    assert said.index(stored(20).text.encode()) < said.index(b'"type":"Disconnecting"')
    assert said.endswith(frame(CLOSE, end.code.to_bytes(2) + end.reason.encode(), masked=False))
    line.peer.close()
    await line.gone()


async def test_an_event_stream_ends_cleanly(lines: Lines) -> None:
    """With the last chunk, so that a client can tell an end from a cut."""
    line = await lines.sse()
    line.sink.session.end(ends.RESTARTING)
    assert (await line.rest()).endswith(b"\n\n\r\n0\r\n\r\n")


async def test_a_client_that_closes_is_answered_and_not_spoken_to_again(lines: Lines) -> None:
    """The close is echoed; `Disconnecting` behind it would break the protocol."""
    line = await lines.websocket()
    await line.read(b"}}")
    line.peer.send(frame(CLOSE, b"\x03\xe8bye"))
    assert await line.rest() == frame(CLOSE, b"\x03\xe8bye", masked=False)
    assert line.sink.session.ended is ends.NORMAL
    line.peer.close()
    await line.gone()


async def test_who_does_not_close_is_dropped(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it still sends, and although the last words wait behind what it does not read."""
    monkeypatch.setattr(module, "LINGER_SECONDS", 0.05)
    line = await lines.websocket()
    await line.fill()
    line.sink.session.end(ends.TOO_SLOW)
    line.peer.send(frame(PING))
    await line.gone()


async def test_over_tls_the_last_words_wait_for_the_client(lines: Lines) -> None:
    """It may still be sending, which would reset a connection that is closed: it is heard out until its own
    close, and answered nothing more."""
    line = await lines.as_over_tls()
    line.sink.session.end(ends.TOO_MANY_MESSAGES)
    assert b'"code":4429' in await line.read(ends.TOO_MANY_MESSAGES.reason.encode())
    line.peer.send(frame(TEXT, b"{}") + frame(PING))
    await line.read_by_sink()
    assert line.is_open
    line.peer.send(frame(TEXT, b"{}") + frame(CLOSE, b"\x11\x4d"))
    assert await line.rest() == b""
    await line.gone()


async def test_over_tls_a_close_behind_what_ended_the_stream_is_seen(lines: Lines) -> None:
    """In one piece with it."""
    line = await lines.as_over_tls()
    await line.read(b"}}")
    line.peer.send(frame(BINARY, b"x") + frame(CLOSE, b"\x03\xe8"))
    assert b'"code":1003' in await line.rest()
    await line.gone()


async def test_over_tls_a_client_that_closes_is_not_waited_for(lines: Lines) -> None:
    """It has said that it sends nothing more."""
    line = await lines.as_over_tls()
    await line.read(b"}}")
    line.peer.send(frame(CLOSE, b"\x03\xe8bye"))
    assert await line.rest() == frame(CLOSE, b"\x03\xe8bye", masked=False)
    await line.gone()


async def test_over_tls_who_does_not_close_is_dropped(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    """After frames that cannot be read, too: nothing behind them is looked at."""
    monkeypatch.setattr(module, "LINGER_SECONDS", 0.05)
    line = await lines.as_over_tls()
    line.peer.send(frame(TEXT, b"{}", masked=False) + frame(CLOSE, b"\x03\xe8"))
    await line.gone()


async def test_a_client_that_has_just_gone_keeps_nobody_from_ending_the_others(lines: Lines) -> None:
    """The last words meet a closed socket, which resets the connection before our side can be ended: nothing
    is raised at whoever ends all connections, as a drain does."""
    gone, here = await lines.over_tcp(), await lines.over_tcp()
    for line in (gone, here):
        await line.read(b"}")  # with something unread, closing would reset the connection at once
    gone.peer.close()
    for line in (gone, here):
        line.sink.session.end(ends.RESTARTING)
    assert b'"code":1012' in await here.rest()


async def test_a_lost_connection_takes_its_work_along(lines: Lines) -> None:
    """Whoever waits for room to replay something waits no longer, and the session leaves."""
    line = await lines.sse()
    await line.fill()
    line.sink.write(Batch([Envelope("x" * ROOM * 2, "Big")]))
    waiting = asyncio.create_task(line.sink.drained())
    await asyncio.sleep(0)
    assert not waiting.done()
    line.sink.cut()
    await line.gone()
    await asyncio.wait_for(waiting, 5)


async def test_drained_waits_for_room(lines: Lines) -> None:
    """There is room at once, none above the bound, and again when enough was read."""
    line = await lines.sse()
    await asyncio.wait_for(line.sink.drained(), 1)
    await line.fill()
    line.sink.write(Batch([Envelope("x" * ROOM * 2, "Big")]))
    waiting = asyncio.create_task(line.sink.drained())
    await asyncio.sleep(0)
    assert not waiting.done()
    while not waiting.done():
        await asyncio.get_running_loop().sock_recv(line.peer, 65536)


async def test_what_still_fits_into_the_buffer_has_not_moved(lines: Lines) -> None:
    """Heartbeats that the connection takes while its client reads nothing do not set the clock back; any byte
    that leaves does."""
    line = await lines.sse()
    await line.fill()
    line.sink.write(Batch([Envelope("x" * 500_000, "Big")]))
    now = asyncio.get_running_loop().time()
    line.sink.stuck_for(now)
    for seconds in range(10, 60, 10):
        line.sink.write(Batch([stored(seconds)]))
        assert line.sink.stuck_for(now + seconds) == pytest.approx(seconds)
    before = line.sink.unsent
    while line.sink.unsent == before:
        await asyncio.get_running_loop().sock_recv(line.peer, 65536)
    assert line.sink.stuck_for(now + 60) == 0
    assert line.sink.stuck_for(now + 70) == pytest.approx(10)


async def test_signs_of_life(lines: Lines) -> None:
    """Any byte of a WebSocket client is one; an event stream's client has no way to give any."""
    line = await lines.websocket()
    await line.read(b"}}")
    line.sink.ping()
    assert await line.read(b"\x00") == b"\x89\x00"
    assert line.sink.heard_at is not None
    before = line.sink.heard_at
    line.peer.send(frame(PONG))
    await until(lambda: (line.sink.heard_at or 0) > before)
    silent = await lines.sse()
    silent.sink.ping()
    assert silent.sink.heard_at is None


async def test_a_connection_that_is_lost_before_it_is_taken_over(lines: Lines) -> None:
    """Leaves no session behind."""
    connection, _ = await lines._pair()
    connection.transport.abort()

    def hand_over(owner: asyncio.Protocol) -> None:
        asyncio.get_running_loop().call_soon(owner.connection_lost, None)

    sink = SSESink(lines.here, Connection(connection.transport, hand_over), sse_blocks, "1.1")
    sink.begin(lines.here.open(someone(), "sse", sink), NOTHING)
    await until(lambda: not len(lines.here))
