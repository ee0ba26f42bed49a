"""What people see of their logins: the bodies of the answers."""

from collections.abc import Mapping
from uuid import UUID

from itcook import models
from itcook.events import Timestamp
from itcook.views import View


class LoginSession(View):
    """A login on one device; `current` if it is the one that asks. `last_seen_at` is right to the minute."""

    id: UUID
    user_agent: str
    address: str
    created_at: Timestamp
    last_seen_at: Timestamp
    expires_at: Timestamp
    current: bool

    @classmethod
    def of(cls, row: models.LoginSession, *, current: bool) -> "LoginSession":
        return cls(
            id=row.id,
            user_agent=row.user_agent,
            address=row.address,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            expires_at=row.expires_at,
            current=current,
        )


class AuditEntry(View):
    """That `actor_id` did something to `subject_id`: the operator if it is null. Names are of those who still
    have accounts.
    """

    id: UUID
    action: str
    actor_id: UUID | None
    actor_name: str | None
    subject_id: UUID | None
    subject_name: str | None
    details: str
    address: str
    created_at: Timestamp

    @classmethod
    def of(cls, row: models.AuditEntry, names: Mapping[UUID, str]) -> "AuditEntry":
        return cls(
            id=row.id,
            action=row.action,
            actor_id=row.actor_id,
            actor_name=names.get(row.actor_id) if row.actor_id else None,
            subject_id=row.subject_id,
            subject_name=names.get(row.subject_id) if row.subject_id else None,
            details=row.details,
            address=row.address,
            created_at=row.created_at,
        )
