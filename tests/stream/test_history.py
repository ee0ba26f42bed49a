"""History: the whole of what was missed, or an answer that says why not."""

import asyncio
from collections.abc import Awaitable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itcook.stream import history as module
from itcook.stream import recent
from itcook.stream.envelope import Envelope
from itcook.stream.history import History, NotCoveredError
from tests.support import waiting
from tests.support.stream import EPOCH, FakeTable, cursor, run_of, stored

COMMUNITY = frozenset({"community"})


async def refusal(missed: Awaitable[object]) -> str:
    """Why history refused."""
    with pytest.raises(NotCoveredError) as caught:
        await missed
    return caught.value.reason


def history_of(last: int, *, capacity: int = 100, in_memory: bool = True) -> tuple[History, FakeTable]:
    """A history of `last` events in a table, and in memory or not."""
    table = FakeTable(run_of(1, last))
    history = History(EPOCH, 0 if in_memory else last, table.read, capacity=capacity)
    if in_memory and last:
        history.extend(table.events)
    return history, table


async def test_memory_answers_without_the_table() -> None:
    """A crowd that comes back is no crowd of queries."""
    history, table = history_of(50)
    for position in range(51):
        assert await history.missed(cursor(position), COMMUNITY) == table.events[position:]
    assert table.reads == 0


async def test_the_table_answers_what_memory_does_not_reach() -> None:
    """A page at a time, and from memory as soon as it reaches back so far."""
    history, table = history_of(1000, capacity=100)
    history.restart(1000)
    history.extend(run_of(1001, 1050))
    table.events += run_of(1001, 1050)
    missed = await history.missed(cursor(3), COMMUNITY)
    assert [envelope.position for envelope in missed] == list(range(4, 1051))
    assert table.reads == 1


async def test_only_the_channels_asked_for() -> None:
    """An event in several of them comes once."""
    events = [stored(1, "a"), stored(2, "a", "b"), stored(3, "c"), stored(4, "b")]
    history = History(EPOCH, 0, FakeTable().read)
    history.extend(events)
    assert await history.missed(cursor(0), frozenset("ab")) == [events[0], events[1], events[3]]
    assert await history.missed(cursor(0), frozenset()) == []


@pytest.mark.parametrize("text", ["", "garbage", cursor(11), cursor(5, "other"), "k3f9.-1", "9" * 1000])
async def test_a_cursor_of_another_history_or_of_the_future(text: str) -> None:
    """It is unknown, never a silent gap."""
    history, _ = history_of(10)
    assert await refusal(history.missed(text, COMMUNITY)) == "unknown_cursor"


async def test_what_retention_took() -> None:
    """One event less than all is not all."""
    history, table = history_of(10, in_memory=False)
    del table.events[:4]
    assert await refusal(history.missed(cursor(3), COMMUNITY)) == "history_pruned"
    assert len(await history.missed(cursor(4), COMMUNITY)) == 6
    table.events.clear()
    assert await refusal(history.missed(cursor(4), COMMUNITY)) == "history_pruned"
    assert await history.missed(cursor(10), COMMUNITY) == []


async def test_too_far_behind_by_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as the bound are given; one more is none. Other channels' events do not count."""
    monkeypatch.setattr(module, "MAX_REPLAY", 5)
    history, _ = history_of(6)
    assert len(await history.missed(cursor(1), COMMUNITY)) == 5
    assert await refusal(history.missed(cursor(0), COMMUNITY)) == "too_far_behind"
    assert await history.missed(cursor(0), frozenset({"system"})) == []


async def test_too_far_behind_by_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes, not characters."""
    history, table = history_of(3)
    monkeypatch.setattr(module, "MAX_REPLAY_BYTES", sum(envelope.size for envelope in table.events))
    assert len(await history.missed(cursor(0), COMMUNITY)) == 3
    table.events[2].size += 1
    assert await refusal(history.missed(cursor(0), COMMUNITY)) == "too_far_behind"


async def test_too_far_behind_by_what_had_to_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events of other channels have to be read too: where they are too many, none is."""
    monkeypatch.setattr(module, "MAX_READ", 50)
    history, table = history_of(100, in_memory=False)
    history.extend(run_of(101, 110))
    table.events += run_of(101, 110)
    assert await refusal(history.missed(cursor(49), frozenset({"quiet"}))) == "too_far_behind"
    assert table.reads == 0
    assert await history.missed(cursor(50), frozenset({"quiet"})) == []


async def test_few_read_the_table_at_once() -> None:
    """Whoever else is far behind waits for a turn; who is not waits for nobody."""
    reading, most, go_on = 0, 0, asyncio.Event()
    table = FakeTable(run_of(1, 10))

    async def read(after: int, limit: int) -> list[Envelope]:
        nonlocal reading, most
        reading += 1
        most = max(most, reading)
        await go_on.wait()
        reading -= 1
        return await table.read(after, limit)

    history = History(EPOCH, 10, read)
    late = [asyncio.create_task(history.missed(cursor(0), COMMUNITY)) for _ in range(5)]
    await waiting.until(lambda: reading == module.READERS)
    assert await history.missed(cursor(10), COMMUNITY) == []
    go_on.set()
    assert await asyncio.gather(*late) == [table.events] * 5
    assert most == module.READERS


