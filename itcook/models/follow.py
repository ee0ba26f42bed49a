from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from itcook.identifiers import new_id
from itcook.models.user import User


class Follow(Model):
    """`follower` wants to read what `followed` shares."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    follower: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="following"
    )
    followed: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="followers"
    )
    created_at = fields.DatetimeField()

    class Meta:
        table = "follows"
        unique_together = (("follower", "followed"),)
        indexes = (Index(fields=("followed_id", "id")),)
