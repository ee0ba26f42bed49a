"""What counting for metrics costs the fan-out: two servers, one of which does not count, take turns.

Turns are short and alternate, so that whatever else the machine does meets both, and the medians of their
turns are compared: a turn that was disturbed counts as one of many.
"""

from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks.crowd import Crowd, crowd
from benchmarks.figures import CLIENTS, Benchmark, Figure
from benchmarks.people import people
from benchmarks.server import ADDED_TO, Server, serving

NAME = f"Counting for metrics, {CLIENTS:,} clients"
COST = "CPU on top of the fan-out's"
UNCOUNTED = (*ADDED_TO, "--uncounted")
QUIET = {"ITCOOK_HEARTBEAT_SECONDS": "60", "ITCOOK_TIMEOUT_SECONDS": "300"}  # heartbeats are no part of it
PAIRS = 100
EVENTS = 5  # of a turn, one after another
FIRST = 20  # events that warm a server up


class _Side:
    """One of the servers, and its clients."""

    def __init__(self, server: Server, clients: Crowd) -> None:
        self.server = server
        self.clients = clients

    async def turn(self, events: int = EVENTS) -> float:
        """Microseconds of CPU per delivery, of so many events."""
        cpu = self.server.cpu_seconds()
        for _ in range(events):
            target = self.clients.events.count + CLIENTS
            self.server.publish(1)
            await self.clients.events.reach(target)
        return (self.server.cpu_seconds() - cpu) / (events * CLIENTS) * 1e6


async def _compare(directory: Path) -> list[Figure]:
    everybody = await people()
    with ExitStack() as stack:
        sides = []
        for name, command in (("counted", ADDED_TO), ("uncounted", UNCOUNTED)):
            place = directory / name
            place.mkdir()
            server = stack.enter_context(serving(place, everybody, command, QUIET))
            clients = stack.enter_context(crowd(server.port))
            await clients.join(server.openings("ws", CLIENTS))
            sides.append(_Side(server, clients))
        for side in sides:
            await side.turn(FIRST)
        pairs = [await _pair(*sides, swapped=bool(number % 2)) for number in range(PAIRS)]
    counted, uncounted = (median(side) for side in zip(*pairs, strict=True))
    return [
        Figure("CPU per delivery, counted", counted, "µs"),
        Figure("CPU per delivery, not counted", uncounted, "µs"),
        Figure(COST, (counted / uncounted - 1) * 100, "%"),
    ]


async def _pair(counted: _Side, uncounted: _Side, *, swapped: bool) -> tuple[float, float]:
    """A turn of each; every second time in the other order."""
    if swapped:
        later = await uncounted.turn()
        return await counted.turn(), later
    return await counted.turn(), await uncounted.turn()


BENCHMARKS = [Benchmark(NAME, _compare)]
