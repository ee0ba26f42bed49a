"""The contest: everybody does the same work, and what it costs is compared.

A thousand clients, or ten, come in with a token that is checked, and get their first event. Then one event
after another goes to all, each when everybody has the last one; then many at once. The events are published
at a word, not by a POST: what is compared is the fan-out.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

from benchmarks.contestants import ALL, DJANGO, Contestant, Stage
from benchmarks.crowd import Crowd, crowd
from benchmarks.figures import CLIENTS, MANY_CLIENTS, Benchmark, Figure, latencies
from benchmarks.people import people

FIRST = 10  # clients and events that warm the server up
EVENTS, EVENTS_TO_MANY = 100, 20  # one after another
BURST = 100  # events at once
BURSTS = 2

# The names of the figures, which targets and plots look up.
CPU = "CPU per delivery"
LAST = "last client has it"
BURST_RATE = "burst, deliveries"
BURST_CPU = "burst, CPU per delivery"
CONNECT_CPU = "CPU per connect"
IDLE = "idle memory per connection"
SERVER_SHARE, LOAD_SHARE = "burst, server's core busy", "burst, load's core busy"


def group(clients: int) -> str:
    """The title of the contest with so many clients."""
    return f"Contest, {clients:,} clients"


def name(contestant: Contestant, clients: int) -> str:
    """The name of its benchmark."""
    return f"{group(clients)}: {contestant.name}"


async def compete(contestant: Contestant, clients: int, directory: Path) -> list[Figure]:
    """What the work costs `contestant`."""
    everybody = await people()
    with contestant.start(directory, everybody) as stage:
        with crowd(stage.port) as first:
            await first.join(stage.openings(FIRST))
            await _one_by_one(stage, first, FIRST)
        with crowd(stage.port) as all_of_them:
            figures = await _connect(stage, all_of_them, clients)
            is_large, is_slow = clients > CLIENTS, contestant is DJANGO
            few = is_large or is_slow
            figures += await _one_by_one(stage, all_of_them, EVENTS_TO_MANY if few else EVENTS)
            if not is_large:
                figures += await _burst(stage, all_of_them, 1 if is_slow else BURSTS)
    return figures


async def _connect(stage: Stage, clients: Crowd, count: int) -> list[Figure]:
    openings = stage.openings(count)
    rss = stage.process.settled_rss_kib()
    spent = _Spent(stage)
    await clients.join(openings)
    usage = spent.until_now()
    held = stage.process.settled_rss_kib() - rss
    return [
        Figure(IDLE, held / count, "KiB"),
        Figure(CONNECT_CPU, usage.server / count * 1e6, "µs"),
    ]


async def _one_by_one(stage: Stage, clients: Crowd, events: int) -> list[Figure]:
    spent = _Spent(stage)
    seconds = [await _deliver(stage, clients) for _ in range(events)]
    usage = spent.until_now()
    return [
        Figure(CPU, usage.server / (events * len(clients.clients)) * 1e6, "µs"),
        *latencies(LAST, seconds),
    ]


async def _deliver(stage: Stage, clients: Crowd, count: int = 1) -> float:
    """Seconds from the word until every client has all of `count` events."""
    target = clients.events.count + count * len(clients.clients)
    said = perf_counter()
    stage.publish(count)
    return await clients.events.reach(target) - said


async def _burst(stage: Stage, clients: Crowd, bursts: int) -> list[Figure]:
    spent = _Spent(stage)
    seconds = sum([await _deliver(stage, clients, BURST) for _ in range(bursts)])
    usage = spent.until_now()
    deliveries = bursts * BURST * len(clients.clients)
    return [
        Figure(BURST_RATE, deliveries / seconds, "1/s"),
        Figure(BURST_CPU, usage.server / deliveries * 1e6, "µs"),
        Figure(SERVER_SHARE, usage.server / seconds * 100, "%"),
        Figure(LOAD_SHARE, usage.load / seconds * 100, "%"),
    ]


@dataclass(frozen=True, slots=True)
class _Usage:
    """Seconds of CPU of the server and of the load's process."""

    server: float
    load: float


class _Spent:
    """What is spent from now on."""

    def __init__(self, stage: Stage) -> None:
        self._server: Callable[[], float] = stage.process.cpu_seconds
        self._before = _Usage(self._server(), time.process_time())

    def until_now(self) -> _Usage:
        return _Usage(self._server() - self._before.server, time.process_time() - self._before.load)


BENCHMARKS = [
    Benchmark(
        name(contestant, clients),
        partial(compete, contestant, clients),
        group=group(clients),
        row=contestant.name,
        large=clients == MANY_CLIENTS,
        once=contestant is DJANGO,  # for each message its layer looks at every client: it takes a minute
    )
    for clients in (CLIENTS, MANY_CLIENTS)
    for contestant in ALL
    if clients == CLIENTS or contestant.large
]
