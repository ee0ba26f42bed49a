from tortoise import fields
from tortoise.models import Model

from itcook.identifiers import new_id
from itcook.models.post import Post
from itcook.models.user import User


class Like(Model):
    """One person likes one post, once."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    post: fields.ForeignKeyRelation[Post] = fields.ForeignKeyField("models.Post", related_name="likes")
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField("models.User", related_name="likes")
    created_at = fields.DatetimeField()

    class Meta:
        table = "likes"
        unique_together = (("post", "user"),)
