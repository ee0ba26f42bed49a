"""Connections: joining, asking, ending; with made-up sinks and a history in memory."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest

from itcook.auth.principal import Principal
from itcook.database import Database
from itcook.errors import UnavailableError
from itcook.messages import MAX_CHANNELS, Heartbeat, Subscribe, Unsubscribe
from itcook.models import User
from itcook.stream import ends
from itcook.stream.asking import MAX_HELD
from itcook.stream.broadcaster import Broadcaster
from itcook.stream.channels import personal
from itcook.stream.connections import Connections
from itcook.stream.envelope import Batch, Envelope
from itcook.stream.history import History
from itcook.stream.session import MAX_UNSENT, Liveness, Session
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
from tests.support.survival import survives
from tests.support.waiting import until


class Here:
    """A node without a database: `publish` is what its follower would do."""

    def __init__(self) -> None:
        self.table = FakeTable()
        self.history = History(EPOCH, 0, self.table.read)
        self.broadcaster = Broadcaster()
        liveness = Liveness(heartbeat=10, timeout=30)
        self.connections = Connections(
            NODE, self.history, self.broadcaster, liveness, lambda: NOON, verifying()
        )

    def publish(self, *batch: Envelope) -> None:
        self.history.extend(batch)
        self.broadcaster.publish(batch)

    def open(self, sink: FakeSink | None = None, number: int = 1) -> tuple[Session, FakeSink]:
        sink = sink or FakeSink()
        return self.connections.open(someone(number), "websocket", sink), sink

    async def join(
        self, *names: str, after: str | None = None, sink: FakeSink | None = None, number: int = 1
    ) -> tuple[Session, FakeSink]:
        session, sink = self.open(sink, number)
        await self.connections.join(session, names, after)
        return session, sink


class SlowSink(FakeSink):
    """Has room for the next part of a replay when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.room = asyncio.Semaphore(0)
        self.asked = 0

    async def drained(self) -> None:
        self.asked += 1
        await self.room.acquire()


@pytest.fixture
async def here() -> Here:
    """Nobody is connected and nothing has happened."""
    return Here()


def subscribe(*names: str, ref: str | None = None) -> Subscribe:
    return Subscribe(type="Subscribe", channels=list(names), ref=ref)


async def test_fresh(here: Here) -> None:
    """From now on, with nothing of what was before."""
    here.publish(*run_of(1, 3))
    session, sink = await here.join("community")
    here.publish(stored(4), stored(5, "post:1"), stored(6, "system"))
    assert sink.positions == [4, 6]
    assert sink.last("Connected")["cursor"] == cursor(3)
    assert sink.last("Connected")["channels"] == ["system", "community"]
    assert session.live


async def test_resumed(here: Here) -> None:
    """What was missed, and how much that is; then what comes."""
    here.publish(stored(1), stored(2), stored(3, "post:1"), stored(4))
    _, sink = await here.join("community", after=cursor(1))
    here.publish(stored(5))
    assert sink.types[0] == "Connected"
    assert (sink.last("Connected")["resume"], sink.last("Connected")["replayed"]) == ("resumed", 2)
    assert sink.positions == [2, 4, 5]


@pytest.mark.parametrize(
    ("after", "reason"),
    [(cursor(0), "history_pruned"), (cursor(99), "unknown_cursor"), ("x", "unknown_cursor")],
)
async def test_reset(here: Here, after: str, reason: str) -> None:
    """A cursor that cannot be honoured: the reason, where to go on from, and then what comes."""
    here.history.restart(3)
    here.publish(stored(4))
    _, sink = await here.join("community", after=after)
    here.publish(stored(5))
    assert sink.types[:2] == ["Connected", "ResyncRequired"]
    assert sink.last("Connected")["resume"] == "reset"
    assert sink.last("ResyncRequired") == {"reason": reason, "cursor": cursor(4), "ref": None}
    assert sink.positions == [5]


async def test_personal_is_ones_own(here: Here) -> None:
    """Nobody reads another's, under whatever name."""
    ada, grace = someone(1), someone(2)
    _, first = await here.join("personal")
    _, second = await here.join("personal", personal(ada.user_id), number=2)
    here.publish(stored(1, personal(ada.user_id)), stored(2, personal(grace.user_id)))
    assert (first.positions, second.positions) == ([1], [2])
    assert second.last("Error")["code"] == "channel_unknown"


