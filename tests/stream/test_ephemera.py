"""Typing and presence of one node: what people do, and what that brings to others' sinks."""

import asyncio
import json
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest

from itcook.auth.principal import Principal
from itcook.community import views
from itcook.errors import ForbiddenError, NotFoundError, ValidationError
from itcook.messages import Message, Subscribe, TypingStart, TypingStop, Unsubscribe
from itcook.stream import channels, ends
from itcook.stream.attendance import GRACE_SECONDS, TICK
from itcook.stream.broadcaster import Broadcaster
from itcook.stream.connections import Connections
from itcook.stream.crowds import DELIVERIES_PER_SECOND, FEW
from itcook.stream.ephemera import Ephemera
from itcook.stream.history import History
from itcook.stream.limits import TYPING_BURST
from itcook.stream.presence import Change, MemoryPresence, News
from itcook.stream.session import Liveness, Session
from itcook.stream.typists import LASTS_SECONDS
from itcook.stream.whereabouts import MAX_PEOPLE, who_is_in
from tests.support.kitchens import home
from tests.support.readership import author, post, reader
from tests.support.stream import EPOCH, NODE, NOON, Data, FakeSink, FakeTable, someone, verifying

__all__ = ["author", "post", "reader"]  # fixtures

pytestmark = pytest.mark.usefixtures("database")

LATER = GRACE_SECONDS + 2 * TICK


class Failing(MemoryPresence):
    """Cannot be told while it `fails`."""

    fails = False

    async def apply(self, changes: Sequence[Change]) -> list[News]:
        if self.fails:
            raise ConnectionError("no broker")
        return await super().apply(changes)


class Here:
    """A node that tells when the test says so."""

    def __init__(self) -> None:
        broadcaster = Broadcaster()
        self.connections = Connections(
            NODE,
            History(EPOCH, 0, FakeTable().read),
            broadcaster,
            Liveness(10, 30),
            lambda: NOON,
            verifying(),
        )
        self.presence = Failing()
        self.ephemera = Ephemera(
            self.connections.attendance,
            self.connections.typists,
            self.presence,
            broadcaster.announce,
            broadcaster.announce,
            lambda: NOON,
        )

    async def join(self, who: Principal, *names: str) -> tuple[Session, FakeSink]:
        sink = FakeSink()
        session = self.connections.open(who, "sse", sink)
        await self.connections.join(session, names, None)
        return session, sink

    async def tick(self, later: float = 0) -> None:
        """As if it were so many seconds later; never less than in the call before."""
        await self.ephemera.tick(asyncio.get_running_loop().time() + later)

    async def say(self, session: Session, message: Message) -> None:
        await self.connections.handle(session, message)


@pytest.fixture
async def here() -> Here:
    """Nobody is connected."""
    return Here()


def told(sink: FakeSink, name: str) -> list[Data]:
    """The data of all events of this type, which are forgotten then."""
    events = [json.loads(envelope.text) for envelope in sink.written if envelope.type == name]
    sink.written = [envelope for envelope in sink.written if envelope.type != name]
    return [event["data"] for event in events]


def comings(sink: FakeSink) -> list[tuple[str, str, int]]:
    """Who came and went, and how many there were then."""
    return [(one["user_name"], one["state"], one["online"]) for one in told(sink, "PresenceChanged")]


def typing(sink: FakeSink) -> list[str]:
    return [one["state"] for one in told(sink, "Typing")]


def start(post_id: UUID, ref: str | None = None) -> TypingStart:
    return TypingStart(type="TypingStart", post_id=post_id, ref=ref)


def stop(post_id: UUID) -> TypingStop:
    return TypingStop(type="TypingStop", post_id=post_id)


async def test_others_hear_who_comes_and_goes_and_the_person_does_not(here: Here) -> None:
    """Once for all tabs, and after the grace."""
    ada, grace = someone(1), someone(2)
    _, first = await here.join(ada, "community")
    await here.tick()
    session, second = await here.join(grace, "community")
    tab, third = await here.join(grace, "community")
    await here.tick()
    assert comings(first) == [(grace.name, "joined", 2)]
    here.connections.leave(session)
    await here.tick(LATER)
    here.connections.leave(tab)
    await here.tick(LATER)
    assert comings(first) == []
    await here.tick(2 * LATER)
    assert comings(first) == [(grace.name, "left", 1)]
    assert comings(second) == comings(third) == []


