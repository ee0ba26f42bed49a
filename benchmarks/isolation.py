"""Isolation: what a thousand others feel while one client never reads, and while one floods.

Three kinds of stretches take turns on one server. In each, an extra client gets news of its own beside the
common events: it reads them, or it never reads, or it sends as fast as its socket takes. Whoever is sent away
for that comes back a second later, and is counted. What is compared is how long the common events need to
reach the last of the others.
"""

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from benchmarks.crowd import Crowd, crowd, handshake, text_frame
from benchmarks.figures import CLIENTS, Benchmark, Figure, percentile
from benchmarks.people import people
from benchmarks.server import ADDED_TO, Server, serving
from itcook.stream.channels import personal

EVENTS_PER_SECOND = 20
STRETCH = 100  # events
TURNS = 3  # of each kind of stretch: 300 events, of which a p99 can be told
SIGN_SECONDS = 0.2  # between signs of life of who never reads: only an error on writing tells it of the end
OWN_NEWS = 5  # events to the extra client for each common one
OWN_LENGTH = 25_000  # characters each: 2.5 MB a second, more than the kernel and the server keep for anyone
FLOOD = text_frame('{"type":"Heartbeat"}') * 500
COME_BACK_SECONDS = 1.0
KINDS = ("reads", "never reads", "floods")
NAME = f"One of {CLIENTS:,} WebSocket clients misbehaves"


def p99(kind: str) -> str:
    """The name of the figure."""
    return f"others' p99 while one {kind}"


def ratio(kind: str) -> str:
    """The name of the figure."""
    return f"others' p99 while one {kind}, × reads"


async def _misbehave(directory: Path) -> list[Figure]:
    ends: Counter[str] = Counter()
    seconds: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with serving(directory, await people(), ADDED_TO) as server, crowd(server.port) as clients:
        person, *others = server.people.everybody
        await clients.join([handshake("ws", one.token) for one in others])
        request = handshake("ws", person.token).request
        for turn in range(TURNS):
            for kind in KINDS[turn % 3 :] + KINDS[: turn % 3]:  # none always comes after the same
                async with asyncio.TaskGroup() as tasks:
                    extra = tasks.create_task(_extra(kind, server.port, request, ends))
                    try:
                        seconds[kind] += await _stretch(server, clients, personal(person.id))
                    finally:
                        extra.cancel()
    values = {kind: percentile(seconds[kind], 99) for kind in KINDS}
    return [
        *(Figure(p99(kind), values[kind] * 1000, "ms") for kind in KINDS),
        *(Figure(f"times that it was sent away while it {kind}", ends[kind], "") for kind in KINDS),
        *(Figure(ratio(kind), values[kind] / values[KINDS[0]], "") for kind in KINDS[1:]),
    ]


async def _stretch(server: Server, clients: Crowd, channel: str) -> list[float]:
    """Seconds that each common event took to the last of the others."""
    seconds = []
    due = perf_counter()
    for _ in range(STRETCH):
        due += 1 / EVENTS_PER_SECOND
        await asyncio.sleep(max(0.0, due - perf_counter()))
        target = clients.events.count + len(clients.clients)
        said = perf_counter()
        server.publish(OWN_NEWS, channel, OWN_LENGTH)
        server.publish(1)
        seconds.append(await clients.events.reach(target) - said)
    return seconds


async def _extra(kind: str, port: int, request: bytes, ends: Counter[str]) -> None:
    """Be the extra client until cancelled, and count how often it was sent away."""
    behave = {"reads": _read, "never reads": _ignore, "floods": _flood}[kind]
    while True:
        with _connection(kind) as client:
            await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", port))
            await asyncio.get_running_loop().sock_sendall(client, request)
            with contextlib.suppress(OSError):
                await behave(client)
            ends[kind] += 1
        await asyncio.sleep(COME_BACK_SECONDS)


async def _read(client: socket.socket) -> None:
    while await asyncio.get_running_loop().sock_recv(client, 65_536):
        pass


async def _ignore(client: socket.socket) -> None:
    """Never read."""
    while True:
        await asyncio.sleep(SIGN_SECONDS)
        await asyncio.get_running_loop().sock_sendall(client, text_frame('{"type":"Heartbeat"}'))


async def _flood(client: socket.socket) -> None:
    reading = asyncio.create_task(_read(client))
    try:
        while not reading.done():
            await asyncio.get_running_loop().sock_sendall(client, FLOOD)
            await asyncio.sleep(0)
    finally:
        reading.cancel()
        await asyncio.wait({reading})


@contextmanager
def _connection(kind: str) -> Iterator[socket.socket]:
    with socket.socket() as client:
        client.setblocking(False)
        if kind == "never reads":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # full at once
        yield client


BENCHMARKS = [Benchmark(NAME, _misbehave)]
