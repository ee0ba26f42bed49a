"""Polling, with a history in memory: what an answer holds, and what ends a wait."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from math import inf

import pytest

from itcook.errors import ValidationError
from itcook.stream import history as history_module
from itcook.stream.broadcaster import Broadcaster
from itcook.stream.connections import Connections
from itcook.stream.envelope import Envelope
from itcook.stream.history import History
from itcook.stream.polling import Polled
from itcook.stream.session import Liveness
from tests.support.stream import EPOCH, NODE, NOON, FakeTable, cursor, run_of, someone, stored, verifying
from tests.support.waiting import until

ADA = someone(1)
MINE = f"personal:{ADA.user_id}"


class Here:
    """A node without a database, of which two polls of one person may wait at once."""

    def __init__(self) -> None:
        self.now: datetime = NOON
        self.asked_at = inf  # of the tokens: everything that was revoked was revoked before
        self.table = FakeTable()
        self.history = History(EPOCH, 0, self.table.read)
        self.broadcaster = Broadcaster()
        self.connections = Connections(
            NODE,
            self.history,
            self.broadcaster,
            Liveness(10, 30),
            lambda: self.now,
            verifying(),
            per_person=2,
        )

    def publish(self, *batch: Envelope) -> None:
        self.history.extend(batch)
        self.broadcaster.publish(batch)

    async def poll(
        self, *names: str, after: str | None = None, limit: int = 100, wait: float = 0, number: int = 1
    ) -> Polled:
        who = replace(someone(number, NOON + timedelta(minutes=15)), asked_at=self.asked_at)
        return await self.connections.polling.poll(who, names, after, limit=limit, wait=wait)

    async def waiting(self, *names: str, count: int = 1) -> "asyncio.Task[Polled]":
        """A poll that waits, the `count`th one."""
        task = asyncio.create_task(self.poll(*names, after=self.history.cursor, wait=60))
        await until(lambda: len(self.connections.polling) == count and bool(self.broadcaster.counts()))
        return task


@pytest.fixture
async def here() -> Here:
    """Nothing has happened."""
    return Here()


def positions(polled: Polled) -> list[int]:
    return [envelope.position for envelope in polled.events]


async def test_what_there_is(here: Here) -> None:
    """Of the channels that were asked for and of `system`, from memory; and the cursor to ask with next."""
    here.publish(stored(1), stored(2, "post:1"), stored(3, MINE), stored(4, "system"), stored(5, "post:1"))
    polled = await here.poll("community", "personal", after=cursor(0), wait=60)
    assert positions(polled) == [1, 3, 4]
    assert (polled.cursor, polled.has_more, polled.resync) == (cursor(5), False, None)
    assert here.table.reads == 0
    assert positions(await here.poll("community", after=polled.cursor)) == []


async def test_without_a_cursor_it_begins_now(here: Here) -> None:
    """Like a connection."""
    here.publish(*run_of(1, 3))
    assert await here.poll("community") == Polled((), cursor(3))


async def test_page_by_page(here: Here) -> None:
    """Each once and in order, and the last page says so."""
    here.publish(*run_of(1, 5), stored(6, "post:1"))
    pages, after, more = [], cursor(0), True
    while more:
        polled = await here.poll("community", after=after, limit=2)
        pages.append(positions(polled))
        after, more = polled.cursor, polled.has_more
    assert pages == [[1, 2], [3, 4], [5]]
    assert after == cursor(6)


@pytest.mark.parametrize(
    ("after", "reason"),
    [(cursor(0), "history_pruned"), (cursor(9), "unknown_cursor"), ("x", "unknown_cursor")],
)
async def test_a_cursor_that_cannot_be_honoured(here: Here, after: str, reason: str) -> None:
    """Told at once, with the cursor to go on from; never a part."""
    here.history.restart(3)
    here.publish(stored(4))
    polled = await here.poll("community", after=after, wait=60)
    assert (polled.events, polled.cursor, polled.resync) == ((), cursor(4), reason)


async def test_too_far_behind(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bounds are those of a replay."""
    monkeypatch.setattr(history_module, "MAX_REPLAY", 2)
    here.publish(*run_of(1, 3))
    assert (await here.poll("community", after=cursor(0))).resync == "too_far_behind"


