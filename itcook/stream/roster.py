"""The roster: the open connections, for administrators."""

import heapq
from collections.abc import Iterable
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from itcook.events import Timestamp
from itcook.stream.session import Session, TransportName


class OpenConnection(BaseModel):
    """One connection. `channels` is how many are read, `address` the client's.

    `heard_seconds_ago` is null over SSE, where a client says nothing.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    user_id: UUID
    user_name: str
    transport: TransportName
    address: str
    since: Timestamp
    channels: int
    unsent_bytes: int
    heard_seconds_ago: float | None


class Roster(BaseModel):
    """One page of connections, in descending order of ids. `next_before` asks for the next one; null on the
    last.
    """

    model_config = ConfigDict(frozen=True)

    data: list[OpenConnection]
    has_more: bool
    next_before: str | None


def roster(sessions: Iterable[Session], limit: int, before: str | None, now: float) -> Roster:
    """The page of `limit` connections whose ids come before `before`. `now` is of the loop's clock."""
    behind = (session for session in sessions if before is None or session.id < before)
    found = heapq.nlargest(limit + 1, behind, key=lambda session: session.id)
    shown = found[:limit]
    has_more = len(found) > limit
    return Roster(
        data=[_row(session, now) for session in shown],
        has_more=has_more,
        next_before=shown[-1].id if has_more else None,
    )


def _row(session: Session, now: float) -> OpenConnection:
    heard_at = session.heard_at
    return OpenConnection(
        id=session.id,
        user_id=session.principal.user_id,
        user_name=session.principal.name,
        transport=session.transport,
        address=session.address,
        since=session.since,
        channels=len(session.reading.channels),
        unsent_bytes=session.sink.unsent,
        heard_seconds_ago=None if heard_at is None else round(max(0.0, now - heard_at), 3),
    )
