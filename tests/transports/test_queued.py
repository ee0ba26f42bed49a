"""The queued sink, over nothing."""

import asyncio

import pytest

from itcook.stream import ends
from itcook.stream.envelope import Batch, Envelope
from tests.support.stream import run_of, stored
from tests.support.waiting import until
from transports import queued as module
from transports.queued import BATCH, ROOM, QueuedSink

LAST = Envelope("last", "Disconnecting")


@pytest.fixture
async def sink() -> QueuedSink:
    """Whose handler is this test."""
    return QueuedSink()


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
        sink.write(Batch(envelopes[start : start + 7]))
    sink.end(ends.RESTARTING, LAST)
    assert await taken(sink) == [*envelopes, LAST]
    sink.close()


async def test_batches_are_bounded(sink: QueuedSink) -> None:
    """A batch ends with the event that fills it; one that is larger than a batch goes alone."""
    sink.write(Batch([big(n, BATCH // 2) for n in range(5)] + [big(5, BATCH * 3), big(6, 1), big(7, 1)]))
    sink.end(ends.NORMAL, LAST)
    sizes = [[envelope.size for envelope in batch] async for batch in sink.batches()]
    half = BATCH // 2
    assert sizes == [[half, half], [half, half], [half, BATCH * 3], [1, 1, LAST.size]]
    sink.close()


async def test_every_byte_is_accounted_for(sink: QueuedSink) -> None:
    """A batch counts until the next one is asked for; at the end all is zero."""
    sink.write(Batch(run_of(1, 3)))
    size = sum(envelope.size for envelope in run_of(1, 3))
    assert sink.unsent == size
    batches = sink.batches()
    await anext(batches)
    assert sink.unsent == size
    following = asyncio.ensure_future(anext(batches))
    await until(lambda: sink.unsent == 0)
    late = stored(4)
    sink.write(Batch([late]))
    assert await following == [late]
    assert sink.unsent == late.size
    sink.end(ends.NORMAL, LAST)
    assert [batch async for batch in batches] == [[LAST]]
    assert sink.unsent == 0
    sink.close()


async def test_too_slow_gives_up_what_waits(sink: QueuedSink) -> None:
    """All but what is being sent already: the last words must arrive."""
    sink.write(Batch([big(1, BATCH), big(2, BATCH), big(3, BATCH)]))
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
    sink.write(Batch([big(n, BATCH) for n in range(ROOM // BATCH + 1)]))
    waiting = asyncio.create_task(sink.drained())
    batches = sink.batches()
    await anext(batches)
    assert not waiting.done()
    await anext(batches)
    await asyncio.wait_for(waiting, 1)


async def test_drained_does_not_wait_for_the_dead(sink: QueuedSink) -> None:
    """A replay that waits ends with its connection."""
    sink.write(Batch([big(1, ROOM + 1)]))
    waiting = asyncio.create_task(sink.drained())
    sink.end(ends.RESTARTING, LAST)
    await asyncio.wait_for(waiting, 1)
    sink.close()


async def test_who_does_not_read_the_last_words_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """By cancelling the handler that sends them."""
    monkeypatch.setattr(module, "CLOSE_SECONDS", 0.01)

    async def handler() -> None:
        sink = QueuedSink()
        sink.end(ends.TOO_SLOW, LAST)
        async for _ in sink.batches():
            await asyncio.Event().wait()  # a send that is never over

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(handler())


async def test_who_closed_in_time_is_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler that has moved on is not cancelled behind its back."""
    monkeypatch.setattr(module, "CLOSE_SECONDS", 0.01)

    async def handler() -> str:
        sink = QueuedSink()
        sink.end(ends.NORMAL, LAST)
        await taken(sink)
        sink.close()
        await asyncio.sleep(0.05)  # longer than a cut would have taken
        return "over"

    assert await asyncio.create_task(handler()) == "over"


async def test_sending_is_moving(sink: QueuedSink) -> None:
    """Time counts from when bytes began to wait, and again from each batch."""
    now = asyncio.get_running_loop().time()
    assert sink.stuck_for(now + 100) == 0
    sink.write(Batch([big(1, BATCH), big(2, BATCH)]))
    assert sink.stuck_for(now + 200) >= 99
    batches = sink.batches()
    await anext(batches)
    assert sink.stuck_for(now + 300) >= 199
    await anext(batches)
    assert sink.stuck_for(now + 400) == 0
    assert sink.stuck_for(now + 410) == 10
