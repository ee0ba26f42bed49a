from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from itcook.identifiers import new_id
from itcook.models.user import User


class Kitchen(Model):
    """A household: whoever is a member shares its fridge.

    `home_of` is set for the one kitchen that everyone has of their own. `scan_at` is the kitchen's next
    local morning, when its members are told what expires.
    """

    id = fields.UUIDField(primary_key=True, default=new_id)
    name = fields.CharField(max_length=80)
    time_zone = fields.CharField(max_length=64)  # IANA name
    expiring_days = fields.IntField(db_default=3)  # told of what expires within so many days
    home_of: fields.OneToOneNullableRelation[User] = fields.OneToOneField(
        "models.User", related_name="home_kitchen", null=True
    )
    home_of_id: UUID | None
    scan_at = fields.DatetimeField(db_index=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "kitchens"


class KitchenMember(Model):
    """One person in one kitchen. Every kitchen has exactly one owner."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    kitchen: fields.ForeignKeyRelation[Kitchen] = fields.ForeignKeyField(
        "models.Kitchen", related_name="members"
    )
    kitchen_id: UUID
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField("models.User", related_name="memberships")
    user_id: UUID
    role = fields.CharField(max_length=16)  # owner or member
    joined_at = fields.DatetimeField()

    class Meta:
        table = "kitchen_members"
        unique_together = (("kitchen", "user"),)
        indexes = (Index(fields=("user_id", "id")),)


class KitchenInvite(Model):
    """A code that lets people in, until it expires, is used up or revoked."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    kitchen: fields.ForeignKeyRelation[Kitchen] = fields.ForeignKeyField(
        "models.Kitchen", related_name="invites"
    )
    kitchen_id: UUID
    created_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="kitchen_invites"
    )
    created_by_id: UUID
    code = fields.CharField(max_length=32, unique=True)
    uses = fields.IntField(db_default=0)
    max_uses = fields.IntField()
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "kitchen_invites"
