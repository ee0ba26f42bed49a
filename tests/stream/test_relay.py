"""The outbox and the relay on a real database: an event happens if and only if its cause does."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise

import pytest

from itcook.database import Database, Transaction, transactional
from itcook.errors import UnavailableError
from itcook.events import PostDeleted
from itcook.models import StreamEntry, User
from itcook.stream import outbox
from itcook.stream import relay as module
from itcook.stream.envelope import Envelope
from itcook.stream.relay import Relay
from itcook.stream.table import StreamTable
from tests.support.stream import SOMEONE
from tests.support.survival import survives
from tests.support.waiting import until

EVENT = PostDeleted(post_id=SOMEONE, author_id=SOMEONE)


class Carrier:
    """A broker that remembers, and fails as often as it is told to."""

    def __init__(self) -> None:
        self.batches: list[Sequence[Envelope]] = []
        self.failures = 0

    async def publish(self, batch: Sequence[Envelope]) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the broker is gone")
        self.batches.append(batch)

    @property
    def positions(self) -> list[int]:
        return [envelope.position for batch in self.batches for envelope in batch]


@pytest.fixture
async def table(database: Database) -> StreamTable:
    """The table of an empty history."""
    table = StreamTable()
    await table.open()
    return table


@pytest.fixture
def carrier() -> Carrier:
    """Where relayed events go."""
    return Carrier()


@pytest.fixture
def relay(table: StreamTable, carrier: Carrier) -> Relay:
    """A relay that does not run."""
    return Relay(table, carrier.publish)


@pytest.fixture
async def running(relay: Relay) -> AsyncIterator[Relay]:
    """A relay that runs, and is nudged by commits."""
    forget = outbox.on_commit(relay.nudge)
    task = asyncio.create_task(relay.run())
    yield relay
    forget()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@transactional
async def happen(transaction: Transaction, *channels: str, fail: bool = False) -> None:
    outbox.record(transaction, EVENT, *channels)
    if fail:
        raise ValueError("changed my mind")


async def test_what_committed_is_relayed(relay: Relay, carrier: Carrier) -> None:
    """With the channels, the type and the data that were recorded."""
    await happen("community", "post:1")
    assert await relay.relay() == 1
    envelope = carrier.batches[0][0]
    assert (envelope.type, envelope.channels) == ("PostDeleted", ("community", "post:1"))
    assert json.loads(envelope.text)["data"]["post_id"] == str(SOMEONE)
    assert await relay.relay() == 0


@survives("database: a rollback after recording")
async def test_what_rolled_back_never_happened(relay: Relay, carrier: Carrier) -> None:
    """No row, no event, no position."""
    with pytest.raises(ValueError, match="changed my mind"):
        await happen("community", fail=True)
    assert await StreamEntry.all().count() == 0
    await happen("community")
    assert await relay.relay() == 1
    assert carrier.positions == [1]


async def test_rows_are_written_last(database: Database) -> None:
    """After every other write of the transaction, so that the events of one row follow its locks."""

    @transactional
    async def work(transaction: Transaction) -> int:
        outbox.record(transaction, EVENT, "community")
        return await StreamEntry.all().using_db(transaction.connection).count()

    assert await work() == 0
    assert await StreamEntry.all().count() == 1


async def test_nobody_is_nobody(database: Database) -> None:
    """An event needs a channel."""
    with pytest.raises(AssertionError, match="reach nobody"):
        await happen()


async def test_more_than_a_pass(relay: Relay, carrier: Carrier, monkeypatch: pytest.MonkeyPatch) -> None:
    """A burst goes out in several batches, in order."""
    monkeypatch.setattr(module, "BATCH", 4)
    for _ in range(10):
        await happen("community")
    assert await relay.relay() == 10
    assert [len(batch) for batch in carrier.batches] == [4, 4, 2]
    assert carrier.positions == list(range(1, 11))


async def test_a_pass_that_was_not_full_is_the_last(
    relay: Relay, table: StreamTable, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event costs one transaction to relay, not a second one that finds nothing."""
    limits: list[int] = []
    stamp = table.stamp

    async def counted(limit: int) -> list[Envelope]:
        limits.append(limit)
        return await stamp(limit)

    monkeypatch.setattr(table, "stamp", counted)
    await happen("community")
    assert await relay.relay() == 1
    assert limits == [module.BATCH]


