"""Memberships that change while people are connected, with made-up sinks and a real database."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest

from itcook.auth.principal import Principal
from itcook.database import Database
from itcook.messages import Subscribe, Unsubscribe
from itcook.models import Kitchen, KitchenMember, User
from itcook.stream import access, ends
from itcook.stream.broadcaster import Broadcaster
from itcook.stream.channels import kitchen as channel_of
from itcook.stream.connections import Connections
from itcook.stream.envelope import Envelope
from itcook.stream.history import History
from itcook.stream.session import Liveness, Session
from tests.support.stream import EPOCH, FOREVER, NODE, NOON, FakeSink, FakeTable, cursor, stored, verifying
from tests.support.waiting import until

Overtake = Callable[[str, Callable[[], Awaitable[None]]], None]


class Here:
    """A node with kitchens: `enter` and `leave` are what the use cases do, without the transaction."""

    def __init__(self) -> None:
        self.history = History(EPOCH, 0, FakeTable().read)
        self.broadcaster = Broadcaster()
        self.connections = Connections(
            NODE, self.history, self.broadcaster, Liveness(10, 30), lambda: NOON, verifying()
        )

    def publish(self, *batch: Envelope) -> None:
        self.history.extend(batch)
        self.broadcaster.publish(batch)

    def say(self, kitchen_id: UUID) -> None:
        """Something happens in the kitchen."""
        self.publish(stored(self.history.head + 1, channel_of(kitchen_id)))

    async def join(
        self, person: Principal, *names: str, after: str | None = None
    ) -> tuple[Session, FakeSink]:
        sink = FakeSink()
        session = self.connections.open(person, "sse", sink)
        await self.connections.join(session, names, after)
        return session, sink

    async def enter(self, person: Principal, kitchen_id: UUID) -> None:
        await KitchenMember.create(
            kitchen_id=kitchen_id, user_id=person.user_id, role="member", joined_at=NOON
        )
        self.connections.membership_changed(person.user_id, kitchen_id, True)

    async def leave(self, person: Principal, kitchen_id: UUID) -> None:
        await KitchenMember.filter(kitchen_id=kitchen_id, user_id=person.user_id).delete()
        self.connections.membership_changed(person.user_id, kitchen_id, False)


@pytest.fixture
async def here(database: Database) -> Here:
    """Nobody is connected and nothing has happened."""
    return Here()


async def someone(number: int) -> Principal:
    user = await User.create(
        email=str(number), password_hash="", first_name="A", last_name="B", created_at=NOON
    )
    return Principal(user.id, uuid4(), "A B", "user", FOREVER)


async def some_kitchen() -> UUID:
    return (await Kitchen.create(name="K", time_zone="UTC", scan_at=NOON, created_at=NOON)).id


@pytest.fixture
async def ada(here: Here) -> Principal:
    """In `kitchen`."""
    return await someone(1)


@pytest.fixture
async def kitchen(here: Here, ada: Principal) -> UUID:
    """Ada is in it."""
    kitchen_id = await some_kitchen()
    await here.enter(ada, kitchen_id)
    return kitchen_id


def in_agreement(here: Here, *sessions: Session) -> bool:
    """Whether what the broadcaster sends is what the sessions say that they read."""
    told = {
        (session, channel) for channel, readers in here.broadcaster._readers.items() for session in readers
    }
    return told == {(session, channel) for session in sessions for channel in session.reading.channels}


def asking(name: str, *, ref: str | None = None) -> Subscribe:
    return Subscribe(type="Subscribe", channels=[name], ref=ref)


async def test_a_member_reads_and_a_stranger_does_not(here: Here, ada: Principal, kitchen: UUID) -> None:
    """By the kitchen's name in any spelling, and by `kitchens`."""
    stranger = await someone(2)
    _, named = await here.join(ada, f"kitchen:{kitchen.hex.upper()}")
    _, all_of_them = await here.join(ada, "kitchens")
    _, both = await here.join(ada, "kitchens", channel_of(kitchen))
    _, none = await here.join(stranger, "kitchens", channel_of(kitchen))
    here.say(kitchen)
    assert [sink.positions for sink in (named, all_of_them, both, none)] == [[1], [1], [1], []]


