"""Housekeeping: removes what nobody will ask for again, a little at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from itcook import idempotency
from itcook.auth import sessions, tickets
from itcook.clock import Clock
from itcook.kitchens import invites
from itcook.notifications import inbox, system
from itcook.stream.table import StreamTable

EVERY_SECONDS = 60.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tidied:
    """What became of one task: how much it removed, or the `error` that stopped it."""

    what: str
    removed: int = 0
    error: str | None = None


class Housekeeping:
    """Runs until cancelled; a task that fails is tried again at the next round. Of events, those of the last
    `hours` are kept, `entries` at most.
    """

    def __init__(self, hours: float, entries: int, table: StreamTable, clock: Clock) -> None:
        self._hours = hours
        self._entries = entries
        self._table = table
        self._clock = clock

    async def run(self) -> None:
        """Tidy up now and then every minute."""
        while True:
            await self.tidy(self._clock())
            await asyncio.sleep(EVERY_SECONDS)

    async def tidy(self, now: datetime) -> list[Tidied]:
        """Remove what has outlived its use at `now`."""
        return [
            await _try("stream history", self._prune_history, now),
            await _try("idempotency keys", idempotency.prune, now),
            await _try("login sessions", sessions.prune, now),
            await _try("tickets", tickets.prune, now),
            await _try("inbox items", inbox.prune, now),
            await _try("system notifications", system.prune, now),
            await _try("kitchen invites", invites.prune, now),
        ]

    async def _prune_history(self, now: datetime) -> int:
        return await self._table.prune(now, hours=self._hours, entries=self._entries)


async def _try(what: str, prune: Callable[[datetime], Awaitable[int]], now: datetime) -> Tidied:
    try:
        removed = await prune(now)
    except Exception as error:
        log.warning("could not tidy up", what=what, error=str(error))
        return Tidied(what, error=str(error))
    if removed:
        log.info("tidied up", what=what, removed=removed)
    return Tidied(what, removed)
