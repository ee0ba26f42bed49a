from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Principal:
    """The person a request or connection acts for, and until when."""

    user_id: UUID
    session_id: UUID
    name: str
    role: str
    expires_at: datetime

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"
