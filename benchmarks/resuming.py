"""Resume: the server restarts, and everybody comes back at once for what was missed.

From the first connect until every client has every missed post, exactly once. The restart itself is not
counted.
"""

from functools import partial
from pathlib import Path
from time import perf_counter

import httpx

from benchmarks.crowd import crowd, handshake
from benchmarks.figures import CLIENTS, Benchmark, Figure
from benchmarks.poster import poster
from benchmarks.server import serving

MISSED = 50  # posts


async def _resume(transport: str, directory: Path) -> list[Figure]:
    with serving(directory) as server:
        token = server.register("ann")
        cursor = _cursor(server.port, token)
        async with poster(server.port, token) as ann:
            for _ in range(MISSED):
                await ann.post()
    with serving(directory) as server, crowd(server.port) as clients:
        cpu, started = server.cpu_seconds(), perf_counter()
        await clients.join([handshake(transport, token, cursor)] * CLIENTS)
        done = await clients.events.reach(CLIENTS * MISSED)
        cpu = server.cpu_seconds() - cpu
        uneven = [client.events for client in clients.clients if client.events != MISSED]
        assert not uneven, f"clients got {uneven} posts instead of {MISSED} each"
    return [
        Figure("until all are whole", (done - started) * 1000, "ms"),
        Figure("server CPU per client", cpu / CLIENTS * 1e6, "µs"),
    ]


def _cursor(port: int, token: str) -> str:
    """A cursor before every post, as a page's snapshot carries it."""
    response = httpx.get(
        f"http://127.0.0.1:{port}/api/v1/community/posts", headers={"Authorization": f"Bearer {token}"}
    )
    response.raise_for_status()
    cursor: str = response.headers["Stream-Cursor"]
    return cursor


BENCHMARKS = [
    Benchmark(f"Resume, {CLIENTS:,} {name} that missed {MISSED} posts each", partial(_resume, transport))
    for name, transport in (("WebSocket", "ws"), ("SSE", "sse"))
]