async def test_nobody_waits_for_ever_for_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose turn does not come begins anew; and who gives up waiting takes nobody's turn."""
    go_on = asyncio.Event()
    table = FakeTable(run_of(1, 10))

    async def read(after: int, limit: int) -> list[Envelope]:
        await go_on.wait()
        return await table.read(after, limit)

    history = History(EPOCH, 10, read)
    reading = [asyncio.create_task(history.missed(cursor(0), COMMUNITY)) for _ in range(module.READERS)]
    leaver = asyncio.create_task(history.missed(cursor(0), COMMUNITY))
    await asyncio.sleep(0)
    leaver.cancel()
    monkeypatch.setattr(module, "TURN_SECONDS", 0.01)
    with pytest.raises(NotCoveredError, match="too_far_behind"):
        await history.missed(cursor(0), COMMUNITY)
    go_on.set()
    assert await asyncio.gather(*reading) == [table.events] * module.READERS
    assert await history.missed(cursor(0), COMMUNITY) == table.events


async def test_what_is_published_during_a_replay_is_not_in_it() -> None:
    """The replay ends where it began to; what comes later is the gate's."""
    history, table = history_of(2500, in_memory=False)

    async def read(after: int, limit: int) -> list[Envelope]:
        history.extend([stored(history.head + 1)])
        return await table.read(after, limit)

    history._read = read
    missed = await history.missed(cursor(0), COMMUNITY)
    assert [envelope.position for envelope in missed] == list(range(1, 2501))
    assert history.head > 2500


async def test_loading_fills_the_memory() -> None:
    """A fresh process serves what the last one had in memory, and no more than fits."""
    history, table = history_of(3000, capacity=2100, in_memory=False)
    await history.load()
    reads = table.reads
    assert history.recent(900) == table.events[900:]
    assert history.recent(899) is None
    assert len(await history.missed(cursor(900), COMMUNITY)) == 2100
    assert table.reads == reads


async def test_events_that_arrive_while_loading_keep_their_place() -> None:
    """They follow what is loaded."""
    history, table = history_of(5, in_memory=False)

    async def read(after: int, limit: int) -> list[Envelope]:
        history.extend([stored(6), stored(7)])
        table.events += run_of(6, 7)
        return await table.read(after, limit)

    history._read = read
    await history.load()
    assert history.recent(0) == [*table.events[:5], *(history.recent(5) or ())]
    assert [envelope.position for envelope in history.recent(0) or ()] == list(range(1, 8))


async def test_a_restart_forgets() -> None:
    """Memory from before a hole must not be taken for what came after it."""
    history, _ = history_of(10)
    history.restart(20)
    assert history.cursor == cursor(20)
    assert history.recent(19) is None
    assert history.recent(20) == []
    assert await refusal(history.missed(cursor(10), COMMUNITY)) == "history_pruned"


def test_a_gap_is_a_defect() -> None:
    """Nobody may add anything but what follows."""
    history, _ = history_of(3)
    for position in (3, 5):
        with pytest.raises(AssertionError):
            history.extend([stored(position)])


@given(
    st.lists(st.integers(1, 7), max_size=40),
    st.integers(1, 20),
    st.integers(0, 40),
    st.integers(0, 300),
    st.booleans(),
)
async def test_whole_or_nothing(
    batches: list[int], capacity: int, pruned: int, after: int, stride: bool
) -> None:
    """For every history, capacity, retention and cursor: exactly what was missed, or the true reason."""
    log = run_of(1, sum(batches))
    if stride:
        log = [stored(position, "ab"[position % 2]) for position in range(1, len(log) + 1)]
    table = FakeTable(log[pruned:])
    history = History(EPOCH, 0, table.read, capacity=capacity)
    for size in batches:
        history.extend(log[history.head : history.head + size])
        assert len(history.recent(max(0, history.head - capacity)) or ()) == min(capacity, history.head)
    wanted = frozenset({"community", "a"})
    outcome: object
    try:
        outcome = await history.missed(cursor(after), wanted)
    except NotCoveredError as error:
        outcome = error.reason
    if after > len(log):
        assert outcome == "unknown_cursor"
    elif outcome == "history_pruned":
        assert after < min(pruned, len(log))
    else:
        assert outcome == [event for event in log[after:] if not wanted.isdisjoint(event.channels)]


async def test_memory_is_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """While events come and when they are loaded: the newest stay, and the table has the others."""
    size = stored(1000).size
    monkeypatch.setattr(recent, "MAX_BYTES", 10 * size)
    table = FakeTable(run_of(1001, 1100))
    for history in (History(EPOCH, 1000, table.read), History(EPOCH, 1100, table.read)):
        if history.head == 1000:
            for envelope in table.events:
                history.extend([envelope])
        else:
            await history.load()
        assert sum(envelope.size for envelope in history._recent.after(0)) <= 13 * size
        newest = history.recent(1090)
        assert newest is not None
        assert [envelope.position for envelope in newest] == list(range(1091, 1101))
        assert history.recent(1080) is None
        missed = await history.missed(cursor(1000), COMMUNITY)
        assert [envelope.position for envelope in missed] == list(range(1001, 1101))


@given(
    st.lists(st.lists(st.sampled_from("abc"), min_size=1, unique=True), max_size=60),
    st.integers(0, 70),
    st.sets(st.sampled_from("abcd"), max_size=3),
)
def test_memory_knows_where_each_channels_events_are(
    events: list[list[str]], after: int, channels: set[str]
) -> None:
    """The same as looking at all of them, also when the first have been forgotten."""
    held = recent.Recent(capacity=20)
    log = [stored(position, *named) for position, named in enumerate(events, 1)]
    for envelope in log:
        held.extend([envelope])
    kept = log[len(log) - len(held) :]
    start = max(after, len(log) - len(held))
    for until in (len(log), max(0, len(log) - 3)):
        expected = [e for e in kept if start < e.position <= until and channels.intersection(e.channels)]
        assert held.among(channels, start, until, 100) == expected
    busiest = max((sum(e.position > start and c in e.channels for e in kept) for c in channels), default=0)
    assert (held.among(channels, start, len(log), busiest - 1) is None) == bool(channels)
