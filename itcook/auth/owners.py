"""Whose a login session is, while it lives: what every request and every handshake asks."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from itcook.clock import utc_now
from itcook.database import Lookup, as_uuid, rows_among

_QUERY = """
    SELECT login_sessions.id, user_id, first_name, last_name, role
    FROM login_sessions JOIN users ON users.id = user_id
    WHERE login_sessions.id {among} AND revoked_at IS NULL AND expires_at > {0} AND disabled_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Owner:
    """The person of a login session that lives."""

    user_id: UUID
    name: str
    role: str


async def _owners(session_ids: Collection[UUID]) -> dict[UUID, Owner]:
    rows = await rows_among(_QUERY, session_ids, utc_now())
    return {
        as_uuid(row["id"]): Owner(
            user_id=as_uuid(row["user_id"]),
            name=f"{row['first_name']} {row['last_name']}",
            role=row["role"],
        )
        for row in rows
    }


find_owner = Lookup(_owners)  # by the session's id; None if there is none, or it has ended
