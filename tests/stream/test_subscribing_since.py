"""Channels that are added after a cursor: the past of the new ones, then everybody's future."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from itcook.messages import Subscribe, Unsubscribe
from itcook.stream import broadcaster as broadcaster_module
from itcook.stream import ends, history
from itcook.stream.broadcaster import Broadcaster, Later
from itcook.stream.connections import Connections
from itcook.stream.envelope import Envelope
from itcook.stream.history import History
from itcook.stream.session import Liveness, Session
from tests.support.stream import (
    EPOCH,
    NODE,
    NOON,
    FakeSink,
    FakeTable,
    SlowSink,
    cursor,
    someone,
    stored,
    verifying,
)
from tests.support.waiting import until

MINE = f"personal:{someone(1).user_id}"


class Here:
    """A connection that reads `personal`, on a node without a database."""

    def __init__(self, sink: FakeSink, later: Later | None = None) -> None:
        self.sink = sink
        self.history = History(EPOCH, 0, FakeTable().read)
        self.broadcaster = Broadcaster(later)
        self.connections = Connections(
            NODE, self.history, self.broadcaster, Liveness(10, 30), lambda: NOON, verifying()
        )
        self.session: Session = self.connections.open(someone(1), "websocket", sink)

    def publish(self, *channels: Sequence[str]) -> None:
        """One event for each, on these channels."""
        batch: list[Envelope] = []
        for named in channels:
            batch.append(stored(self.history.head + len(batch) + 1, *named))
        self.history.extend(batch)
        self.broadcaster.publish(batch)

    async def join(self) -> None:
        await self.connections.join(self.session, ["personal"], None)

    async def subscribe(self, *names: str, since: str | None) -> None:
        await self.connections.handle(
            self.session, Subscribe(type="Subscribe", channels=list(names), since=since, ref="r1")
        )

    async def unsubscribe(self, *names: str) -> None:
        await self.connections.handle(self.session, Unsubscribe(type="Unsubscribe", channels=list(names)))


@pytest.fixture
async def here() -> Here:
    """Joined, with events 1 to 5 behind, of which 2 and 4 were delivered."""
    here = Here(FakeSink())
    await here.join()
    here.publish(["community"], [MINE], ["community"], ["community", MINE], ["system"])
    assert here.sink.positions == [2, 4, 5]
    return here


async def test_the_past_of_the_new_channel_and_nothing_twice(here: Here) -> None:
    """`Subscribed` names the cursor and how many follow; a heartbeat says that they all came."""
    await here.subscribe("community", since=cursor(0))
    assert here.sink.last("Subscribed") == {
        "channels": ["system", "personal", "community"],
        "cursor": cursor(0),
        "replayed": 2,
        "ref": "r1",
    }
    here.publish(["community"], [MINE, "community"])
    assert here.sink.types[4:] == [
        "Subscribed",
        "PostDeleted",
        "PostDeleted",
        "Heartbeat",
        *["PostDeleted"] * 2,
    ]
    assert here.sink.positions[3:] == [1, 3, 6, 7]
    assert here.sink.last("Heartbeat")["cursor"] == cursor(5)


async def test_only_what_is_above_the_cursor(here: Here) -> None:
    """As when connecting with it."""
    await here.subscribe("community", since=cursor(1))
    assert here.sink.positions[3:] == [3]


async def test_nothing_to_replay(here: Here) -> None:
    """Then the client goes on from here, without a step back."""
    await here.subscribe("community", since=cursor(3))
    assert (here.sink.last("Subscribed")["cursor"], here.sink.last("Subscribed")["replayed"]) == (
        cursor(5),
        0,
    )
    assert here.sink.types[-1] == "Subscribed"
    assert here.session.live


async def test_further_back_on_a_channel_that_is_read(here: Here) -> None:
    """Only what this connection has not had."""
    await here.subscribe("community", since=cursor(2))
    await here.subscribe("community", since=cursor(0))
    await here.subscribe("community", since=cursor(0))
    assert here.sink.positions[3:] == [3, 1]


async def test_what_is_published_during_the_replay_comes_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On the old channels and the new ones, in order, and what is asked meanwhile is answered last."""
    monkeypatch.setattr("itcook.stream.replay.REPLAY_PART", 1)
    sink = SlowSink()
    here = Here(sink)
    await here.join()
    here.publish(["community"], ["community"])
    working = asyncio.create_task(here.subscribe("community", since=cursor(0)))
    await until(lambda: sink.asked == 1)
    here.publish([MINE], ["community"])
    await here.unsubscribe("personal")
    for _ in range(20):
        sink.room.release()
    await working
    here.publish(["community"], [MINE])
    assert sink.positions == [1, 2, 3, 4, 5]
    assert sink.types.index("Unsubscribed") == sink.types.index("Heartbeat") + 3