async def test_what_exists_and_what_does_not_get_one_answer(here: Here, kitchen: UUID) -> None:
    """But for the name, which the client knows."""
    stranger = await someone(2)
    answers = set()
    for kitchen_id in (kitchen, uuid4()):
        session, sink = await here.join(stranger)
        await here.connections.handle(session, asking(f"kitchen:{kitchen_id}", ref="r1"))
        error = sink.last("Error")
        assert (error["code"], error["ref"]) == ("channel_forbidden", "r1")
        answers.add(error["message"].replace(str(kitchen_id), ""))
    assert len(answers) == 1


async def test_who_comes_in_reads_from_then_on(here: Here, kitchen: UUID) -> None:
    """Each connection that reads `kitchens`, and no other; of that person, and of nobody else."""
    grace, stranger = await someone(2), await someone(3)
    first, sink = await here.join(grace, "kitchens")
    second, again = await here.join(grace, "kitchens")
    other, without = await here.join(grace, "community")
    far, strange = await here.join(stranger, "kitchens")
    here.say(kitchen)
    await here.enter(grace, kitchen)
    here.say(kitchen)
    assert [s.positions for s in (sink, again, without, strange)] == [[2], [2], [], []]
    assert first.reading.names == ["system", "kitchens"]
    assert in_agreement(here, first, second, other, far)


async def test_who_goes_reads_no_more(here: Here, ada: Principal, kitchen: UUID) -> None:
    """Whatever the names by which each connection read it; another kitchen goes on."""
    other_kitchen = await some_kitchen()
    await here.enter(ada, other_kitchen)
    joined = [
        await here.join(ada, "kitchens"),
        await here.join(ada, channel_of(kitchen), channel_of(other_kitchen)),
        await here.join(ada, channel_of(kitchen), f"kitchen:{kitchen.hex}", "kitchens", "community"),
    ]
    await here.leave(ada, kitchen)
    here.say(kitchen)
    here.say(other_kitchen)
    assert [sink.positions for _, sink in joined] == [[2], [2], [2]]
    assert in_agreement(here, *(session for session, _ in joined))


async def test_a_named_channel_that_is_lost_is_told(here: Here, ada: Principal, kitchen: UUID) -> None:
    """Once, with what is left; `kitchens` stays, so whoever has only that is told nothing."""
    _, named = await here.join(ada, channel_of(kitchen), f"kitchen:{kitchen.hex}", "kitchens")
    _, all_of_them = await here.join(ada, "kitchens")
    here.say(kitchen)
    await here.leave(ada, kitchen)
    assert named.types == ["Connected", "PostDeleted", "Unsubscribed"]
    assert named.last("Unsubscribed") == {
        "channels": ["system", "kitchens"],
        "cursor": cursor(1),
        "ref": None,
    }
    assert all_of_them.types == ["Connected", "PostDeleted"]


async def test_who_comes_back_reads_again(here: Here, ada: Principal, kitchen: UUID) -> None:
    """By `kitchens` at once; by its name when asked for."""
    session, sink = await here.join(ada, "kitchens", channel_of(kitchen))
    await here.leave(ada, kitchen)
    await here.connections.handle(session, asking(channel_of(kitchen)))
    assert sink.last("Error")["code"] == "channel_forbidden"
    await here.enter(ada, kitchen)
    here.say(kitchen)
    await here.connections.handle(session, asking(channel_of(kitchen)))
    assert sink.last("Subscribed")["channels"] == ["system", "kitchens", channel_of(kitchen)]
    await here.connections.handle(session, Unsubscribe(type="Unsubscribe", channels=["kitchens"]))
    here.say(kitchen)
    assert sink.positions == [1, 2]
    assert in_agreement(here, session)


async def test_ended_connections_are_left_alone(here: Here, ada: Principal, kitchen: UUID) -> None:
    """They come back to no channel, and nothing is sent on them."""
    session, sink = await here.join(ada, "kitchens", channel_of(kitchen))
    session.end(ends.NORMAL)
    await here.leave(ada, kitchen)
    await here.enter(ada, kitchen)
    assert sink.types == ["Connected", "Disconnecting"]
    assert in_agreement(here)


