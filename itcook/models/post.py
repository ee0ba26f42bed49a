from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from itcook.identifiers import new_id
from itcook.models.user import User


class Post(Model):
    """What a person shares. The counts are kept exact by the transactions that change them."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    author: fields.ForeignKeyRelation[User] = fields.ForeignKeyField("models.User", related_name="posts")
    author_id: UUID
    content = fields.TextField()
    post_type = fields.CharField(max_length=16)
    recipe_id = fields.UUIDField(null=True)
    goal_id = fields.UUIDField(null=True)
    media_urls: Any = fields.JSONField()  # list of str
    likes_count = fields.IntField(db_default=0)
    comments_count = fields.IntField(db_default=0)
    created_at = fields.DatetimeField(db_index=True)
    updated_at = fields.DatetimeField()

    class Meta:
        table = "posts"
        indexes = (Index(fields=("author_id", "id")),)
