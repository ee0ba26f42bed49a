"""The worker: makes the recipes that were asked for."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import structlog

from itcook.errors import ProblemError
from itcook.recipes import queue, requests
from itcook.recipes.provider import CannotMakeError, Draft, NotNowError, Provider, Wish
from itcook.recipes.queue import Claim

CONCURRENCY = 2  # recipes at once in one process: a language model is paid, and slower the more it is asked
LEASE = timedelta(seconds=10)  # after this another worker takes over from one that died
POLL_SECONDS = 5.0  # behind the nudges: finds what another process left behind
MAKE_SECONDS = 660.0  # for one recipe; longer than a language model's own bounds together
PAUSE = timedelta(seconds=5)  # before an attempt after one that went wrong; doubled for the next
MAX_PAUSE = timedelta(minutes=15)  # however long the provider asks for: someone waits
RETRY_SECONDS = 1.0  # while the database cannot serve

log = structlog.get_logger(__name__)


class Worker:
    """Runs until cancelled; what it was making then is left to the next one."""

    def __init__(
        self,
        provider: Provider,
        *,
        lease: timedelta = LEASE,
        poll_seconds: float = POLL_SECONDS,
        make_seconds: float = MAKE_SECONDS,
        pause: timedelta = PAUSE,
    ) -> None:
        self._provider = provider
        self._lease = lease
        self._poll_seconds = poll_seconds
        self._make_seconds = make_seconds
        self._pause = pause
        # One for each, so that nobody clears a nudge that another has not seen.
        self._nudges = [asyncio.Event() for _ in range(CONCURRENCY)]
        self._making: dict[UUID, asyncio.Task[Draft]] = {}

    async def run(self) -> None:
        """Make recipes, `CONCURRENCY` at once. No failure ends it."""
        stop_listening = requests.on_asked(self._nudge), requests.on_cancelled(self._stop)
        try:
            async with asyncio.TaskGroup() as tasks:
                for nudged in self._nudges:
                    tasks.create_task(self._work(nudged))
        finally:
            for stop in stop_listening:
                stop()

    def _nudge(self) -> None:
        for nudged in self._nudges:
            nudged.set()

    async def _work(self, nudged: asyncio.Event) -> None:
        while True:
            try:
                await self._turn(nudged)
            except ProblemError as error:
                log.warning("recipe worker waits for the database", error=error.detail)
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:
                log.exception("recipe worker failed and tries again")
                await asyncio.sleep(RETRY_SECONDS)

    async def _turn(self, nudged: asyncio.Event) -> None:
        nudged.clear()
        claimed = await queue.claim(self._lease)
        if claimed is not None:
            await self._serve(claimed)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(self._poll_seconds):
                await nudged.wait()

    async def _serve(self, claimed: Claim) -> None:
        making = asyncio.create_task(self._make(claimed))
        holding = asyncio.create_task(self._hold(claimed))
        self._making[claimed.request_id] = making
        try:
            await asyncio.wait({making, holding}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await _end(making, holding)
            await queue.give_back(claimed)
            raise
        finally:
            del self._making[claimed.request_id]
        await _end(making, holding)
        await self._settle(claimed, making)

    async def _make(self, claimed: Claim) -> Draft:
        async with asyncio.timeout(self._make_seconds):
            return await self._provider.make(Wish.model_validate(claimed.wish))

    async def _hold(self, claimed: Claim) -> None:
        """Extend the lease until the request is no longer the claim's: cancelled, or taken over."""
        while await self._extend(claimed):  # noqa: ASYNC110 # another process tells nobody here
            await asyncio.sleep(self._lease.total_seconds() / 3)

    async def _extend(self, claimed: Claim) -> bool:
        try:
            return await queue.extend(claimed, self._lease)
        except ProblemError:
            return True  # the database cannot say; if another worker takes over, the next answer will

    def _stop(self, request_id: UUID) -> None:
        if making := self._making.get(request_id):
            making.cancel()

    async def _settle(self, claimed: Claim, making: asyncio.Task[Draft]) -> None:
        if making.cancelled():
            return
        error = making.exception()
        if error is None:
            await queue.finish(claimed, making.result(), self._provider.name)
        elif isinstance(error, CannotMakeError):
            await queue.fail(claimed, error.reason)
        else:
            # Not its text, which may hold what people wrote.
            log.warning("recipe not made", request=str(claimed.request_id), error=type(error).__name__)
            await queue.put_off(claimed, self._pause_after(error, claimed.attempt))

    def _pause_after(self, error: BaseException, attempt: int) -> timedelta:
        own = self._pause * int(2 ** (attempt - 1))
        asked = error.pause if isinstance(error, NotNowError) else timedelta()
        return min(max(own, asked), MAX_PAUSE)


async def _end(*tasks: "asyncio.Task[Draft] | asyncio.Task[None]") -> None:
    """Cancel what is not done, and wait until it is."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