async def test_coming_back_on_the_other_transport_makes_no_noise(here: Here) -> None:
    """A restricted network: the WebSocket is cut, and the client goes on with SSE."""
    _, first = await here.join(someone(1), "community")
    sink = FakeSink()
    session = here.connections.open(someone(2), "websocket", sink)
    await here.connections.join(session, ["community"], None)
    await here.tick()
    comings(first)
    here.connections.leave(session)
    await here.tick(GRACE_SECONDS - 1)
    await here.join(someone(2), "community")
    await here.tick(2 * LATER)
    assert comings(first) == []


async def test_subscribing_is_coming_and_unsubscribing_is_leaving(here: Here) -> None:
    """By a connection that stays open."""
    _, first = await here.join(someone(1), "community")
    session, _ = await here.join(someone(2), "personal")
    await here.tick()
    assert comings(first) == []
    await here.say(session, Subscribe(type="Subscribe", channels=["community"]))
    await here.tick()
    assert [state for _, state, _ in comings(first)] == ["joined"]
    await here.say(session, Unsubscribe(type="Unsubscribe", channels=["community"]))
    await here.tick(LATER)
    assert [state for _, state, _ in comings(first)] == ["left"]


@pytest.mark.parametrize("end", [ends.REVOKED, ends.SENT_AWAY], ids=lambda end: end.reason)
async def test_whoever_is_sent_away_is_gone_at_once(here: Here, end: ends.End) -> None:
    """Logged out or kicked: nobody waits for them."""
    _, first = await here.join(someone(1), "community")
    session, _ = await here.join(someone(2), "community")
    await here.tick()
    comings(first)
    session.end(end)
    await here.tick()
    assert [state for _, state, _ in comings(first)] == ["left"]


async def test_a_token_that_expires_may_be_refreshed_first(here: Here) -> None:
    """The client is asked to come back, and has the grace to do it in."""
    _, first = await here.join(someone(1), "community")
    session, _ = await here.join(someone(2), "community")
    await here.tick()
    comings(first)
    session.end(ends.TOKEN_EXPIRED)
    await here.tick()
    assert comings(first) == []
    await here.tick(LATER)
    assert [state for _, state, _ in comings(first)] == ["left"]


async def test_whoever_is_put_out_of_a_kitchen_is_gone_from_it_at_once(here: Here, author: Principal) -> None:
    """By `kitchens` as well as by its name, while the connection lives on."""
    kitchen_id = uuid4()
    channel = channels.kitchen(kitchen_id)
    grace = someone(2)
    sinks = []
    for who in (author, grace):
        _, sink = await here.join(who, "kitchens")
        here.connections.membership_changed(who.user_id, kitchen_id, True)
        sinks.append(sink)
    await here.tick()
    assert (await here.presence.company(channel, 10)).online == 2
    for sink in sinks:
        comings(sink)
    here.connections.membership_changed(grace.user_id, kitchen_id, False)
    await here.tick()
    assert comings(sinks[0]) == [(grace.name, "left", 1)]
    assert comings(sinks[1]) == []


async def test_a_thousand_who_connect_are_not_half_a_million_deliveries(here: Here) -> None:
    """Few are told of each, a crowd once a second: and in the end the count is right."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    sinks = []
    for number in range(1, 1001):
        sinks.append((await here.join(someone(number), "community"))[1])
        if number % 5 == 0:
            await here.tick()
    seconds = loop.time() - began
    await here.tick(2)
    deliveries = [len(told(sink, "PresenceChanged")) for sink in sinks]
    assert sum(deliveries) <= FEW * FEW + (seconds + 3) * DELIVERIES_PER_SECOND
    assert (await here.ephemera.company("community", 0)).online == 1000


async def test_the_other_nodes_being_out_of_reach_delays_and_loses_nothing(here: Here) -> None:
    """What could not be told is told when they are back."""
    _, first = await here.join(someone(1), "community")
    here.presence.fails = True
    await here.join(someone(2), "community")
    with pytest.raises(ConnectionError):
        await here.tick()
    here.presence.fails = False
    await here.tick()
    assert comings(first) == [(someone(2).name, "joined", 2)]


async def test_who_is_where(here: Here, author: Principal, reader: Principal, post: views.Post) -> None:
    """Right after coming, and however the channel is spelt; long lists are cut."""
    await here.join(author, "community", f"post:{post.id}")
    await here.join(author, "community")
    await here.join(reader, "community")
    found = await who_is_in(f"post:{post.id.hex.upper()}", reader, here.ephemera)
    assert found.model_dump(mode="json") == {
        "channel": f"post:{post.id}",
        "online": 1,
        "people": [{"user_id": str(author.user_id), "user_name": author.name}],
        "has_more": False,
    }
    assert (await who_is_in("community", reader, here.ephemera)).online == 2
    for number in range(MAX_PEOPLE):
        await here.join(someone(number), "community")
    crowd = await who_is_in("community", reader, here.ephemera)
    assert (crowd.online, len(crowd.people), crowd.has_more) == (MAX_PEOPLE + 2, MAX_PEOPLE, True)


async def test_who_is_where_is_for_those_who_may_read_it(
    here: Here, author: Principal, reader: Principal
) -> None:
    """Another's kitchen and one that does not exist are one answer; and not all channels have people."""
    kitchen_id = (await home(author)).id
    assert (await who_is_in(f"kitchen:{kitchen_id}", author, here.ephemera)).online == 0
    for name in (f"kitchen:{kitchen_id}", f"kitchen:{uuid4()}"):
        with pytest.raises(ForbiddenError) as refused:
            await who_is_in(name, reader, here.ephemera)
        assert refused.value.code == "channel_forbidden"
    for name in (f"post:{uuid4()}", "../", "nonsense"):
        with pytest.raises(NotFoundError) as unknown:
            await who_is_in(name, reader, here.ephemera)
        assert unknown.value.code == "channel_unknown"
    for name in ("system", "personal", "kitchens", f"author:{author.user_id}"):
        with pytest.raises(ValidationError):
            await who_is_in(name, reader, here.ephemera)