async def test_waiting_for_the_first_event(here: Here) -> None:
    """Of these channels; nothing of others, and nothing that is not kept, ends the wait."""
    task = await here.waiting("community")
    here.publish(stored(1, "post:1"))
    here.broadcaster.announce([Envelope("{}", "Typing", channels=("community",))])
    await asyncio.sleep(0)
    assert not task.done()
    here.publish(*run_of(2, 3))
    polled = await task
    assert (positions(polled), polled.cursor) == ([2, 3], cursor(3))
    assert here.broadcaster.counts() == {}
    assert len(here.connections.polling) == 0


async def test_a_wait_that_is_over(here: Here) -> None:
    """Nothing, and the cursor of everything that was looked at."""
    here.publish(stored(1, "post:1"))
    assert await here.poll("community", after=cursor(0), wait=0.01) == Polled((), cursor(1))


async def test_nobody_waits_longer_than_their_token(here: Here) -> None:
    """The next poll is refused, as the token has expired."""
    here.now = NOON + timedelta(minutes=15)
    assert await asyncio.wait_for(here.poll("community", after=cursor(0), wait=60), 5) == Polled(
        (), cursor(0)
    )


async def test_a_client_that_goes_away_leaves_nothing(here: Here) -> None:
    """Neither in the broadcaster nor among those who wait."""
    task = await here.waiting("community")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert here.broadcaster.counts() == {}
    assert here.connections.polling._waiting == {}


async def test_what_ends_connections_ends_waits(here: Here) -> None:
    """A drain, a login or a person that is revoked, a membership that changes: with nothing, at once."""
    kitchen_id = someone(7).user_id
    here_ = here.connections
    ends: list[Callable[[], None]] = [
        partial(here_.end_login, ADA.session_id),
        partial(here_.end_person, ADA.user_id, None),
        partial(here_.expire_login, ADA.session_id),
        partial(here_.membership_changed, ADA.user_id, kitchen_id, False),
        here_.polling.stop,
    ]
    for end in ends:
        task = await here.waiting("community")
        before = here.history.cursor
        end()
        here.publish(stored(here.history.head + 1))
        assert await asyncio.wait_for(task, 5) == Polled((), before)
    task = await here.waiting("community")
    here_.end_login(someone(2).session_id)
    here_.end_person(someone(2).user_id, None)
    await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_the_oldest_of_too_many_makes_room(here: Here) -> None:
    """As connections do; it is answered, and may ask again."""
    first = await here.waiting("community")
    second = await here.waiting("community", count=2)
    third = asyncio.create_task(here.poll("community", after=cursor(0), wait=60))
    assert await asyncio.wait_for(first, 5) == Polled((), cursor(0))
    assert not second.done()
    here.publish(stored(1))
    assert [positions(await task) for task in (second, third)] == [[1], [1]]


async def test_however_many_come_at_once_only_so_many_wait(here: Here) -> None:
    """Also while those that made room have not been answered yet."""
    polls = [asyncio.create_task(here.poll("community", after=cursor(0), wait=60)) for _ in range(6)]
    await asyncio.wait_for(asyncio.gather(*polls[:4]), 5)
    assert not any(poll.done() for poll in polls[4:])
    here.publish(stored(1))
    assert [positions(await poll) for poll in polls] == [[], [], [], [], [1], [1]]


async def test_channels_that_cannot_be_read(here: Here) -> None:
    """Each is named; as many are looked at as a connection could have."""
    with pytest.raises(ValidationError) as refused:
        await here.poll("gone", "community", "../etc")
    assert [error.pointer for error in refused.value.errors] == ["/channels", "/channels"]
    with pytest.raises(ValidationError) as many:
        await here.poll(*(f"gone:{number}" for number in range(10_000)))
    assert len(many.value.errors) == 20


async def test_who_was_revoked_on_their_way_in_does_not_wait(here: Here) -> None:
    """A login, a person or a credential that ended after the check of the token: the poll is answered at
    once, and the next one is refused. What was checked later waits.
    """
    here.asked_at = 0.0
    ends: list[Callable[[], None]] = [
        partial(here.connections.end_login, someone(1).session_id),
        partial(here.connections.end_person, someone(2).user_id, None),
        partial(here.connections.expire_login, someone(3).session_id),
    ]
    for number, end in enumerate(ends, 1):
        end()
        poll = here.poll("community", after=here.history.cursor, wait=60, number=number)
        assert await asyncio.wait_for(poll, 5) == Polled((), here.history.cursor)
    here.asked_at = inf
    task = await here.waiting("community")
    here.publish(stored(1))
    assert positions(await task) == [1]
