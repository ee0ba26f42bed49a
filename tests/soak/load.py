"""What goes on meanwhile: posts, which all see, and changes of a fridge, which its kitchen alone sees."""

import asyncio
import itertools
import random
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, closing, suppress
from dataclasses import dataclass

from benchmarks.poster import Poster, poster, request
from benchmarks.tally import PATIENCE
from tests.support.api import Api
from tests.support.people import Person
from tests.support.processes import Server

PRIVATE = 4  # changes of a fridge for each post
LONGEST = 2_000  # characters of a post; the shortest has one
AT_ONCE = 32
FOOD = {"name": "Soy milk", "quantity": 1, "unit": "l", "category": "other"}

_REPEAT = """
    INSERT INTO stream_entries (channels, body, created_at)
    SELECT channels, body, created_at FROM stream_entries ORDER BY id LIMIT ?
"""
_UNSTAMPED = "SELECT id FROM stream_entries WHERE position IS NULL LIMIT 1"


@dataclass(frozen=True, slots=True)
class Cook:
    """Someone with something in the fridge."""

    person: Person
    item_id: str


async def cooks(api: Api, count: int) -> list[Cook]:
    """So many people, each new."""
    people = await api.register_many(count)
    made = [await api.done("POST", "/fridge/items", person, json=FOOD) for person in people]
    return [Cook(person, item["id"]) for person, item in zip(people, made, strict=True)]


class Load:
    """Whoever posts and changes. `outcomes` counts the answers, by status."""

    def __init__(self, port: int, cooks: Sequence[Cook], chance: random.Random) -> None:
        self.outcomes: Counter[int] = Counter()
        self._port = port
        self._cooks = cooks
        self._chance = chance

    async def begin(self, count: int) -> None:
        """Have so many events happen, as fast as they can."""
        left = iter(range(count))

        async def work() -> None:
            async with self._poster() as poster:
                for number in left:
                    await self._happen(poster, number)

        await asyncio.gather(*[work() for _ in range(AT_ONCE)])

    async def go_on(self, rate: float) -> None:
        """Have `rate` events a second happen until cancelled, or fewer where the server is slower."""
        now = asyncio.get_running_loop().time
        due, numbers = now(), itertools.count()
        while True:
            # A server closes a connection that was silent for seconds, as when this process stood still.
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                async with self._poster() as poster:
                    for number in numbers:
                        await self._happen(poster, number)
                        due = max(due + 1 / rate, now() - 1)
                        await asyncio.sleep(due - now())

    def _poster(self) -> AbstractAsyncContextManager[Poster]:
        return poster(self._port, self._cooks[0].person.access_token)

    async def _happen(self, poster: Poster, number: int) -> None:
        cook = self._chance.choice(self._cooks)
        if number % (PRIVATE + 1):
            method, path = "PATCH", f"/fridge/items/{cook.item_id}"
            body = {"notes": f"opened {self._chance.random()}"}
        else:
            method, path = "POST", "/community/posts"
            body = {"content": "x" * self._chance.randint(1, LONGEST)}
        status, _ = await poster.ask(request(method, path, cook.person.access_token, body))
        self.outcomes[status] += 1


async def repeat(server: Server, times: int) -> AsyncIterator[None]:
    """Have the first events that there were happen again, so many times, all of them at once: they are in the
    table as if their causes had just been committed, and the relay finds them. Each time is over once it has.
    """
    with closing(sqlite3.connect(server.database)) as database:
        (count,) = database.execute("SELECT count(*) FROM stream_entries").fetchone()
        for _ in range(times):
            server.change(_REPEAT, count)
            async with asyncio.timeout(PATIENCE):
                while database.execute(_UNSTAMPED).fetchone():  # noqa: ASYNC110 # another process's state
                    await asyncio.sleep(0.05)
            yield