async def test_a_commit_is_a_nudge(running: Relay, carrier: Carrier, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is relayed without waiting for the poll."""
    monkeypatch.setattr(module, "POLL_SECONDS", 3600)
    for count in range(1, 6):
        await happen("community")
        await until(lambda count=count: carrier.positions == list(range(1, count + 1)))  # type: ignore[misc]


async def test_what_nobody_nudged_for_is_polled(
    table: StreamTable, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another node, or a process that died, committed it."""
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)
    task = asyncio.create_task(Relay(table, carrier.publish).run())
    await happen("community")
    await until(lambda: carrier.positions == [1])
    task.cancel()


async def test_a_broker_that_fails_does_not_end_the_relay(
    running: Relay, carrier: Carrier, table: StreamTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it did not carry is in the table; what comes later is carried."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.001)
    carrier.failures = 1
    await happen("community")
    await until(lambda: not carrier.failures)
    await happen("community")
    await until(lambda: carrier.positions == [2])
    assert [envelope.position for envelope in await table.read(0, 10)] == [1, 2]


@pytest.mark.parametrize("error", [UnavailableError("locked"), RuntimeError("a defect")])
async def test_a_table_that_fails_does_not_end_the_relay(
    table: StreamTable, carrier: Carrier, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """It tries until it can, without a poll in between."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.001)
    monkeypatch.setattr(module, "POLL_SECONDS", 3600)
    stamp, failures = table.stamp, [error] * 3

    async def failing(limit: int) -> list[Envelope]:
        if failures:
            raise failures.pop()
        return await stamp(limit)

    monkeypatch.setattr(table, "stamp", failing)
    await happen("community")
    task = asyncio.create_task(Relay(table, carrier.publish).run())
    await until(lambda: carrier.positions == [1])
    task.cancel()


@survives("database: commits out of order")
async def test_two_relays_and_many_writers(table: StreamTable, carrier: Carrier) -> None:
    """Every event once, dense, and each batch in order, whoever relays."""
    relays = [Relay(table, carrier.publish), Relay(table, carrier.publish)]
    forget = [outbox.on_commit(relay.nudge) for relay in relays]
    tasks = [asyncio.create_task(relay.run()) for relay in relays]
    await asyncio.gather(*(happen("community") for _ in range(60)))
    await until(lambda: len(carrier.positions) >= 60)
    for task, call in zip(tasks, forget, strict=True):
        task.cancel()
        call()
    assert sorted(carrier.positions) == list(range(1, 61))
    for batch in carrier.batches:
        assert all(later.position == earlier.position + 1 for earlier, later in pairwise(batch))


async def test_only_commits_nudge(database: Database) -> None:
    """Neither a rollback nor a transaction without events does."""
    nudges: list[str] = []
    forget = outbox.on_commit(lambda: nudges.append("nudged"))

    @transactional
    async def silent(transaction: Transaction) -> None:
        await User.all().using_db(transaction.connection).count()

    await silent()
    with pytest.raises(ValueError, match="changed my mind"):
        await happen("community", fail=True)
    assert nudges == []
    await happen("community")
    assert nudges == ["nudged"]
    forget()
    await happen("community")
    assert nudges == ["nudged"]


async def test_the_relay_knows_how_late_it_is(table: StreamTable, carrier: Carrier) -> None:
    """From the first commit that it has not relayed, over failures, until it has; a commit while it was at
    work has waited since it began, at most."""
    now = 100.0
    relay = Relay(table, carrier.publish, lambda: now)
    assert relay.lag == 0
    relay.nudge()
    now = 103.0
    relay.nudge()
    carrier.failures = 1
    await happen("community")
    with pytest.raises(ConnectionError):
        await relay.relay()
    assert relay.lag == 3.0
    await happen("community")

    async def publish(batch: Sequence[Envelope]) -> None:
        relay.nudge()

    relay._publish = publish
    now = 104.0
    await relay.relay()
    now = 106.0
    assert (relay.lag, relay.relayed) == (2.0, 1)
    relay._publish = carrier.publish
    await relay.relay()
    assert relay.lag == 0
