"""Connections while they last, and how they end."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest

from itcook.errors import UnavailableError
from itcook.stream import ends
from itcook.stream.broadcaster import Broadcaster
from itcook.stream.connections import Connections
from itcook.stream.history import History
from itcook.stream.session import MAX_UNSENT, Liveness
from tests.support.here import Here, subscribe
from tests.support.stream import (
    EPOCH,
    NODE,
    NOON,
    FakeSink,
    FakeTable,
    cursor,
    run_of,
    someone,
    stored,
    verifying,
)
from tests.support.waiting import until


async def test_an_ended_session_gets_nothing_and_is_forgotten(here: Here) -> None:
    """Neither the broadcaster nor the timer holds it; leaving forgets the rest."""
    session, sink = await here.join("community", "personal")
    session.end(ends.RESTARTING)
    here.publish(stored(1))
    assert sink.positions == []
    assert here.broadcaster.counts() == {}
    assert len(here.connections.timers) == 0
    assert len(here.connections) == 1
    here.connections.leave(session)
    here.connections.leave(session)
    assert len(here.connections) == 0


async def test_a_session_that_ends_while_it_subscribes(here: Here) -> None:
    """It is not put back into the broadcaster."""
    session, _ = await here.join()
    session.end(ends.RESTARTING)
    await here.connections._asking._act(session, subscribe("community"))
    assert here.broadcaster.counts() == {}


async def test_a_slow_one_delays_nobody(here: Here) -> None:
    """It is ended in the middle of a batch, and all others get the batch."""
    _, before = await here.join("community")
    session, slow = await here.join("community")
    _, after = await here.join("community")
    slow.unsent = MAX_UNSENT + 1
    here.publish(*run_of(1, 3))
    assert session.ended is ends.TOO_SLOW
    assert before.positions == after.positions == [1, 2, 3]


async def test_ticks_wake_who_is_due(here: Here) -> None:
    """One heartbeat for all, with the cursor; nobody twice; the ended are let go."""
    _, first = await here.join("community")
    session, second = await here.join("community")
    here.publish(stored(1))
    now = asyncio.get_running_loop().time()
    here.connections.timers.tick(now + 5, now)
    assert "Heartbeat" not in first.types
    here.connections.timers.tick(now + 12, now)
    assert first.types.count("Heartbeat") == second.types.count("Heartbeat") == 1
    assert first.written[-1] is second.written[-1]
    assert first.written[-1].cursor == cursor(1)
    second.stuck = 31
    here.connections.timers.tick(now + 60, now)
    assert session.ended is ends.TOO_SLOW
    here.connections.timers.tick(now + 80, now)
    assert first.types.count("Heartbeat") == 3


async def test_a_defect_of_one_does_not_stop_the_clock(here: Here) -> None:
    """The others are woken, and go on being woken."""

    class Broken(FakeSink):
        def ping(self) -> None:
            raise RuntimeError("a defect")

    _, first = await here.join()
    session, _ = await here.join(sink=Broken())
    _, second = await here.join()
    now = asyncio.get_running_loop().time()
    here.connections.timers.tick(now + 12, now)
    assert session.ended is ends.DEFECT
    assert "Heartbeat" in first.types
    assert "Heartbeat" in second.types


async def test_draining(here: Here) -> None:
    """Everyone is told, at times that are spread; who comes now too; it ends when the last one left."""
    joined = [await here.join("community") for _ in range(20)]
    draining = asyncio.create_task(here.connections.drain(60))
    await until(lambda: all(session.ended for session, _ in joined))
    with pytest.raises(UnavailableError) as refused:
        here.connections.check_open()
    assert refused.value.retry_after
    late, late_sink = here.open()
    assert late_sink.last("Disconnecting")["code"] == 1012
    here.connections.leave(late)
    waits = [sink.last("Disconnecting")["retry_after_ms"] for _, sink in joined]
    assert len(set(waits)) > 10
    assert all(200 <= wait <= 60_200 for wait in waits)
    assert not draining.done()
    for session, _ in joined:
        here.connections.leave(session)
    await asyncio.wait_for(draining, 5)


async def test_draining_does_not_wait_for_ever(here: Here) -> None:
    """Nor with nobody there."""
    await here.connections.drain(60)
    session, _ = Here().open()
    other = Here()
    other.open()
    await other.connections.drain(0.01)
    assert len(other.connections) == 1
    assert session.ended is None


async def test_a_revoked_login_ends_its_connections(here: Here) -> None:
    """All of that login, and nobody else's."""
    first, _ = await here.join()
    second, _ = await here.join()
    other, _ = await here.join(number=2)
    here.connections.end_login(first.principal.session_id)
    assert first.ended is second.ended is ends.REVOKED
    assert other.ended is None
    assert here.connections.by_transport() == {"websocket": 3, "sse": 0}


