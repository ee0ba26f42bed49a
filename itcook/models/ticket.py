from tortoise import fields
from tortoise.models import Model

from itcook.models.login_session import LoginSession


class Ticket(Model):
    """A ticket nobody has used yet. Using it removes it."""

    ticket_hash = fields.CharField(max_length=64, primary_key=True)  # SHA-256, hexadecimal
    session: fields.ForeignKeyRelation[LoginSession] = fields.ForeignKeyField(
        "models.LoginSession", related_name="tickets", db_index=True
    )
    expires_at = fields.DatetimeField(db_index=True)
    credential_expires_at = fields.DatetimeField()  # of what it was bought with; so ends its connection

    class Meta:
        table = "tickets"
