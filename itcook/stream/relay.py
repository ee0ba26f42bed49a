"""The relay: gives committed events their positions and hands them to the broker."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from itcook.errors import ProblemError
from itcook.stream.envelope import Envelope
from itcook.stream.table import StreamTable

BATCH = 500  # events a pass; bounds the transaction and what a burst puts into one flush
POLL_SECONDS = 1.0  # behind the nudges: finds what another node, or a process that died, committed
RETRY_SECONDS = 0.5  # between attempts while the database cannot serve

log = structlog.get_logger(__name__)


class Relay:
    """Moves events from the outbox into the stream, and gives them to `publish`, the broker's."""

    def __init__(self, table: StreamTable, publish: Callable[[Sequence[Envelope]], Awaitable[None]]) -> None:
        self._table = table
        self._publish = publish
        self._nudged = asyncio.Event()

    def nudge(self) -> None:
        """Something was committed: do not wait for the next poll."""
        self._nudged.set()

    async def run(self) -> None:
        """Relay until cancelled. No failure ends it: a stream that falls silent is the worst of all."""
        while True:
            try:
                await self.relay()
            except ProblemError as error:
                log.warning("relay waits for the database", error=error.detail)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            except Exception:
                log.exception("relay failed and tries again")
                await asyncio.sleep(RETRY_SECONDS)
                continue
            await self._wait()

    async def relay(self) -> int:
        """Relay everything committed so far; how many events that were."""
        total = 0
        self._nudged.clear()
        while batch := await self._table.stamp(BATCH):
            await self._publish(batch)
            total += len(batch)
            if len(batch) < BATCH:
                break  # that was all; whoever committed since has nudged, and another node polls
        return total

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._nudged.wait()
        except TimeoutError:
            return