async def test_a_replay_waits_for_its_reader_and_misses_nothing(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Part by part; what is published in between follows, once, before what is published after."""
    monkeypatch.setattr("itcook.stream.replay.REPLAY_PART", 2 * stored(10).size)
    here.publish(*run_of(1, 10))
    sink = SlowSink()
    session, _ = here.open(sink)
    joining = asyncio.create_task(here.connections.join(session, ["community"], cursor(0)))
    for number in range(1, 6):
        await until(lambda number=number: sink.asked == number)  # type: ignore[misc] # inferred too late
        here.publish(stored(10 + number))
        sink.room.release()
    for _ in range(10):
        sink.room.release()
    await joining
    here.publish(stored(16))
    assert sink.positions == list(range(1, 17))
    assert session.live


async def test_a_replay_in_any_script_stays_below_the_bound(here: Here) -> None:
    """Parts are counted in bytes: a reader who takes each part in time is never too slow."""

    class Prompt(FakeSink):
        def write(self, batch: Batch) -> None:
            super().write(batch)
            self.unsent += batch.size

        async def drained(self) -> None:
            self.unsent = 0

    for position in range(1, 400):
        envelope = stored(position)
        here.publish(Envelope("🍲" * 2000, "T", envelope.cursor, position, envelope.channels))
    session, sink = await here.join("community", after=cursor(0), sink=Prompt())
    assert session.ended is None
    assert len(sink.positions) == 399
    assert sink.unsent < MAX_UNSENT


async def test_history_that_moved_on_during_a_replay_ends_the_slow_reader(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It resumes; a gap is never papered over."""
    monkeypatch.setattr("itcook.stream.replay.REPLAY_PART", 1)
    here.publish(*run_of(1, 2))
    sink = SlowSink()
    session, _ = here.open(sink)
    joining = asyncio.create_task(here.connections.join(session, ["community"], cursor(0)))
    await until(lambda: sink.asked == 1)
    here.history.restart(50)
    here.publish(stored(51))
    sink.room.release()
    sink.room.release()
    await joining
    assert session.ended is ends.TOO_SLOW
    assert sink.positions == [1, 2]


async def test_a_failure_to_join_is_an_end(here: Here) -> None:
    """The client is told to come back, instead of waiting for ever."""

    async def broken(after: int, limit: int) -> list[Envelope]:
        raise RuntimeError("a defect")

    here.history.restart(3)
    here.history._read = broken
    session, sink = await here.join("community", after=cursor(1))
    assert session.ended is ends.DEFECT
    assert sink.types == ["Disconnecting"]
    here.publish(stored(4))
    assert sink.positions == []


async def test_what_is_asked_while_joining_is_done_afterwards(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A channel added in the middle of a replay begins at the cursor of its acknowledgement, in order."""
    monkeypatch.setattr("itcook.stream.replay.REPLAY_PART", 1)
    here.publish(*run_of(1, 3), stored(4, "system"))
    sink = SlowSink()
    session, _ = here.open(sink)
    await here.connections.handle(session, subscribe("community", ref="r1"))
    joining = asyncio.create_task(here.connections.join(session, ["personal"], cursor(0)))
    await until(lambda: sink.asked == 1)
    await here.connections.handle(session, Unsubscribe(type="Unsubscribe", channels=["personal"], ref="r2"))
    sink.room.release()
    await joining
    assert sink.types == ["Connected", "PostDeleted", "Subscribed", "Unsubscribed"]
    assert sink.last("Subscribed")["cursor"] == cursor(4)
    here.publish(stored(5))
    assert sink.positions == [4, 5]
    await here.connections.handle(session, subscribe("personal", ref="r3"))
    assert sink.last("Subscribed")["ref"] == "r3"


async def test_what_waits_is_bounded(here: Here) -> None:
    """Who joins slowly on purpose and goes on asking is sent away."""
    session, _ = here.open()
    for _ in range(MAX_HELD):
        await here.connections.handle(session, subscribe("community"))
    assert session.ended is None
    await here.connections.handle(session, subscribe("community"))
    assert session.ended is ends.TOO_MANY_MESSAGES


async def test_what_comes_while_a_message_is_at_work_waits_for_it(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads from the client is not held up; the answers come in order, and what waits is bounded."""
    release = asyncio.Event()

    async def slow(name: str, principal: Principal) -> tuple[str, ...]:
        await release.wait()
        return (name,)

    session, sink = await here.join()
    monkeypatch.setattr("itcook.stream.subscriptions.resolve", slow)
    working = asyncio.create_task(here.connections.handle(session, subscribe("community", ref="r1")))
    await until(lambda: len(session.held) == 1)
    await here.connections.handle(session, Unsubscribe(type="Unsubscribe", channels=["community"], ref="r2"))
    assert sink.types == ["Connected"]
    release.set()
    await working
    assert sink.types == ["Connected", "Subscribed", "Unsubscribed"]
    release.clear()
    tasks = [
        asyncio.create_task(here.connections.handle(session, subscribe("community")))
        for _ in range(MAX_HELD + 1)
    ]
    await until(lambda: session.ended is ends.TOO_MANY_MESSAGES)
    release.set()
    await asyncio.gather(*tasks)
    assert sink.types[-1] == "Disconnecting"


async def test_subscribe_and_unsubscribe(here: Here) -> None:
    """From the acknowledgement on, and no longer than until it."""
    session, sink = await here.join()
    here.publish(stored(1))
    await here.connections.handle(session, subscribe("community", "community", ref="r1"))
    assert sink.last("Subscribed") == {
        "channels": ["system", "community"],
        "cursor": cursor(1),
        "replayed": 0,
        "ref": "r1",
    }
    await here.connections.handle(session, subscribe("community"))
    here.publish(stored(2))
    await here.connections.handle(
        session, Unsubscribe(type="Unsubscribe", channels=["community", "system", "never"], ref="r2")
    )
    assert sink.last("Unsubscribed") == {"channels": ["system"], "cursor": cursor(2), "ref": "r2"}
    here.publish(stored(3), stored(4, "system"))
    assert sink.positions == [2, 4]
    await here.connections.handle(session, Heartbeat(type="Heartbeat"))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("nothing", "channel_unknown"),
        ("../etc", "channel_unknown"),
        ("post:not-an-id", "channel_unknown"),
        ("community:x", "channel_unknown"),
        ("kitchen:0193570c", "channel_forbidden"),
        ("x" * 10_000, "channel_unknown"),
    ],
)
async def test_a_channel_that_is_none(here: Here, name: str, code: str) -> None:
    """An error with the client's ref, nothing acknowledged, and the connection goes on."""
    session, sink = await here.join()
    await here.connections.handle(session, subscribe(name, ref="r1"))
    assert sink.types == ["Connected", "Error"]
    error = sink.last("Error")
    assert (error["code"], error["ref"]) == (code, "r1")
    assert len(error["message"]) < 200
    assert session.live


