"""The queued sink, over nothing, and over a real connection that nobody reads."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from itcook.stream import ends
from itcook.stream.envelope import Envelope
from tests.support.stream import run_of, stored
from tests.support.waiting import until
from transports import sink as module
from transports.connection import Connection
from transports.sink import BATCH, ROOM, QueuedSink

LAST = Envelope("last", "Disconnecting")


@pytest.fixture
async def sink() -> QueuedSink:
    """On a server that says nothing of its connections."""
    return QueuedSink(None, answers=True)


def big(position: int, size: int) -> Envelope:
    """An event of `size` bytes."""
    return Envelope("x" * size, "Big", None, position)


async def taken(sink: QueuedSink) -> list[Envelope]:
    """Everything until the end."""
    return [envelope async for batch in sink.batches() for envelope in batch]


async def test_order(sink: QueuedSink) -> None:
    """First in, first out, the last words last; what waited at an ordinary end still goes out."""
    envelopes = run_of(1, 500)
    for start in range(0, 500, 7):
        sink.write(envelopes[start : start + 7])
    sink.end(ends.RESTARTING, LAST)
    assert await taken(sink) == [*envelopes, LAST]
    sink.close()


async def test_batches_are_bounded(sink: QueuedSink) -> None:
    """A batch ends with the event that fills it; one that is larger than a batch goes alone."""
    sink.write([big(n, BATCH // 2) for n in range(5)] + [big(5, BATCH * 3), big(6, 1), big(7, 1)])
    sink.end(ends.NORMAL, LAST)
    sizes = [[envelope.size for envelope in batch] async for batch in sink.batches()]
    half = BATCH // 2
    assert sizes == [[half, half], [half, half], [half, BATCH * 3], [1, 1, LAST.size]]
    sink.close()


async def test_every_byte_is_accounted_for(sink: QueuedSink) -> None:
    """A batch counts until the next one is asked for; at the end all is zero."""
    sink.write(run_of(1, 3))
    size = sum(envelope.size for envelope in run_of(1, 3))
    assert sink.unsent == size
    batches = sink.batches()
    await anext(batches)
    assert sink.unsent == size
    following = asyncio.ensure_future(anext(batches))
    await until(lambda: sink.unsent == 0)
    late = stored(4)
    sink.write([late])
    assert await following == [late]
    assert sink.unsent == late.size
    sink.end(ends.NORMAL, LAST)
    assert [batch async for batch in batches] == [[LAST]]
    assert sink.unsent == 0
    sink.close()


async def test_too_slow_gives_up_what_waits(sink: QueuedSink) -> None:
    """All but what is being sent already: the last words must arrive."""
    sink.write([big(1, BATCH), big(2, BATCH), big(3, BATCH)])
    batches = sink.batches()
    first = await anext(batches)
    sink.end(ends.TOO_SLOW, LAST)
    assert sink.unsent == BATCH + LAST.size
    assert [first, *[batch async for batch in batches]] == [first, [LAST]]
    assert sink.unsent == 0
    sink.close()


async def test_drained_waits_for_room(sink: QueuedSink) -> None:
    """There is room at once, none above the bound, and again when it is reached."""
    await asyncio.wait_for(sink.drained(), 1)
    sink.write([big(n, BATCH) for n in range(ROOM // BATCH + 1)])
    waiting = asyncio.create_task(sink.drained())
    batches = sink.batches()
    await anext(batches)
    assert not waiting.done()
    await anext(batches)
    await asyncio.wait_for(waiting, 1)


async def test_drained_does_not_wait_for_the_dead(sink: QueuedSink) -> None:
    """A replay that waits ends with its connection."""
    sink.write([big(1, ROOM + 1)])
    waiting = asyncio.create_task(sink.drained())
    sink.end(ends.RESTARTING, LAST)
    await asyncio.wait_for(waiting, 1)
    sink.close()


async def test_who_does_not_read_the_last_words_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a connection to drop, by cancelling the handler."""
    monkeypatch.setattr(module, "CLOSE_SECONDS", 0.01)

    async def handler() -> None:
        sink = QueuedSink(None, answers=True)
        sink.end(ends.TOO_SLOW, LAST)
        async for _ in sink.batches():
            await asyncio.Event().wait()  # a send that is never over

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(handler())


