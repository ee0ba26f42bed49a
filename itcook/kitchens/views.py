"""What clients see of kitchens: the bodies of the answers."""

from uuid import UUID

from itcook import models
from itcook.events import Timestamp
from itcook.kitchens.fields import Role
from itcook.views import Person, View


class Kitchen(View):
    """A kitchen, for one member: `role` is that member's, and `is_home` if it is their own home."""

    id: UUID
    name: str
    time_zone: str
    expiring_days: int
    is_home: bool
    role: Role
    members_count: int
    created_at: Timestamp

    @classmethod
    def of(cls, membership: models.KitchenMember, *, members_count: int) -> "Kitchen":
        """From a membership that was read with its kitchen."""
        row = membership.kitchen
        return cls(
            id=row.id,
            name=row.name,
            time_zone=row.time_zone,
            expiring_days=row.expiring_days,
            is_home=row.home_of_id == membership.user_id,
            role=Role(membership.role),
            members_count=members_count,
            created_at=row.created_at,
        )


class Member(View):
    """Someone in a kitchen; `id` is the person's."""

    id: UUID
    name: str
    role: Role
    joined_at: Timestamp

    @classmethod
    def of(cls, membership: models.KitchenMember) -> "Member":
        """From a membership that was read with its user."""
        return cls(
            id=membership.user_id,
            name=membership.user.name,
            role=Role(membership.role),
            joined_at=membership.joined_at,
        )


class Invite(View):
    """A code that lets people in until `expires_at`, and at most `max_uses` of them."""

    id: UUID
    kitchen_id: UUID
    code: str
    uses: int
    max_uses: int
    created_by: Person
    created_at: Timestamp
    expires_at: Timestamp

    @classmethod
    def of(cls, row: models.KitchenInvite, created_by: Person) -> "Invite":
        return cls(
            id=row.id,
            kitchen_id=row.kitchen_id,
            code=row.code,
            uses=row.uses,
            max_uses=row.max_uses,
            created_by=created_by,
            created_at=row.created_at,
            expires_at=row.expires_at,
        )
