"""How a connection begins, and how channels are added to it."""

import asyncio
from uuid import uuid4

import pytest

from itcook.auth.principal import Principal
from itcook.database import Database
from itcook.messages import MAX_CHANNELS, Heartbeat, Unsubscribe
from itcook.models import User
from itcook.stream import ends
from itcook.stream.asking import MAX_HELD
from itcook.stream.channels import personal
from itcook.stream.envelope import Batch, Envelope
from itcook.stream.session import MAX_UNSENT
from tests.support.here import Here, subscribe
from tests.support.stream import (
    NOON,
    FakeSink,
    SlowSink,
    cursor,
    run_of,
    someone,
    stored,
)
from tests.support.survival import survives
from tests.support.waiting import until


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
