"""Posts at a steady rate, whatever happens: each is tried until it is answered, at another node each time.

A post that was not answered may be stored or not. So it is sent again with the same Idempotency-Key, and must
in the end be stored once.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import httpx

from tests.chaos.ledger import Ledger
from tests.chaos.site import Site
from tests.support.people import Person

ANSWER_SECONDS = 5.0  # for an answer; then it is tried elsewhere
PAUSE_SECONDS = (0.05, 0.5)
BY_NETWORK = 0.2


class Posters:
    """Whoever posts. `outcomes` counts the answers, by status or by the name of what went wrong instead."""

    def __init__(
        self,
        site: Site,
        ledger: Ledger,
        people: Sequence[Person],
        prefix: str,
        chance: random.Random,
        most: int,
    ) -> None:
        self.prefix = prefix  # of what every post says
        self.outcomes: Counter[str] = Counter()
        self.left_out = 0
        self._site = site
        self._ledger = ledger
        self._people = people
        self._chance = chance
        self._most = most  # posts that are tried at once; what is due beyond them is left out, and counted
        self._posting: set[asyncio.Task[None]] = set()
        self._http = httpx.AsyncClient(
            trust_env=False,
            timeout=ANSWER_SECONDS,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=50),
        )

    async def post(self, rate: float) -> None:
        """Post so many a second until cancelled, however late this process gets to it."""
        now = asyncio.get_running_loop().time
        due, number = now(), 0
        while True:
            while due <= now():
                due += 1 / rate
                if len(self._posting) < self._most:
                    number += 1
                    self._begin(number)
                else:
                    self.left_out += 1
            await asyncio.sleep(due - now())

    async def finish(self) -> None:
        """Wait until every post is answered. Raises what made one fail for good."""
        await asyncio.gather(*self._posting)

    async def close(self) -> None:
        """Give up what is not answered."""
        for task in self._posting:
            task.cancel()
        await asyncio.gather(*self._posting, return_exceptions=True)
        await self._http.aclose()

    def _begin(self, number: int) -> None:
        task = asyncio.create_task(self._post(f"{self.prefix}{number}", self._chance.choice(self._people)))
        self._posting.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        # One that failed stays, for `finish` to tell of it.
        if not task.cancelled() and task.exception() is None:
            self._posting.discard(task)

    async def _post(self, content: str, person: Person) -> None:
        headers = {**person.headers, "Idempotency-Key": content.replace(" ", "-")}
        while True:
            with suppress(httpx.TransportError):
                response = await self._send(content, headers)
                if response.status_code == 201:
                    now = asyncio.get_running_loop().time()
                    self._ledger.post_answered(content, response.json()["id"], now)
                    return
                if response.status_code != 503:
                    self._ledger.complaints.append(f"a post was answered with {response.status_code}")
                    return
            await asyncio.sleep(self._chance.uniform(*PAUSE_SECONDS))

    async def _send(self, content: str, headers: dict[str, str]) -> httpx.Response:
        node = self._chance.choice(self._site.nodes)
        host, port = node.server.address if self._chance.random() > BY_NETWORK else node.network.address
        url = f"http://{host}:{port}/api/v1/community/posts"
        try:
            response = await self._http.post(url, json={"content": content}, headers=headers)
        except httpx.TransportError as error:
            self.outcomes[type(error).__name__] += 1
            raise
        except AttributeError as error:
            # anyio asks a kept connection for its peer's address, and one that was reset has no socket.
            if (error.name, error.obj) != ("getpeername", None):
                raise
            self.outcomes["reset before it was used"] += 1
            raise httpx.ConnectError("the connection was reset before it was used") from error
        self.outcomes[str(response.status_code)] += 1
        return response


@asynccontextmanager
async def posters(
    site: Site,
    ledger: Ledger,
    people: Sequence[Person],
    prefix: str,
    chance: random.Random,
    *,
    rate: float,
    most: int,
) -> AsyncIterator[Posters]:
    """Somebody who posts at this rate inside, at `most` so many at once, and has every post answered on
    leaving it in good order.
    """
    posting = Posters(site, ledger, people, prefix, chance, most)
    steadily = asyncio.create_task(posting.post(rate))
    try:
        yield posting
        steadily.cancel()
        await posting.finish()
    finally:
        steadily.cancel()
        await posting.close()
