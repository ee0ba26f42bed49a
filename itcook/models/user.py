from tortoise import fields
from tortoise.models import Model

from itcook.identifiers import new_id


class User(Model):
    """A person with an account."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    email = fields.CharField(max_length=254, unique=True)  # lower case; 254 by RFC 5321
    password_hash = fields.CharField(max_length=255)  # argon2id, PHC string format
    first_name = fields.CharField(max_length=80)
    last_name = fields.CharField(max_length=80)
    role = fields.CharField(max_length=16, db_default="user")  # user or admin
    time_zone = fields.CharField(max_length=64, db_default="UTC")  # IANA name
    language = fields.CharField(max_length=35, db_default="en")  # BCP 47 tag
    created_at = fields.DatetimeField()
    disabled_at = fields.DatetimeField(null=True)

    class Meta:
        table = "users"

    @property
    def name(self) -> str:
        """As events show it."""
        return f"{self.first_name} {self.last_name}"
