"""The audit: finds in the database what a signal should have told, and did not."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

import structlog

from itcook.auth import sessions
from itcook.clock import Clock
from itcook.models import KitchenMember
from itcook.stream import channels, ends
from itcook.stream.registry import Registry
from itcook.stream.session import Session
from itcook.stream.subscriptions import Subscriptions

EVERY_SECONDS = 15.0  # how long a lost signal may go unnoticed; 10,000 connections are 40 queries in it
BATCH = 500  # connections a query

log = structlog.get_logger(__name__)


class Audit:
    """Ends the connections whose login no longer lives, and puts right which kitchens are read.

    Signals come at most once, and what another program does to the database has none.
    """

    def __init__(self, registry: Registry, subscriptions: Subscriptions, clock: Clock) -> None:
        self._registry = registry
        self._subscriptions = subscriptions
        self._clock = clock
        self._time = asyncio.get_running_loop().time
        self._doubted: list[Session] = []
        self._doubt = asyncio.Event()

    def doubt(self, session: Session) -> None:
        """Look at this session at once: it may have been let in too late."""
        self._doubted.append(session)
        self._doubt.set()

    async def run(self) -> None:
        """Check whom there is doubt about at once, and everyone now and then, until cancelled."""
        due = self._time() + EVERY_SECONDS
        while True:
            try:
                async with asyncio.timeout_at(due):
                    await self._doubt.wait()
                    checked = self._take_doubted()
            except TimeoutError:
                due = self._time() + EVERY_SECONDS
                checked = list(self._registry)
            try:
                await self.check(checked)
            except Exception as error:
                log.warning("cannot compare connections with the database yet", error=str(error))

    async def check(self, checked: Sequence[Session]) -> None:
        """Compare these sessions with the database, as it is now."""
        for start in range(0, len(checked), BATCH):
            batch = [session for session in checked[start : start + BATCH] if session.ended is None]
            await self._check_logins(batch)
            await self._check_kitchens(batch)

    def _take_doubted(self) -> list[Session]:
        self._doubt.clear()
        taken, self._doubted = self._doubted, []
        return taken

    async def _check_logins(self, batch: Sequence[Session]) -> None:
        asked = {session.principal.session_id for session in batch}
        dead = asked - await sessions.living(asked, self._clock()) if asked else set()
        for session in batch:
            if session.principal.session_id in dead:
                session.end(ends.REVOKED)

    async def _check_kitchens(self, batch: Sequence[Session]) -> None:
        believed = {
            session: session.reading.kitchens for session in batch if session.reading.follows_kitchens
        }
        asked_at = {session: session.reading.memberships_changed for session in believed}
        true = await _kitchens_of({session.principal.user_id for session in believed})
        for session, channels_read in believed.items():
            # Whoever heard of a change meanwhile knows better than the answer.
            if session.ended is None and session.reading.memberships_changed == asked_at[session]:
                self._subscriptions.correct(session, channels_read, true[session.principal.user_id])


async def _kitchens_of(user_ids: set[UUID]) -> defaultdict[UUID, set[str]]:
    """The channels of each person's kitchens."""
    found: defaultdict[UUID, set[str]] = defaultdict(set)
    if user_ids:
        # No models: there may be ten thousand of them, and they cost more than the query.
        rows = await KitchenMember.filter(user_id__in=user_ids).values_list("user_id", "kitchen_id")
        for user_id, kitchen_id in rows:
            found[user_id].add(channels.kitchen(kitchen_id))
    return found
