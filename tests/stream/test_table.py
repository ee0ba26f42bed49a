"""The table on a real database: positions, pages, retention."""

import asyncio
from datetime import datetime, timedelta

import pytest

from itcook.database import Database
from itcook.models import StreamEntry, StreamHead
from itcook.stream import table as module
from itcook.stream.table import StreamTable
from tests.support.stream import NOON

LONG = 10**6  # hours, or entries: no bound


@pytest.fixture
async def table(database: Database) -> StreamTable:
    """The table of an empty history."""
    table = StreamTable()
    assert await table.open() == 0
    return table


async def outboxed(*ids: int, created_at: datetime = NOON) -> None:
    """Committed events without a position, with these ids."""
    await StreamEntry.bulk_create(
        [
            StreamEntry(id=number, channels="a b", body=f'"type":"T{number}","x":1}}', created_at=created_at)
            for number in ids
        ]
    )


async def stamped(table: StreamTable, *ids: int, created_at: datetime = NOON) -> None:
    """The same, with positions."""
    await outboxed(*ids, created_at=created_at)
    await table.stamp(len(ids))


async def positions(table: StreamTable) -> list[int]:
    return [envelope.position for envelope in await table.read(0, LONG)]


async def test_positions_follow_the_commits_not_the_ids(table: StreamTable) -> None:
    """An id that becomes visible late gets a late position: whoever has passed its place still sees it."""
    await outboxed(10, 12)
    first = await table.stamp(100)
    await outboxed(11, 5)
    second = await table.stamp(100)
    assert [(envelope.position, envelope.type) for envelope in first + second] == [
        (1, "T10"),
        (2, "T12"),
        (3, "T5"),
        (4, "T11"),
    ]
    assert [envelope.text for envelope in await table.read(0, 100)] == [
        envelope.text for envelope in first + second
    ]
    assert first[0].channels == ("a", "b")
    assert first[0].text == f'{{"id":"{table.epoch}.1","type":"T10","x":1}}'


async def test_a_pass_is_limited_and_the_next_goes_on(table: StreamTable) -> None:
    """Dense positions over passes, and nothing once all are stamped."""
    await outboxed(*range(1, 8))
    sizes = [len(await table.stamp(3)) for _ in range(4)]
    assert sizes == [3, 3, 1, 0]
    assert await positions(table) == [1, 2, 3, 4, 5, 6, 7]
    assert (await StreamHead.get(id=1)).position == 7


async def test_two_that_stamp_at_once_give_no_position_twice(table: StreamTable) -> None:
    """Whoever comes first, each event is stamped once."""
    await outboxed(*range(1, 101))
    batches = await asyncio.gather(*(table.stamp(7) for _ in range(20)))
    given = [envelope.position for batch in batches for envelope in batch]
    assert sorted(given) == list(range(1, 101))


async def test_the_epoch_outlives_the_process(table: StreamTable) -> None:
    """A cursor from yesterday means the same today."""
    await stamped(table, 1, 2)
    again = StreamTable()
    assert await again.open() == 2
    assert again.epoch == table.epoch


async def test_pages(table: StreamTable) -> None:
    """From any position, with any limit; what has no position yet is not there."""
    await stamped(table, *range(1, 6))
    await outboxed(6)
    for after in range(6):
        for limit in range(1, 7):
            page = await table.read(after, limit)
            assert [envelope.position for envelope in page] == list(range(after + 1, 6))[:limit]


async def test_retention_by_age(table: StreamTable) -> None:
    """Up to the first one that is young enough; what waits for its position is left alone."""
    await stamped(table, 1, 2, created_at=NOON - timedelta(hours=2))
    await stamped(table, 3, created_at=NOON - timedelta(hours=1))
    await outboxed(4, created_at=NOON - timedelta(days=9))
    assert await table.prune(NOON, hours=1, entries=LONG) == 2
    assert await positions(table) == [3]
    assert await StreamEntry.filter(position=None).count() == 1


async def test_retention_by_count(table: StreamTable) -> None:
    """The last ones stay."""
    await stamped(table, *range(1, 11))
    assert await table.prune(NOON, hours=LONG, entries=4) == 6
    assert await table.prune(NOON, hours=LONG, entries=4) == 0
    assert await positions(table) == [7, 8, 9, 10]


async def test_retention_of_all_keeps_the_head(table: StreamTable) -> None:
    """An empty table goes on where it was, in the same epoch."""
    await stamped(table, 1, 2)
    assert await table.prune(NOON + timedelta(days=1), hours=1, entries=LONG) == 2
    assert await table.open() == 2
    await outboxed(3)
    assert [envelope.position for envelope in await table.stamp(1)] == [3]
    empty = await table.prune(NOON + timedelta(days=9), hours=1, entries=LONG)
    assert empty == 1


async def test_retention_with_a_clock_that_went_back(table: StreamTable) -> None:
    """An event that looks old takes none along that came before it and is young: no holes, ever."""
    await stamped(table, 1, created_at=NOON - timedelta(hours=3))
    await stamped(table, 2, created_at=NOON)
    await stamped(table, 3, created_at=NOON - timedelta(hours=3))
    await stamped(table, 4, created_at=NOON)
    assert await table.prune(NOON, hours=1, entries=LONG) == 1
    assert await positions(table) == [2, 3, 4]


async def test_retention_of_many_takes_several_transactions(
    table: StreamTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one writer of SQLite is not held for long."""
    monkeypatch.setattr(module, "PRUNE_BATCH", 3)
    await stamped(table, *range(1, 12))
    assert await table.prune(NOON, hours=LONG, entries=1) == 10
    assert await positions(table) == [11]
