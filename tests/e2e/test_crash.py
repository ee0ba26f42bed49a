"""The server is killed under load, over and over."""

import asyncio
import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.support.api import Api
from tests.support.figures import report
from tests.support.people import Person
from tests.support.processes import Server, running
from tests.support.streams import TRANSPORTS, Transport
from tests.support.survival import survives

KILLS = 12
POSTERS = 8
LOAD_SECONDS = (0.02, 0.4)  # from the first post to the kill


class _Load:
    """Clients that post as fast as they can until the server is gone. `answered`: ids of the 201s."""

    def __init__(self, api: Api, people: list[Person]) -> None:
        self._api = api
        self._people = people
        self.answered: list[str] = []

    async def until_killed(self) -> None:
        await asyncio.gather(*map(self._post_until_killed, self._people))

    async def _post_until_killed(self, person: Person) -> None:
        while True:
            try:
                self.answered.append((await self._api.post(person, "under load"))["id"])
            except httpx.TransportError:
                return


def _rows(database: Path, query: str) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return [str(row[0]) for row in connection.execute(query)]


async def _replayed(api: Api, person: Person, transport: Transport, epoch: str) -> list[tuple[int, str]]:
    """Position and post of every event there ever was."""
    async with await api.connect(transport, person, cursor=f"{epoch}.0") as stream:
        connected = await stream.next()
        assert connected.data["resume"] == "resumed"
        events = [await stream.next() for _ in range(connected.data["replayed"])]
    return [(int(str(event.id).rpartition(".")[2]), event.data["post_id"]) for event in events]


async def _kill_again_and_again(server: Server, load: _Load, chance: random.Random) -> float:
    """The seconds that the starts took, in all."""
    starting = 0.0
    for _ in range(KILLS):
        posting = asyncio.create_task(load.until_killed())
        await asyncio.sleep(chance.uniform(*LOAD_SECONDS))  # the moment itself is what is tested
        await server.kill()
        await posting
        before = time.monotonic()
        await server.start()
        starting += time.monotonic() - before
    return starting


@survives("process: kill -9")
@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_killed_again_and_again_the_server_loses_doubles_and_reorders_nothing(tmp_path: Path) -> None:
    """kill -9 at random moments while eight clients post: every post that was answered with 201 is there,
    every post has exactly one event and every event its post, and the positions are dense and the same on
    both transports."""
    seed = random.randrange(2**32)
    report(f"seed {seed}")
    began = time.monotonic()
    async with running(tmp_path) as server:
        api = Api(server)
        people = await api.register_many(POSTERS)
        load = _Load(api, people)
        starting = await _kill_again_and_again(server, load, random.Random(seed))
        last = await api.post(people[0], "the last")

        async with await api.connect("sse", people[0]) as stream:
            epoch = (await stream.next()).data["cursor"].partition(".")[0]
        replays = [await _replayed(api, people[0], transport, epoch) for transport in TRANSPORTS]
        await api.aclose()

    assert replays[0] == replays[1]
    positions, posts = zip(*replays[0], strict=True)
    assert list(positions) == list(range(1, len(posts) + 1))
    assert len(set(posts)) == len(posts)
    assert set(load.answered) <= set(posts)
    assert posts[-1] == last["id"]
    assert sorted(posts) == sorted(_rows(server.database, "SELECT id FROM posts"))
    assert _rows(server.database, "SELECT count(*) FROM stream_entries WHERE position IS NULL") == ["0"]
    report(
        f"{KILLS} kills in {time.monotonic() - began:.1f} s, {len(load.answered)} posts answered,"
        f" {len(posts)} stored; a start takes {starting / KILLS:.2f} s"
    )
