"""The follower: whatever the broker does, each event once and in order."""

import asyncio
from collections.abc import Sequence
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itcook.stream import follower as module
from itcook.stream.envelope import Envelope
from itcook.stream.follower import Follower
from itcook.stream.history import History
from itcook.stream.table import StreamTable
from tests.support.stream import EPOCH, FakeTable, run_of
from tests.support.waiting import until


class Followed:
    """A follower, its history at `head`, and what came of it."""

    def __init__(self, table: FakeTable, head: int = 0) -> None:
        self.history = History(EPOCH, head, table.read)
        self.published: list[int] = []
        self.lost = 0
        self.follower = Follower(cast("StreamTable", table), self.history, self._publish, self._lose)

    def _publish(self, batch: Sequence[Envelope]) -> None:
        assert self.history.head == batch[-1].position, "history comes first"
        self.published += [envelope.position for envelope in batch]

    def _lose(self) -> None:
        self.lost += 1


class Filling(FakeTable):
    """The table of a relay that never rests: each time one looks there is one more."""

    async def read(self, after: int, limit: int) -> list[Envelope]:
        self.events += run_of(len(self.events) + 1, len(self.events) + 1)
        return await super().read(after, limit)


@given(st.data())
async def test_late_twice_out_of_order_or_never(data: st.DataObject) -> None:
    """Any selection and order of events, in any batches: once each, and all once the table was read."""
    log = run_of(1, 12)
    followed = Followed(FakeTable(log))
    for batch in data.draw(st.lists(st.lists(st.sampled_from(log), max_size=6), max_size=8)):
        followed.follower.receive(batch)
        assert followed.published == list(range(1, followed.history.head + 1))
    await followed.follower.catch_up()
    assert followed.published == list(range(1, 13))
    assert followed.lost == 0


def test_the_part_before_a_hole_is_passed_on() -> None:
    """What follows without a gap does not wait for what is missing."""
    log = run_of(1, 5)
    followed = Followed(FakeTable())
    followed.follower.receive([log[0], log[1], log[3]])
    assert followed.published == [1, 2]
    followed.follower.receive(log)
    assert followed.published == [1, 2, 3, 4, 5]


async def test_a_gap_is_filled_from_the_table_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not at the next poll, which is far away."""
    monkeypatch.setattr(module, "POLL_SECONDS", 3600)
    followed = Followed(FakeTable(run_of(1, 1200)))
    running = asyncio.create_task(followed.follower.run())
    followed.follower.receive(run_of(1200, 1200))
    await until(lambda: followed.history.head == 1200)
    running.cancel()
    assert followed.published == list(range(1, 1201))


async def test_a_busy_relay_is_not_raced() -> None:
    """One reading that was not full is the end of it, though the table has more by then."""
    followed = Followed(Filling())
    await followed.follower.catch_up()
    assert followed.published == [1]


async def test_what_the_broker_lost_for_good_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing follows it, so nothing tells of the gap but the poll."""
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)
    table = FakeTable()
    followed = Followed(table)
    running = asyncio.create_task(followed.follower.run())
    table.events = run_of(1, 3)
    await until(lambda: followed.history.head == 3)
    running.cancel()


async def test_a_table_that_cannot_be_read_does_not_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It tries until it can."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.001)
    table = FakeTable(run_of(1, 3))
    failures = 3
    followed = Followed(table)
    read = table.read

    async def failing(after: int, limit: int) -> list[Envelope]:
        nonlocal failures
        if failures:
            failures -= 1
            raise ConnectionError("gone")
        return await read(after, limit)

    monkeypatch.setattr(table, "read", failing)
    running = asyncio.create_task(followed.follower.run())
    followed.follower.receive(run_of(3, 3))
    await until(lambda: followed.history.head == 3)
    running.cancel()
    assert failures == 0


async def test_retention_that_was_faster_is_told() -> None:
    """Connections are told once, history begins anew behind the hole, and then everything is passed on."""
    followed = Followed(FakeTable(run_of(50, 1300)), head=10)
    followed.history.restart(0)
    followed.follower.receive(run_of(1, 10))
    await followed.follower.catch_up()
    assert followed.lost == 1
    assert followed.published == [*range(1, 11), *range(50, 1301)]
    assert followed.history.recent(10) is None
    assert len(followed.history.recent(49) or ()) == 1251


async def test_a_batch_that_arrives_while_the_table_is_read() -> None:
    """What both bring is passed on once."""
    table = FakeTable(run_of(1, 5))
    followed = Followed(table)
    read = table.read

    async def slow(after: int, limit: int) -> list[Envelope]:
        page = await read(after, limit)
        followed.follower.receive(run_of(1, 3))
        return page

    table.read = slow  # type: ignore[method-assign] # the broker is quicker than the table here
    await followed.follower.catch_up()
    assert followed.published == [1, 2, 3, 4, 5]
