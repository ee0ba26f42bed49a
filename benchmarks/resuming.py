"""Resume: the server restarts, and everybody comes back at once for what was missed.

From the first connect until every client has every missed post, exactly once. The restart itself is not
counted. Reads are the SELECTs that SQLite is asked for meanwhile: of the stored stream, which must not depend
on how many come, and all of them, the look-ups of who is there and which kitchens are theirs among them.
"""

from functools import partial
from pathlib import Path
from time import perf_counter

import httpx

from benchmarks.crowd import crowd
from benchmarks.figures import MANY_CLIENTS, Benchmark, Figure
from benchmarks.people import people
from benchmarks.poster import poster
from benchmarks.server import ADDED_TO, serving

MISSED = 50  # posts
GROUP = f"Resume, {MANY_CLIENTS:,} clients that missed {MISSED} posts each"
WHOLE = "until all are whole"
STREAM_READS = "reads of the stored stream"
MAX_STREAM_READS = 20  # the follower looks into it every five seconds, whoever comes


async def _resume(transport: str, directory: Path) -> list[Figure]:
    everybody = await people()
    with serving(directory, everybody) as server:
        cursor = _cursor(server.port, server.token())
        async with poster(server.port, server.token()) as ann:
            for _ in range(MISSED):
                await ann.post()
    with (
        serving(directory, everybody, (*ADDED_TO, "--count-reads")) as server,
        crowd(server.port) as clients,
    ):
        (every, stored), cpu, started = server.reads(), server.cpu_seconds(), perf_counter()
        await clients.join(server.openings(transport, MANY_CLIENTS, cursor))
        done = await clients.events.reach(MANY_CLIENTS * MISSED)
        cpu = server.cpu_seconds() - cpu
        every, stored = (now - before for now, before in zip(server.reads(), (every, stored), strict=True))
        uneven = [client.events for client in clients.clients if client.events != MISSED]
        assert not uneven, f"clients got {uneven} posts instead of {MISSED} each"
    return [
        Figure(WHOLE, done - started, "s"),
        Figure("CPU per client", cpu / MANY_CLIENTS * 1e6, "µs"),
        Figure(STREAM_READS, stored, ""),
        Figure("reads per client", every / MANY_CLIENTS, ""),
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
    Benchmark(f"{GROUP}: {name}", partial(_resume, transport), group=GROUP, row=name, large=True)
    for name, transport in (("WebSocket", "ws"), ("SSE", "sse"))
]