async def test_some_right_and_some_wrong(here: Here) -> None:
    """What is right is read; each that is wrong is named."""
    session, sink = await here.join("nothing")
    assert sink.types == ["Connected", "Error"]
    await here.connections.handle(session, subscribe("a", "community", "b"))
    assert sink.types[2:] == ["Error", "Error", "Subscribed"]
    assert session.reading.names == ["system", "community"]


async def test_many_wrong_channels_are_one_wrong_message(here: Here) -> None:
    """A page whose posts were all deleted may come back; who does it twenty times may not."""
    gone = [f"gone:{number}" for number in range(40)]
    session, sink = await here.join(*gone)
    assert sink.types.count("Error") == 40
    for _ in range(18):
        await here.connections.handle(session, subscribe(*gone))
    assert session.ended is None
    await here.connections.handle(session, subscribe("gone"))
    assert session.ended is ends.TOO_MANY_INVALID


@survives("messages: ten thousand subscriptions")
async def test_ten_thousand_wrong_channels_are_not_looked_up(here: Here) -> None:
    """As many as there could be of right ones."""
    _, sink = await here.join(*(f"gone:{number}" for number in range(10_000)))
    assert sink.types.count("Error") == MAX_CHANNELS + 1
    assert sink.last("Error")["code"] == "too_many_channels"


@survives("messages: ten thousand subscriptions")
async def test_ten_thousand_right_channels(here: Here, database: Database) -> None:
    """Sixty-four are read, and one error says why no more."""
    people = [
        User(email=str(n), password_hash="", first_name="A", last_name="B", created_at=NOON)
        for n in range(70)
    ]
    await User.bulk_create(people)
    names = [f"author:{person.id}" for person in people] * 150
    session, sink = await here.join()
    await here.connections.handle(session, subscribe(*names, ref="r1"))
    assert len(session.reading.names) == MAX_CHANNELS
    assert sink.types == ["Connected", "Error", "Subscribed"]
    assert sink.last("Error")["code"] == "too_many_channels"
    here.publish(stored(1, names[0]), stored(2, names[69]))
    assert sink.positions == [1]


async def test_an_author_by_any_spelling(here: Here, database: Database) -> None:
    """The id's spelling is the client's; one that does not exist is unknown."""
    user = await User.create(email="", password_hash="", first_name="A", last_name="B", created_at=NOON)
    session, sink = await here.join(f"author:{user.id.hex.upper()}", f"author:{uuid4()}")
    here.publish(stored(1, f"author:{user.id}"))
    assert sink.positions == [1]
    assert sink.types.count("Error") == 1
    assert session.reading.names == ["system", f"author:{user.id.hex.upper()}"]


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