async def test_the_gate_opens_ahead_of_a_broadcaster_that_takes_its_turns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What history gave last is still on its way to this very reader, and is not sent again."""
    monkeypatch.setattr(broadcaster_module, "FAIR_SHARE", 1)
    sink = SlowSink()
    turns: list[Callable[[], None]] = []
    here = Here(sink, turns.append)
    before = here.connections.open(someone(2), "websocket", FakeSink())
    await here.connections.join(before, ["community"], None)
    await here.join()
    here.publish(["community"])
    working = asyncio.create_task(here.subscribe("community", since=cursor(0)))
    await until(lambda: sink.asked == 1)
    here.publish(["community"])
    sink.room.release()
    await working
    assert here.session.live
    assert turns, "the broadcaster got to everybody at once"
    while turns:
        turns.pop(0)()
    here.publish(["community"])
    here.broadcaster.settle()
    assert sink.positions == [1, 2, 3]


@pytest.mark.parametrize(
    ("since", "reason"),
    [(cursor(0), "too_far_behind"), (cursor(99), "unknown_cursor"), ("nonsense", "unknown_cursor")],
)
async def test_a_cursor_that_cannot_be_honoured(
    here: Here, since: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The channel is read from now on, and `ResyncRequired` says that its past is to be loaded."""
    monkeypatch.setattr(history, "MAX_REPLAY", 2)
    await here.subscribe("community", since=since)
    assert here.sink.types[4:] == ["Subscribed", "ResyncRequired"]
    assert here.sink.last("Subscribed")["cursor"] == cursor(5)
    assert here.sink.last("ResyncRequired") == {"reason": reason, "cursor": cursor(5), "ref": "r1"}
    here.publish(["community"], [MINE])
    assert here.sink.positions[3:] == [6, 7]


async def test_what_was_pruned_is_not_given_in_part(here: Here) -> None:
    """Nor is it taken for delivered."""
    here.history.restart(5)
    await here.subscribe("community", since=cursor(4))
    assert here.sink.last("ResyncRequired")["reason"] == "history_pruned"


async def test_a_refused_channel_replays_nothing(here: Here) -> None:
    """There is an `Error` and no acknowledgement; beside a right one, that one is read."""
    await here.subscribe("gone", since=cursor(0))
    assert here.sink.types[4:] == ["Error"]
    await here.subscribe("gone", "community", since=cursor(0))
    assert here.sink.types[5:7] == ["Error", "Subscribed"]
    assert here.sink.positions[3:] == [1, 3]


async def test_a_connection_that_ends_during_the_replay_stays_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its gate does not open again."""
    monkeypatch.setattr("itcook.stream.replay.REPLAY_PART", 1)
    sink = SlowSink()
    here = Here(sink)
    await here.join()
    here.publish(["community"])
    working = asyncio.create_task(here.subscribe("community", since=cursor(0)))
    await until(lambda: sink.asked == 1)
    here.session.end(ends.RESTARTING)
    sink.room.release()
    await working
    here.publish(["community"])
    assert sink.types[-1] == "Disconnecting"
    assert not here.session.live