async def test_a_login_revoked_on_its_way_in(here: Here) -> None:
    """Revoked after its token was found good and before its connection is there."""
    here.connections.end_login(someone(1).session_id)
    session, sink = await here.join("community")
    assert session.ended is ends.REVOKED
    assert sink.types == ["Disconnecting"]
    other, _ = await here.join(number=2)
    assert other.ended is None


async def test_a_revoked_person_loses_all_connections_but_the_kept(here: Here) -> None:
    """A new password ends every login but the one that set it; a ban ends all of them."""
    ada = someone(1)
    elsewhere = replace(ada, session_id=uuid4())
    kept, _ = await here.join()
    lost = here.connections.open(elsewhere, "sse", FakeSink())
    other, _ = await here.join(number=2)
    here.connections.end_person(ada.user_id, ada.session_id)
    assert (kept.ended, lost.ended, other.ended) == (None, ends.REVOKED, None)
    here.connections.end_person(ada.user_id, None)
    assert (kept.ended, other.ended) == (ends.REVOKED, None)


async def test_one_connection_is_sent_away(here: Here) -> None:
    """No other one of the same person; one that is not here is nobody's business."""
    session, _ = await here.join()
    other, _ = await here.join()
    here.connections.end_connection("elsewhere", ends.SENT_AWAY)
    here.connections.end_connection(session.id, ends.SENT_AWAY)
    assert (session.ended, other.ended) == (ends.SENT_AWAY, None)


async def test_there_is_room_for_so_many_and_no_more() -> None:
    """Handshakes past the limit are refused; one that was let in at the same moment as another ends with
    1013, and those who were there before stay.
    """
    history = History(EPOCH, 0, FakeTable().read)
    here = Connections(NODE, history, Broadcaster(), Liveness(10, 30), lambda: NOON, verifying(), limit=2)
    sinks = [FakeSink() for _ in range(3)]
    for number, sink in enumerate(sinks[:2]):
        here.check_room()
        here.open(someone(number), "sse", sink)
    with pytest.raises(UnavailableError) as refused:
        here.check_room()
    assert refused.value.code == "overloaded"
    assert refused.value.retry_after in range(2, 11)
    late = here.open(someone(3), "websocket", sinks[2])
    assert [sink.ended and sink.ended.code for sink in sinks] == [None, None, 1013]
    assert sinks[2].last("Disconnecting")["reconnect"] is True
    here.leave(late)
    assert len(here) == 2


async def test_the_oldest_connection_makes_room(here: Here) -> None:
    """Of that person alone; one that left made room already, and an ended one does not count."""
    here.connections._per_person = 3
    other, _ = await here.join(number=2)
    theirs = [(await here.join())[0] for _ in range(4)]
    here.connections.leave(theirs[2])
    theirs.append((await here.join())[0])
    assert [session.ended for session in theirs] == [ends.TOO_MANY, None, ends.NORMAL, None, None]
    theirs.append((await here.join())[0])
    assert theirs[1].ended is ends.TOO_MANY
    assert other.ended is None


async def test_leases_are_spread(here: Here) -> None:
    """By a fifth around 12 hours: those who came together do not leave together."""
    now = asyncio.get_running_loop().time()
    leases = [here.open()[0]._lease_ends - now for _ in range(50)]
    assert all(0.8 * 12 * 3600 <= lease <= 1.2 * 12 * 3600 + 1 for lease in leases)
    assert len(set(leases)) == len(leases)
