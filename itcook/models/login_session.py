from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from itcook.identifiers import new_id
from itcook.models.user import User


class LoginSession(Model):
    """One login on one device, from the password to the logout. Access tokens name it as `sid`.

    It is continued by refresh tokens, or by the one cookie whose hash it has.
    """

    id = fields.UUIDField(primary_key=True, default=new_id)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="login_sessions"
    )
    user_id: UUID
    user_agent = fields.CharField(max_length=200, db_default="")
    address = fields.CharField(max_length=45, db_default="")  # the longest IPv6 form
    created_at = fields.DatetimeField()
    last_seen_at = fields.DatetimeField()
    expires_at = fields.DatetimeField(db_index=True)
    revoked_at = fields.DatetimeField(null=True)
    cookie_hash = fields.CharField(max_length=64, null=True, unique=True)  # of those that live in a cookie

    class Meta:
        table = "login_sessions"
        indexes = (Index(fields=("user_id", "id")),)


class RefreshToken(Model):
    """Every refresh token a session ever had: one that comes back after its use betrays a theft."""

    token_hash = fields.CharField(max_length=64, primary_key=True)  # SHA-256, hexadecimal
    session: fields.ForeignKeyRelation[LoginSession] = fields.ForeignKeyField(
        "models.LoginSession", related_name="refresh_tokens"
    )
    created_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "refresh_tokens"
        indexes = (Index(fields=("session_id",)),)
