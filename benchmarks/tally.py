"""Counting to a target, and when it was reached."""

import asyncio
from time import perf_counter

PATIENCE = 120.0  # seconds for anything that is waited for; only a defect takes so long


class Tally:
    """A count that someone may wait for. One waits at a time."""

    def __init__(self) -> None:
        self.count = 0
        self._target = 0
        self._reached: asyncio.Future[float] | None = None

    def add(self, count: int) -> None:
        self.count += count
        if self._reached is not None and not self._reached.done() and self.count >= self._target:
            self._reached.set_result(perf_counter())

    def fail(self, error: Exception) -> None:
        """Whatever is waited for will not come."""
        if self._reached is not None and not self._reached.done():
            self._reached.set_exception(error)

    async def reach(self, target: int) -> float:
        """When the count came to `target`, by `perf_counter`; now, if it was there before."""
        if self.count >= target:
            return perf_counter()
        self._target = target
        self._reached = asyncio.get_running_loop().create_future()
        async with asyncio.timeout(PATIENCE):
            return await self._reached


class Arrivals:
    """When each event had come to all of `clients`, which all have had `before` events until now.

    `complete` has the moments, by `perf_counter`, in the order of the events.
    """

    def __init__(self, clients: int, before: int) -> None:
        self.complete: list[float] = []
        self._clients = clients
        self._before = before
        self._counts: list[int] = []

    def add(self, first: int, count: int) -> None:
        """A client that had had `first` events got `count` more."""
        start = first - self._before
        while len(self._counts) < start + count:
            self._counts.append(0)
        for number in range(start, start + count):
            self._counts[number] += 1
            if self._counts[number] == self._clients:
                self.complete.append(perf_counter())
