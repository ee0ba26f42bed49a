"""When each login was last used, to the minute, without a write for each request."""

import asyncio
from collections.abc import Callable, Iterable
from uuid import UUID

import structlog

from itcook.database import Transaction, transactional
from itcook.models import LoginSession

EVERY_SECONDS = 60.0
BATCH = 500  # logins a statement; SQLite takes 32,766 parameters, and one transaction should be short

log = structlog.get_logger(__name__)


class LastSeen:
    """Collects the logins that were used and writes them all at once, every minute and at the end.

    `connected` gives the logins whose connections are open: those are in use although they ask for nothing.
    """

    def __init__(self, connected: Callable[[], Iterable[UUID]]) -> None:
        self._connected = connected
        self._used: set[UUID] = set()

    def note(self, session_id: UUID) -> None:
        """This login is being used."""
        self._used.add(session_id)

    async def run(self) -> None:
        """Write every minute until cancelled, and then what is left."""
        try:
            while True:
                await asyncio.sleep(EVERY_SECONDS)
                await self._try_to_write()
        finally:
            await self._try_to_write()

    async def write(self) -> None:
        """Write what was collected."""
        used, self._used = [*self._used.union(self._connected())], set()
        for start in range(0, len(used), BATCH):
            await _seen(used[start : start + BATCH])

    async def _try_to_write(self) -> None:
        try:
            await self.write()
        except Exception as error:
            log.warning("could not note who was here", error=str(error))


@transactional
async def _seen(transaction: Transaction, session_ids: list[UUID]) -> None:
    # Never backwards: another node may have seen the same login later.
    seen = LoginSession.filter(id__in=session_ids, last_seen_at__lt=transaction.now)
    await seen.using_db(transaction.connection).update(last_seen_at=transaction.now)
