"""The runner: every job again and again, on one node at a time, whatever fails."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest

from itcook import models
from itcook.errors import UnavailableError
from itcook.schedule import lease
from itcook.schedule.runner import Job, Runner
from tests.support.stream import NOON
from tests.support.waiting import PATIENCE_SECONDS, until

SHORT = timedelta(milliseconds=60)
LONG = timedelta(hours=1)


class Work:
    """A job's work, which the test holds up."""

    def __init__(self, *, held: bool = False) -> None:
        self.started: list[datetime] = []
        self.finished = 0
        self.cancelled = 0
        self.go_on = asyncio.Event()
        if not held:
            self.go_on.set()

    async def __call__(self, now: datetime) -> int:
        self.started.append(now)
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        self.finished += 1
        return 1


def job(run: Callable[[datetime], Awaitable[int]], name: str = "work", every_seconds: float = 0.001) -> Job:
    return Job(name, run, every_seconds)


def runner(*jobs: Job, lasting: timedelta = LONG) -> Runner:
    return Runner(jobs, lambda: NOON, lasting)


async def is_free() -> bool:
    """Whether another node could work at once."""
    free = await lease.acquire("work", "another", LONG)
    await lease.release("work", "another")
    return free


@asynccontextmanager
async def running(runner: Runner) -> AsyncIterator["asyncio.Task[None]"]:
    task = asyncio.create_task(runner.run())
    try:
        yield task
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_job_runs_again_and_again() -> None:
    """From the start, with the clock's time."""
    work = Work()
    async with running(runner(job(work))):
        await until(lambda: work.finished >= 3)
    assert set(work.started) == {NOON}


async def test_no_job_waits_for_another() -> None:
    """One that takes long holds up itself only."""
    slow, quick = Work(held=True), Work()
    async with running(runner(job(slow, "slow"), job(quick, "quick"))):
        await until(lambda: quick.finished >= 2)
        assert (len(slow.started), slow.finished) == (1, 0)


@pytest.mark.parametrize("error", [UnavailableError("locked"), RuntimeError("a defect")])
async def test_a_job_that_fails_is_tried_again(error: Exception) -> None:
    """Nor does it end the others."""
    failures, work, other = [error] * 2, Work(), Work()

    async def failing(now: datetime) -> int:
        if failures:
            raise failures.pop()
        return await work(now)

    async with running(runner(job(failing), job(other, "other"))):
        await until(lambda: work.finished >= 1 and other.finished >= 1)


async def test_of_two_nodes_one_works() -> None:
    """While one is at it the other finds the lease taken, and its turn is over."""
    work, second = Work(held=True), Work()
    async with running(runner(job(work))):
        await until(lambda: len(work.started) == 1)
        await runner().turn(job(second))
        assert second.started == []
        work.go_on.set()
        await until(lambda: work.finished >= 1)


async def test_after_its_turn_a_node_lets_go() -> None:
    """Another one need not wait for the lease to be over; also if the job failed."""
    await runner().turn(job(Work()))
    assert await is_free()

    async def failing(now: datetime) -> int:
        raise RuntimeError("a defect")

    with pytest.raises(RuntimeError, match="a defect"):
        await runner().turn(job(failing))
    assert await is_free()


async def test_a_job_that_takes_longer_than_the_lease_keeps_it() -> None:
    """It is extended for as long as the job runs."""
    work = Work(held=True)
    async with running(runner(job(work), lasting=SHORT)):
        await until(lambda: len(work.started) == 1)
        first = (await models.Lease.get(name="work")).until
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await models.Lease.get(name="work")).until <= first + SHORT:
                pass
        assert work.cancelled == 0
        assert not await lease.acquire("work", "another", SHORT)


async def test_who_lost_the_lease_stops() -> None:
    """The job is cancelled, and the successor's lease left alone."""
    work = Work(held=True)
    async with running(runner(job(work), lasting=SHORT)):
        await until(lambda: len(work.started) == 1)
        taken = models.Lease.filter(name="work")
        await taken.update(holder="another", until=NOON + timedelta(days=36500))
        await until(lambda: work.cancelled == 1)
    assert (await models.Lease.get(name="work")).holder == "another"


async def test_a_runner_that_is_cancelled_leaves_nothing_behind() -> None:
    """Its job ends first, and the lease is free for the next process."""
    work = Work(held=True)
    async with running(runner(job(work))):
        await until(lambda: len(work.started) == 1)
    assert (work.cancelled, work.finished) == (1, 0)
    assert await is_free()


async def test_who_is_cancelled_while_acquiring_leaves_nothing_behind() -> None:
    """At whatever moment the process is told to stop."""
    for moment in range(12):
        turn = asyncio.create_task(runner().turn(job(Work(held=True))))
        for _ in range(moment):
            await asyncio.sleep(0)
        turn.cancel()
        with pytest.raises(asyncio.CancelledError):
            await turn
        assert await is_free()
