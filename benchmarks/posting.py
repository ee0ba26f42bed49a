"""Posting: how many posts a second an embedded database takes, each one stored durably and delivered.

Many people post at the same time, each one's next post when the last is answered; one client follows.
"""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from time import perf_counter

from benchmarks.crowd import crowd, handshake
from benchmarks.figures import Benchmark, Figure, latencies
from benchmarks.people import people
from benchmarks.poster import Poster, poster
from benchmarks.server import serving

POSTERS = 32
POSTS = 25  # of each of them
NAME = f"Posting, {POSTERS} at once on SQLite"
RATE = "posts a second, delivered"


async def _post(directory: Path) -> list[Figure]:
    with serving(directory, await people()) as server:
        token = server.token()
        async with AsyncExitStack() as stack:
            clients = stack.enter_context(crowd(server.port))
            await clients.join([handshake("ws", token)])
            posters = [await stack.enter_async_context(poster(server.port, token)) for _ in range(POSTERS)]
            await asyncio.gather(*(one.post() for one in posters))  # warms the server up
            await clients.events.reach(POSTERS)
            cpu, started = server.cpu_seconds(), perf_counter()
            seconds = await asyncio.gather(*(_post_often(one) for one in posters))
            done = await clients.events.reach(POSTERS * (POSTS + 1))
            cpu = server.cpu_seconds() - cpu
    total = POSTERS * POSTS
    return [
        Figure(RATE, total / (done - started), "1/s"),
        *latencies("POST until its 201", [value for one in seconds for value in one]),
        Figure("server CPU per post", cpu / total * 1e6, "µs"),
    ]


async def _post_often(one: Poster) -> list[float]:
    seconds = []
    for _ in range(POSTS):
        sent = perf_counter()
        await one.post()
        seconds.append(perf_counter() - sent)
    return seconds


BENCHMARKS = [Benchmark(NAME, _post)]
