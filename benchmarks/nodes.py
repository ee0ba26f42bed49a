"""Two nodes on one PostgreSQL and one Redis: how late the other one's clients hear of a post, and how many
events a second there can be.

Both nodes share the servers' core, and PostgreSQL and Redis the load's: on machines of their own they would
be faster. The events of the second benchmark are put into the outbox as they are, without a POST: what is
measured is the relay, that is stamping, publishing, and following, up to a client of each node.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from time import perf_counter

import asyncpg
import httpx

from benchmarks.crowd import Crowd, crowd, handshake
from benchmarks.event import body
from benchmarks.fanout import post_steadily
from benchmarks.figures import Benchmark, Figure, latencies
from benchmarks.poster import poster
from benchmarks.server import nodes
from tests.support.people import registration
from tests.support.postgres import cluster
from tests.support.redis_server import redis_server

POSTS_PER_SECOND = 50
POSTS = 1_000
POSTERS = 8
FIRST = 20  # posts that warm everything up
EVENTS = 20_000
DELIVERY_NAME = f"Two nodes, {POSTS_PER_SECOND} posts a second"
DELIVERY = "POST on one until a client of the other has it"
RELAY_NAME = f"Two nodes, {EVENTS:,} events at once"
RATE = "events a second, from the commit to a client of each"

_RECORD = """
    INSERT INTO stream_entries (channels, body, created_at)
    SELECT 'community', $1, now() FROM generate_series(1, $2::int)
"""


@asynccontextmanager
async def _two(directory: Path) -> AsyncIterator[tuple[str, list[int], str]]:
    """The database, the ports of both nodes, and a token of somebody."""
    async with AsyncExitStack() as stack:
        postgresql = stack.enter_context(cluster())
        database_url = await stack.enter_async_context(postgresql.database())
        redis = await stack.enter_async_context(redis_server(directory))
        ports = stack.enter_context(nodes(directory, database_url, redis.url, 2))
        async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
            url = f"http://127.0.0.1:{ports[0]}/api/v1/auth/register"
            registered = (await http.post(url, json=registration())).raise_for_status()
        yield database_url, ports, registered.json()["access_token"]


async def _deliver(directory: Path) -> list[Figure]:
    async with _two(directory) as (_, (here, there), token), AsyncExitStack() as stack:
        clients = stack.enter_context(crowd(there))
        await clients.join([handshake("ws", token)])
        posters = [await stack.enter_async_context(poster(here, token)) for _ in range(POSTERS)]
        for number in range(FIRST):
            await posters[number % POSTERS].post()
        await clients.events.reach(FIRST)
        seconds = await post_steadily(posters, clients, POSTS, POSTS_PER_SECOND)
    return latencies(DELIVERY, seconds)


async def _relay(directory: Path) -> list[Figure]:
    async with _two(directory) as (database_url, ports, token), AsyncExitStack() as stack:
        crowds = [stack.enter_context(crowd(port)) for port in ports]
        for clients in crowds:
            await clients.join([handshake("ws", token)])
        await _record(database_url, crowds, 1_000)  # warms everything up
        started = perf_counter()
        done = await _record(database_url, crowds, EVENTS)
    return [Figure(RATE, EVENTS / (done - started), "1/s")]


async def _record(database_url: str, crowds: list[Crowd], count: int) -> float:
    """Put events into the outbox; when all clients have them."""
    targets = [clients.events.count + count for clients in crowds]
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(_RECORD, body(), count)
    finally:
        await connection.close()
    return max([await clients.events.reach(target) for clients, target in zip(crowds, targets, strict=True)])


BENCHMARKS = [Benchmark(DELIVERY_NAME, _deliver), Benchmark(RELAY_NAME, _relay)]
