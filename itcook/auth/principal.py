from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Principal:
    """The person a request or connection acts for, and until when.

    `asked_at` is when the check of the credential began, in seconds of the loop's clock: what was revoked
    later, the check may not know. `address` is where the request came from, as far as that is known.
    """

    user_id: UUID
    session_id: UUID
    name: str
    role: str
    expires_at: datetime
    asked_at: float = field(default=0.0, compare=False, repr=False)
    address: str = field(default="", compare=False, repr=False)

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"
