"""Clients that are cut off, again and again, and still see every event once and in order."""

import asyncio
import random
from dataclasses import dataclass, field

import pytest

from tests.support.api import CONNECTIONS_PER_PERSON, Api
from tests.support.figures import report
from tests.support.people import Person
from tests.support.streams import TRANSPORTS, Received, Stream, Transport

EVENTS = 500
CUTS = 1_000
CLIENTS = 20
POSTERS = 2


@dataclass
class _Client:
    """One screen that follows the stream, cut off at `cuts`: the numbers of events seen by then."""

    person: Person
    cuts: list[int]
    random: random.Random
    seen: list[str] = field(default_factory=list)
    cursor: str | None = None
    crossings: int = 0
    in_use: Transport | None = None

    async def follow(self, api: Api) -> None:
        for cut in [*self.cuts, EVENTS]:
            stream = await self._connect(api)
            await self._read(stream, cut)
            await (stream.close() if self.random.random() < 0.5 else stream.cut())

    async def _connect(self, api: Api) -> Stream:
        transport = self.random.choice(TRANSPORTS)
        self.crossings += self.in_use not in (None, transport)
        self.in_use = transport
        if self.cursor is None:
            return await api.connect(transport, self.person)
        if transport == "sse" and self.random.random() < 0.5:
            return await api.connect("sse", self.person, last_event_id=self.cursor)
        return await api.connect(transport, self.person, cursor=self.cursor)

    async def _read(self, stream: Stream, until: int) -> None:
        if self.cursor is None or self.random.random() < 0.9:  # else cut before anything is read
            connected = await stream.next_of("Connected")
            assert connected.data["resume"] == ("fresh" if self.cursor is None else "resumed")
            self.cursor = self.cursor or connected.data["cursor"]
        while len(self.seen) < until:
            self._see(await stream.next())

    def _see(self, event: Received) -> None:
        assert event.type != "ResyncRequired"
        if event.id is not None:
            self.seen.append(event.id)
            self.cursor = event.id


async def test_cut_off_a_thousand_times_no_client_misses_or_doubles_an_event(api: Api) -> None:
    """Twenty clients are cut off a thousand times in all, politely or by a reset, while 500 events are being
    posted; they come back on either transport, with `cursor` or `Last-Event-ID`, and each sees every event
    exactly once and in order."""
    seed = random.randrange(2**32)
    report(f"seed {seed}")
    chance = random.Random(seed)
    people = await api.register_many(CLIENTS // CONNECTIONS_PER_PERSON * 2)
    clients = [
        _Client(
            people[number % len(people)],
            sorted(chance.choices(range(EVENTS), k=CUTS // CLIENTS)),
            random.Random(chance.random()),
        )
        for number in range(CLIENTS)
    ]
    connected = [await client._connect(api) for client in clients]  # all begin before the first event
    for client, stream in zip(clients, connected, strict=True):
        await client._read(stream, 0)
        await stream.close()

    async with asyncio.TaskGroup() as tasks:
        for client in clients:
            tasks.create_task(client.follow(api))
        posted = await _post_all(api, people)
        seen = sum(len(client.seen) for client in clients)
        report(f"{seen} of {EVENTS * CLIENTS} seen when all was posted")

    assert all(client.seen == clients[0].seen for client in clients)
    positions = [int(cursor.rpartition(".")[2]) for cursor in clients[0].seen]
    assert len(posted) == EVENTS
    assert positions == list(range(positions[0], positions[0] + EVENTS))
    report(f"{CUTS} cuts, {sum(client.crossings for client in clients)} of them across transports")


async def _post_all(api: Api, people: list[Person]) -> list[str]:
    numbers = iter(range(EVENTS))

    async def post_some(person: Person) -> list[str]:
        return [(await api.post(person, f"post {number}"))["id"] for number in numbers]

    posted = await asyncio.gather(*[post_some(person) for person in people[:POSTERS]])
    return [post_id for some in posted for post_id in some]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_rest_snapshot_and_the_stream_from_its_cursor_leave_no_gap(
    api: Api, ada: Person, grace: Person, transport: Transport
) -> None:
    """Load a page, then follow from its `Stream-Cursor`: what happened in between comes first."""
    page = await api.request("GET", "/community/posts", grace)
    between = await api.post(ada, f"in between, {transport}")
    async with await api.connect(transport, grace, cursor=page.headers["Stream-Cursor"]) as stream:
        assert (await stream.next_of("NewCommunityPost")).data["post_id"] == between["id"]


async def test_last_event_id_wins_over_the_addresss_cursor(api: Api, ada: Person, grace: Person) -> None:
    """A browser that reconnects keeps the page's old address, but remembers a newer place."""
    async with await api.connect("sse", grace) as stream:
        old = (await stream.next_of("Connected")).data["cursor"]
        await api.post(ada, "seen already")
        seen = await stream.next_of("NewCommunityPost")
    missed = await api.post(ada, "missed")
    async with await api.connect("sse", grace, cursor=old, last_event_id=seen.id) as stream:
        assert (await stream.next_of("NewCommunityPost")).data["post_id"] == missed["id"]


async def test_a_cursor_resumes_only_the_channels_that_are_asked_for(
    api: Api, ada: Person, grace: Person
) -> None:
    """The order of all channels is one: `author:` resumes from a cursor that `community` gave."""
    before = (await api.request("GET", "/community/posts", grace)).headers["Stream-Cursor"]
    await api.post(grace, "by grace")
    by_ada = await api.post(ada, "by ada")
    async with await api.connect("sse", grace, cursor=before, channels=f"author:{ada.id}") as stream:
        assert (await stream.next_of("NewCommunityPost")).data["post_id"] == by_ada["id"]
