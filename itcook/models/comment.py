from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from itcook.identifiers import new_id
from itcook.models.post import Post
from itcook.models.user import User


class Comment(Model):
    """An answer below a post."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    post: fields.ForeignKeyRelation[Post] = fields.ForeignKeyField("models.Post", related_name="comments")
    post_id: UUID
    author: fields.ForeignKeyRelation[User] = fields.ForeignKeyField("models.User", related_name="comments")
    author_id: UUID
    content = fields.TextField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "comments"
        indexes = (Index(fields=("post_id", "id")),)
