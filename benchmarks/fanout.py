"""The whole way: from a POST until the last of a thousand clients has its event, at a steady pace.

The posts are sent at their times, whether or not the ones before have arrived; each is timed from when it was
due. That holds everything: the validation, the commit, the relay and the fan-out.
"""

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from time import perf_counter

from benchmarks.crowd import Crowd, crowd, handshake
from benchmarks.figures import CLIENTS, Benchmark, Figure, latencies
from benchmarks.people import people
from benchmarks.poster import Poster, poster
from benchmarks.server import serving
from benchmarks.tally import Arrivals

POSTS_PER_SECOND = 20
POSTS = 200
POSTERS = 8  # connections that take turns: a slow answer holds up no later post
FIRST = 5  # posts that warm the server up
GROUP = f"POST to the last of {CLIENTS:,} clients, {POSTS_PER_SECOND} posts a second"
DELIVERY = "POST until the last client has it"


async def _fan_out(transports: tuple[str, ...], directory: Path) -> list[Figure]:
    with serving(directory, await people()) as server, crowd(server.port) as clients:
        await clients.join(
            [
                handshake(transports[number % len(transports)], token)
                for number, token in enumerate(server.people.tokens(CLIENTS))
            ]
        )
        async with AsyncExitStack() as stack:
            posters = [
                await stack.enter_async_context(poster(server.port, server.token())) for _ in range(POSTERS)
            ]
            for _ in range(FIRST):
                await _post_and_wait(posters[0], clients)
            cpu = server.cpu_seconds()
            seconds = await post_steadily(posters, clients, POSTS, POSTS_PER_SECOND)
            cpu = server.cpu_seconds() - cpu
    return [
        *latencies(DELIVERY, seconds),
        Figure("server CPU per post and its deliveries", cpu / POSTS * 1e3, "ms"),
    ]


async def _post_and_wait(one: Poster, clients: Crowd) -> None:
    target = clients.events.count + CLIENTS
    await one.post()
    await clients.events.reach(target)


async def post_steadily(posters: list[Poster], clients: Crowd, posts: int, rate: float) -> list[float]:
    """Seconds from each post's time, of which there are `rate` a second, until every client has its event."""
    clients.arrivals = Arrivals(len(clients.clients), clients.clients[0].events)
    start = perf_counter()
    due = [start + number / rate for number in range(posts)]
    target = clients.events.count + posts * len(clients.clients)
    async with asyncio.TaskGroup() as tasks:
        for number, one in enumerate(posters):
            tasks.create_task(_post_at(one, due[number :: len(posters)]))
    await clients.events.reach(target)
    return [done - sent for sent, done in zip(due, clients.arrivals.complete, strict=True)]


async def _post_at(one: Poster, moments: list[float]) -> None:
    for moment in moments:
        await asyncio.sleep(max(0.0, moment - perf_counter()))
        await one.post()


BENCHMARKS = [
    Benchmark(f"{GROUP}: {name}", partial(_fan_out, transports), group=GROUP, row=name)
    for name, transports in (
        (f"{CLIENTS:,} WebSocket", ("ws",)),
        (f"{CLIENTS:,} SSE", ("sse",)),
        (f"{CLIENTS // 2:,} WebSocket and {CLIENTS // 2:,} SSE", ("ws", "sse")),
    )
]
