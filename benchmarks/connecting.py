"""What a connection costs: the CPU that lets it in, and the memory that it holds while nothing happens.

Each connection brings its JWT and counts as made when it has had `Connected`. A few connect before the
first look, so that imports and caches are not put down to the thousand.
"""

from functools import partial
from pathlib import Path
from time import perf_counter

from benchmarks.crowd import crowd, handshake
from benchmarks.figures import CLIENTS, Benchmark, Figure
from benchmarks.server import Server, serving

FIRST = 10  # clients that warm the server up
MAX_IDLE_KIB = 60.0  # resident memory of the server for one idle connection


async def _connect(transport: str, directory: Path) -> list[Figure]:
    with serving(directory) as server:
        request = handshake(transport, server.register("ann"))
        await _warm_up(server, request)
        with crowd(server.port) as clients:
            rss, cpu, started = server.settled_rss_kib(), server.cpu_seconds(), perf_counter()
            done = await clients.join([request] * CLIENTS)
            cpu = server.cpu_seconds() - cpu
            held = server.settled_rss_kib() - rss
    return [
        Figure("memory of an idle connection", held / CLIENTS, "KiB", MAX_IDLE_KIB),
        Figure("server CPU per connect", cpu / CLIENTS * 1e6, "µs"),
        Figure("connects a second", CLIENTS / (done - started), "1/s"),
    ]


async def _warm_up(server: Server, request: bytes) -> None:
    with crowd(server.port) as clients:
        await clients.join([request] * FIRST)


BENCHMARKS = [
    Benchmark(f"Connect, {CLIENTS:,} {name}", partial(_connect, transport))
    for name, transport in (("WebSocket", "ws"), ("SSE", "sse"))
]
