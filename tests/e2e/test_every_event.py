"""Every type of event, from what causes it to who hears of it: over both transports, and nobody else."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack

import pytest

from itcook import events
from itcook.events import DurableEvent
from tests.support.api import Api
from tests.support.contract import MEANS, STREAMS, covers
from tests.support.deeds import WALKS, Body, Deed, Stage, Walk
from tests.support.people import Person
from tests.support.processes import Server
from tests.support.streams import TRANSPORTS, Received, Stream, StreamEndedError, Transport


class Follower:
    """A client that comes back when the server ends its stream, and resumes where it was."""

    def __init__(self, api: Api, transport: Transport, person: Person, names: Iterable[str]) -> None:
        self.seen: list[Received] = []  # durable events
        self._api = api
        self._transport = transport
        self._person = person
        self._channels = ",".join(names)
        self._stream: Stream
        self._cursor = ""
        self._start = ""

    async def connect(self) -> None:
        resuming = {"cursor": self._cursor} if self._cursor else {}
        self._stream = await self._api.connect(
            self._transport, self._person, channels=self._channels, **resuming
        )
        connected = await self._stream.next_of("Connected")
        assert connected.data["resume"] == ("resumed" if resuming else "fresh")
        self._cursor = self._cursor or connected.data["cursor"]
        self._start = self._start or self._cursor

    async def hear(self, matches: Callable[[Received], bool]) -> Received:
        """The next event that `matches`."""
        event = await self._next()
        while not matches(event):
            event = await self._next()
        return event

    async def poll(self) -> str:
        """What there was since it began, as a poll's JSON."""
        parameters = {"after": self._start, "channels": self._channels}
        answer = await self._api.request("GET", "/realtime/events", self._person, params=parameters)
        return answer.text.removeprefix('{"data":').partition(',"cursor":')[0]

    def reads_what_is_gone(self, walk: Walk) -> bool:
        """Whether no new connection could read its channel: that of a post that was deleted."""
        return walk.event is events.PostDeleted and "post:" in self._channels

    async def close(self) -> None:
        await self._stream.close()

    async def _next(self) -> Received:
        try:
            event = await self._stream.next()
        except StreamEndedError:
            await self.close()
            await self.connect()
            event = await self._stream.next()
        if event.id is not None:
            self._cursor = event.id
            self.seen.append(event)
        return event


@pytest.fixture(scope="module")
def server_settings() -> Mapping[str, object]:
    """A server that looks at the clock often, and stops soon."""
    return {"expiry_scan_seconds": 0.1, "drain_seconds": 0.2}


@pytest.fixture(scope="module")
async def eve(api: Api) -> Person:
    """A stranger, who is curious."""
    return await api.register("Eve Stranger")


@pytest.fixture(scope="module")
async def stage(api: Api, server: Server, ada: Person, grace: Person) -> Stage:
    alan = await api.register("Alan Turing")
    async with server.stopped():
        assert (await server.itcook("user", "promote", alan.email))[0] == 0
    kitchen = await api.done("POST", "/kitchens", ada, json={"name": "Shared", "time_zone": "UTC"})
    invite = await api.done("POST", f"/kitchens/{kitchen['id']}/invites", ada, json={})
    await api.done("POST", "/kitchens/join", grace, json={"code": invite["code"]})
    return Stage(api, server, ada, grace, alan, kitchen["id"])


@pytest.fixture
async def followers() -> AsyncIterator[AsyncExitStack]:
    """Closes what a test opens."""
    async with AsyncExitStack() as stack:
        yield stack


async def follow(
    stage: Stage, followers: AsyncExitStack, person: Person, names: Iterable[str]
) -> list[Follower]:
    """Someone on both transports, who waits for Alan's last word too."""
    wanted = [*names, f"author:{stage.alan.id}"]
    connected = [Follower(stage.api, transport, person, wanted) for transport in TRANSPORTS]
    for follower in connected:
        await follower.connect()
        followers.push_async_callback(follower.close)
    return connected


def everything(deed: Deed) -> set[str]:
    """What a stranger may follow, and what they may not."""
    named = {name for _, name in deed.audience}
    owners = {f"personal:{person.id}" for person, _ in deed.audience}
    return {"community", "personal", "kitchens", "system"} | named | owners


def check_contract(event: Received, walk: Walk, deed: Deed, answer: Body) -> None:
    """It is addressed as it should be, and its data are those of its class, no more and no less."""
    assert event.json["channel"] == deed.channel
    assert walk.event.model_validate_json(json.dumps(event.data)).model_dump(mode="json") == event.data
    assert event.data.items() >= deed.says(answer).items()


def test_every_type_has_a_walk() -> None:
    """A type that nobody walks is found here, and one that nothing emits has no walk."""
    types = {kind for kind in DurableEvent.__subclasses__() if kind.__module__ == events.__name__}
    assert {walk.event for walk in WALKS} == types


@covers(
    "channels: community",
    "channels: system",
    "channels: personal",
    "channels: author:{id}",
    "channels: post:{id}",
    "channels: kitchens",
    "channels: kitchen:{id}",
    on=STREAMS,
)
@pytest.mark.parametrize(
    "walk",
    [
        pytest.param(walk, id=str(walk), marks=covers(f"durable: {walk.event.__name__}", on=MEANS))
        for walk in WALKS
    ],
)
async def test_an_event_reaches_whom_it_is_for_and_nobody_else(
    stage: Stage, eve: Person, followers: AsyncExitStack, walk: Walk
) -> None:
    """Over each of its channels by itself, on both transports and by polling, the same bytes, once. A
    stranger who asks for everything hears what is public, and otherwise the last word alone."""
    deed = await walk.prepare(stage)
    addressed = [
        follower
        for person, name in deed.audience
        for follower in await follow(stage, followers, person, [name])
    ]
    strangers = await follow(stage, followers, eve, everything(deed))

    answer = await deed.cause()
    heard = await asyncio.gather(
        *(one.hear(lambda event: event.type == walk.event.__name__) for one in addressed)
    )
    last = await stage.api.post(stage.alan, "That was all")
    words = await asyncio.gather(
        *(one.hear(lambda event: event.data.get("post_id") == last["id"]) for one in addressed + strangers)
    )

    check_contract(heard[0], walk, deed, answer)
    both = [heard[0].text, words[0].text]
    assert [texts(one) for one in addressed] == [both] * len(addressed)
    polled = [await one.poll() for one in addressed if not one.reads_what_is_gone(walk)]
    assert set(polled) == {f"[{','.join(both)}]"}
    assert [texts(one) for one in strangers] == [both if deed.is_public else both[1:]] * len(strangers)


def texts(follower: Follower) -> list[str]:
    return [event.text for event in follower.seen]
