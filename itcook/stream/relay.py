"""The relay: gives committed events their positions and hands them to the broker."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic, time_ns

import structlog

from itcook.errors import ProblemError
from itcook.stream import traces
from itcook.stream.envelope import Envelope
from itcook.stream.table import StreamTable
from itcook.tracing import tracer

BATCH = 500  # events a pass; bounds the transaction and what a burst puts into one flush
POLL_SECONDS = 1.0  # behind the nudges: finds what another node, or a process that died, committed
RETRY_SECONDS = 0.5  # between attempts while the database cannot serve

log = structlog.get_logger(__name__)


class Relay:
    """Moves events from the outbox into the stream, and gives them to `publish`, the broker's.

    `relayed` counts events, `failures` attempts; both since the start.
    """

    def __init__(
        self,
        table: StreamTable,
        publish: Callable[[Sequence[Envelope]], Awaitable[None]],
        time: Callable[[], float] = monotonic,
    ) -> None:
        self.relayed = 0
        self.failures = 0
        self._table = table
        self._publish = publish
        self._time = time
        self._nudged = asyncio.Event()
        self._waiting_since: float | None = None  # the oldest of what was committed here and is not relayed

    @property
    def lag(self) -> float:
        """For how long something committed on this node has waited for its position, in seconds."""
        return 0.0 if self._waiting_since is None else self._time() - self._waiting_since

    def nudge(self) -> None:
        """Something was committed: do not wait for the next poll."""
        if self._waiting_since is None:
            self._waiting_since = self._time()
        self._nudged.set()

    async def run(self) -> None:
        """Relay until cancelled. No failure ends it: a stream that falls silent is the worst of all."""
        while True:
            try:
                await self.relay()
            except ProblemError as error:
                log.warning("relay waits for the database", error=error.detail)
                await self._fail()
            except Exception:
                log.exception("relay failed and tries again")
                await self._fail()
            else:
                await self._wait()

    async def relay(self) -> int:
        """Relay everything committed so far; how many events that were."""
        total, began_at = 0, self._time()
        self._nudged.clear()
        while count := await self._relay_batch():
            total += count
            self.relayed += count
            if count < BATCH:
                break  # that was all; whoever committed since has nudged, and another node polls
        self._waiting_since = began_at if self._nudged.is_set() else None
        return total

    async def _relay_batch(self) -> int:
        """Relay some; how many events that were."""
        began_at = time_ns()
        if batch := await self._table.stamp(BATCH):
            stamped_at = time_ns()
            await self._publish(batch)
            if tracer() is not None:
                traces.relayed(batch, began_at, stamped_at)
        return len(batch)

    async def _fail(self) -> None:
        self.failures += 1
        await asyncio.sleep(RETRY_SECONDS)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._nudged.wait()
        except TimeoutError:
            return