@pytest.fixture
def before_the_answer_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> Overtake:
    """Have something happen once, after the database has answered for a name, before the session hears."""

    def have(asked: str, happen: Callable[[], Awaitable[None]]) -> None:
        left = [happen]

        async def late(name: str, principal: Principal) -> tuple[str, ...]:
            answer = await access.resolve(name, principal)
            if left and name == asked:
                await left.pop()()
            return answer

        monkeypatch.setattr("itcook.stream.subscriptions.resolve", late)

    return have


@pytest.mark.parametrize("by", ["name", "kitchens"])
@pytest.mark.parametrize("when", ["joining", "live"])
async def test_a_removal_that_overtakes_the_databases_answer(
    here: Here,
    ada: Principal,
    kitchen: UUID,
    before_the_answer_is_told: Overtake,
    by: str,
    when: str,
) -> None:
    """The answer was right when it was given; the session does not end up subscribed by it."""
    name = "kitchens" if by == "kitchens" else channel_of(kitchen)

    async def remove() -> None:
        await here.leave(ada, kitchen)

    if when == "joining":
        before_the_answer_is_told(name, remove)
        session, sink = await here.join(ada, name)
    else:
        session, sink = await here.join(ada)
        before_the_answer_is_told(name, remove)
        await here.connections.handle(session, asking(name))
    here.say(kitchen)
    assert sink.positions == []
    assert channel_of(kitchen) not in session.reading.channels
    assert in_agreement(here, session)
    assert ("Error" in sink.types) is (by == "name")


async def test_a_joining_that_overtakes_the_databases_answer(
    here: Here,
    ada: Principal,
    before_the_answer_is_told: Overtake,
) -> None:
    """The other way round it is not missed either."""
    kitchen_id = await some_kitchen()

    async def enter() -> None:
        await here.enter(ada, kitchen_id)

    before_the_answer_is_told("kitchens", enter)
    session, sink = await here.join(ada, "kitchens")
    here.say(kitchen_id)
    assert sink.positions == [1]
    assert in_agreement(here, session)


async def test_a_removal_in_the_middle_of_a_message(
    here: Here,
    ada: Principal,
    kitchen: UUID,
    before_the_answer_is_told: Overtake,
) -> None:
    """A name that was resolved already, while others of the same message still are, is lost too."""
    other_kitchen = await some_kitchen()
    await here.enter(ada, other_kitchen)
    session, sink = await here.join(ada)

    async def remove() -> None:
        await here.leave(ada, kitchen)

    before_the_answer_is_told(channel_of(other_kitchen), remove)
    names = [channel_of(kitchen), channel_of(other_kitchen)]
    await here.connections.handle(session, Subscribe(type="Subscribe", channels=names))
    here.say(kitchen)
    here.say(other_kitchen)
    assert sink.positions == [2]
    assert in_agreement(here, session)


async def test_a_removal_in_the_middle_of_a_replay(
    here: Here, ada: Principal, kitchen: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is still to be written of that kitchen is not; the rest of the replay is whole, and comes before
    the client is told: whoever were cut in between would else resume after what was not sent yet."""

    class SlowSink(FakeSink):
        room = asyncio.Semaphore(0)
        asked = 0

        async def drained(self) -> None:
            self.asked += 1
            await self.room.acquire()

    monkeypatch.setattr("itcook.stream.replay.REPLAY_PART", 1)
    for _ in range(3):
        here.say(kitchen)
        here.publish(stored(here.history.head + 1))
    sink = SlowSink()
    session = here.connections.open(ada, "sse", sink)
    names = ["community", "kitchens", channel_of(kitchen)]
    joining = asyncio.create_task(here.connections.join(session, names, cursor(0)))
    await until(lambda: sink.asked == 1)
    sink.room.release()
    await until(lambda: sink.asked == 2)
    await here.leave(ada, kitchen)
    for _ in range(10):
        sink.room.release()
    await joining
    here.say(kitchen)
    assert sink.positions == [1, 2, 4, 6]
    assert [envelope.cursor for envelope in sink.written] == [*map(cursor, (0, 1, 2, 4, 6)), None]
    assert sink.last("Unsubscribed") == {
        "channels": ["system", "community", "kitchens"],
        "cursor": cursor(6),
        "ref": None,
    }
    assert session.live
