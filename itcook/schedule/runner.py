"""The runner: wakes each job when it is its turn, on one node at a time."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from itcook.clock import Clock, utc_now
from itcook.errors import ProblemError
from itcook.schedule import lease

EVERY_SECONDS = 60.0
LEASE = timedelta(seconds=30)  # after this another node takes over from one that died

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Work that is due by the clock.

    `run(now)` does what is due at `now` and returns how much that was. It may be cancelled between two of
    its transactions, and may run again at once: what it did must no longer be due. `name` is at most 64
    characters, and the same on all nodes. It is run every `every_seconds`, and once at the start.
    """

    name: str
    run: Callable[[datetime], Awaitable[int]]
    every_seconds: float = EVERY_SECONDS


class Runner:
    """Runs jobs side by side: none waits for another."""

    def __init__(self, jobs: Iterable[Job], clock: Clock = utc_now, lasting: timedelta = LEASE) -> None:
        self._jobs = tuple(jobs)
        self._clock = clock
        self._lasting = lasting
        self._holder = secrets.token_hex(8)

    async def run(self) -> None:
        """Run every job again and again, until cancelled; a job that fails is tried at its next turn."""
        async with asyncio.TaskGroup() as tasks:
            for job in self._jobs:
                tasks.create_task(self._repeat(job))

    async def turn(self, job: Job) -> None:
        """Run `job` once, unless another node is at it."""
        acquiring = asyncio.create_task(lease.acquire(job.name, self._holder, self._lasting))
        try:
            if await asyncio.shield(acquiring):
                await self._run_held(job)
        finally:
            # Whoever is cancelled meanwhile gets the lease all the same, and must not keep it.
            await asyncio.wait({acquiring})
            await lease.release(job.name, self._holder)

    async def _repeat(self, job: Job) -> None:
        while True:
            try:
                await self.turn(job)
            except ProblemError as error:
                log.warning("job waits for the database", job=job.name, error=error.detail)
            except Exception:
                log.exception("job failed", job=job.name)
            await asyncio.sleep(job.every_seconds)

    async def _run_held(self, job: Job) -> None:
        """Run the job for as long as the lease is this node's; a job that lost it is cancelled."""
        working = asyncio.create_task(_work(job, self._clock()))
        holding = asyncio.create_task(self._hold(job))
        try:
            ended, _ = await asyncio.wait({working, holding}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _end(working, holding)
        for task in ended:
            task.result()

    async def _hold(self, job: Job) -> None:
        """Extend the lease until it is another's."""
        held = True
        while held:
            await asyncio.sleep(self._lasting.total_seconds() / 3)
            held = await self._extend(job)
        log.warning("another node took the job over", job=job.name)

    async def _extend(self, job: Job) -> bool:
        try:
            return await lease.acquire(job.name, self._holder, self._lasting)
        except ProblemError:
            return True  # the database cannot say, and lets nobody else have it either


async def _work(job: Job, now: datetime) -> None:
    done = await job.run(now)
    if done:
        log.info("job done", job=job.name, done=done)


async def _end(*tasks: asyncio.Task[None]) -> None:
    """Cancel what is not done, and wait until it is."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
