"""What people see of their logins: the bodies of the answers."""

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