async def test_readers_of_the_post_see_who_writes(
    here: Here, author: Principal, reader: Principal, post: views.Post
) -> None:
    """But for the writer's own screens; whoever writes need not read the post's channel."""
    _, screen = await here.join(author, f"post:{post.id}")
    _, own = await here.join(reader, f"post:{post.id}")
    _, elsewhere = await here.join(author, "community")
    writer, _ = await here.join(reader, "personal")
    await here.say(writer, start(post.id))
    await here.say(writer, start(post.id))
    assert told(screen, "Typing") == [
        {
            "post_id": str(post.id),
            "user_id": str(reader.user_id),
            "user_name": reader.name,
            "state": "started",
        }
    ]
    await here.say(writer, stop(post.id))
    assert typing(screen) == ["stopped"]
    assert typing(own) == typing(elsewhere) == []


async def test_writing_ends_by_itself_and_with_the_last_connection(
    here: Here, author: Principal, reader: Principal, post: views.Post
) -> None:
    """A tab that is closed does not stop the other one."""
    _, screen = await here.join(author, f"post:{post.id}")
    first, _ = await here.join(reader, f"post:{post.id}")
    second, _ = await here.join(reader, "community")
    await here.say(first, start(post.id))
    here.connections.leave(second)
    assert typing(screen) == ["started"]
    await here.tick(LASTS_SECONDS + TICK)
    assert typing(screen) == ["stopped"]
    await here.say(first, start(post.id))
    here.connections.leave(first)
    assert typing(screen) == ["started", "stopped"]


async def test_nobody_writes_on_a_post_that_does_not_exist(here: Here, author: Principal) -> None:
    """The same refusal as for subscribing to it."""
    session, sink = await here.join(author, "community")
    await here.say(session, start(uuid4(), "r1"))
    assert (sink.last("Error")["code"], sink.last("Error")["ref"]) == ("channel_unknown", "r1")
    assert len(here.connections.typists) == 1  # its limit


async def test_starting_too_often_is_refused_and_forgiven(
    here: Here, author: Principal, post: views.Post
) -> None:
    """By all tabs together; no connection ends for it, however long it goes on."""
    sessions = [await here.join(author, "community") for _ in range(2)]
    for number in range(50):
        session, _ = sessions[number % 2]
        await here.say(session, start(post.id))
        await here.say(session, stop(post.id))
    errors = [one["code"] for _, sink in sessions for one in told(sink, "Error")]
    assert 50 - TYPING_BURST - 5 < len(errors) <= 50 - TYPING_BURST
    assert set(errors) == {"typing_limited"}
    assert [session.ended for session, _ in sessions] == [None, None]


async def test_whoever_left_while_the_database_was_asked_does_not_write(
    here: Here, author: Principal, reader: Principal, post: views.Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody would be left to stop it."""
    _, screen = await here.join(author, f"post:{post.id}")
    session, _ = await here.join(reader, "community")

    async def leaving(name: str, principal: Principal) -> tuple[str, ...]:
        here.connections.leave(session)
        return (name,)

    monkeypatch.setattr("itcook.stream.asking.resolve", leaving)
    await here.say(session, start(post.id))
    assert typing(screen) == []
