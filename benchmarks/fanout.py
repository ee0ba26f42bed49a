"""Fan-out: how long one post needs to reach everybody, and what a delivery costs.

From the moment the POST is written until the last client has read the event: the whole way, validation
and the commit included. The next post is sent when everybody has the last one.
"""

from functools import partial
from pathlib import Path
from time import perf_counter

from benchmarks.crowd import Crowd, crowd, handshake
from benchmarks.figures import CLIENTS, Benchmark, Figure, latencies
from benchmarks.poster import Poster, poster
from benchmarks.server import serving

POSTS = 40
FIRST = 3  # posts that warm the server up
MAX_DELIVERY_MS = 100.0  # until the last of the clients has it


async def _fan_out(transports: tuple[str, ...], directory: Path) -> list[Figure]:
    with serving(directory) as server:
        token = server.register("ann")
        requests = [handshake(transport, token) for transport in transports]
        with crowd(server.port) as clients:
            await clients.join(requests * (CLIENTS // len(requests)))
            async with poster(server.port, token) as ann:
                for _ in range(FIRST):
                    await _deliver(ann, clients)
                cpu = server.cpu_seconds()
                seconds = [await _deliver(ann, clients) for _ in range(POSTS)]
                cpu = server.cpu_seconds() - cpu
    return [
        *latencies("POST until the last client has it", seconds, MAX_DELIVERY_MS),
        Figure("server CPU per delivered event", cpu / (POSTS * CLIENTS) * 1e6, "µs"),
    ]


async def _deliver(ann: Poster, clients: Crowd) -> float:
    """Seconds from one post's sending until every client has it."""
    target = clients.events.count + CLIENTS
    sent = perf_counter()
    await ann.post()
    return await clients.events.reach(target) - sent


BENCHMARKS = [
    Benchmark(f"Fan-out to {name}", partial(_fan_out, transports))
    for name, transports in (
        (f"{CLIENTS:,} WebSocket", ("ws",)),
        (f"{CLIENTS:,} SSE", ("sse",)),
        (f"{CLIENTS // 2:,} WebSocket and {CLIENTS // 2:,} SSE", ("ws", "sse")),
    )
]