async def test_who_closed_in_time_is_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler that has moved on is not cancelled behind its back."""
    monkeypatch.setattr(module, "CLOSE_SECONDS", 0.01)

    async def handler() -> str:
        sink = QueuedSink(None, answers=True)
        sink.end(ends.NORMAL, LAST)
        await taken(sink)
        sink.close()
        await asyncio.sleep(0.05)  # longer than a cut would have taken
        return "over"

    assert await asyncio.create_task(handler()) == "over"


async def test_without_a_connection_sending_is_moving(sink: QueuedSink) -> None:
    """Time counts from when bytes began to wait, and again from each batch."""
    now = asyncio.get_running_loop().time()
    assert sink.stuck_for(now + 100) == 0
    sink.write([big(1, BATCH), big(2, BATCH)])
    assert sink.stuck_for(now + 200) >= 99
    batches = sink.batches()
    await anext(batches)
    assert sink.stuck_for(now + 300) >= 199
    await anext(batches)
    assert sink.stuck_for(now + 400) == 0
    assert sink.stuck_for(now + 410) == 10


class Unread:
    """A real connection whose other side reads only when it is told to."""

    def __init__(self, transport: asyncio.WriteTransport, peer: socket.socket) -> None:
        self.transport = transport
        self.peer = peer
        self.connection = Connection(transport, asyncio.get_running_loop().time())

    def fill(self) -> None:
        """Write until the kernel takes no more."""
        while not self.transport.get_write_buffer_size():
            self.transport.write(b"x" * 65536)


@pytest.fixture
async def unread() -> AsyncIterator[Unread]:
    """The server's end is a transport, the client's a plain socket."""
    server, peer = socket.socketpair()
    peer.setblocking(False)
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=server)
    yield Unread(transport, peer)
    transport.abort()
    peer.close()
    await asyncio.sleep(0)  # the transport closes its socket in the loop's next turn


class Told:
    """A loop's clock that is told the time."""

    now = 0.0

    def time(self) -> float:
        return self.now


async def test_what_still_fits_into_the_buffer_has_not_moved(
    unread: Unread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Heartbeats that the connection takes while its client reads nothing do not set the clock back."""
    sink = QueuedSink(unread.connection, answers=False)
    clock = Told()
    monkeypatch.setattr(sink, "_loop", clock)
    monkeypatch.setattr(sink, "_moved_at", 0.0)
    unread.fill()
    batches = sink.batches()
    for position in range(1, 6):
        clock.now = 10 * position
        sink.write([stored(position)])
        for envelope in await anext(batches):
            unread.transport.write(envelope.text.encode())
        assert sink.stuck_for(clock.now) == 10 * position


async def test_a_client_that_reads_slowly_moves(unread: Unread) -> None:
    """Any byte that leaves is a sign."""
    sink = QueuedSink(unread.connection, answers=False)
    unread.fill()
    unread.transport.write(b"x" * 500_000)
    now = asyncio.get_running_loop().time()
    sink.stuck_for(now)
    assert sink.unsent >= 500_000
    before = sink.unsent
    while sink.unsent == before:
        unread.peer.recv(65536)
        await asyncio.sleep(0)
    assert sink.stuck_for(now + 50) == 0
    assert sink.stuck_for(now + 60) == 10


async def test_a_connection_is_cut_by_dropping_it(unread: Unread, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever waits to be sent."""
    monkeypatch.setattr(module, "CLOSE_SECONDS", 0.01)
    sink = QueuedSink(unread.connection, answers=False)
    unread.fill()
    sink.end(ends.TOO_SLOW, LAST)
    await until(unread.transport.is_closing)


async def test_signs_of_life(unread: Unread) -> None:
    """Asked for and heard only where the transport lets a client answer."""
    mute = QueuedSink(unread.connection, answers=False)
    mute.ping()
    assert mute.heard_at is None
    assert QueuedSink(None, answers=True).heard_at is None
    sink = QueuedSink(unread.connection, answers=True)
    sink.ping()
    await until(lambda: bool(unread.peer.recv(10, socket.MSG_PEEK)))
    assert unread.peer.recv(10) == b"\x89\x00"
    unread.connection.heard_at = 5.0
    assert sink.heard_at == 5.0
