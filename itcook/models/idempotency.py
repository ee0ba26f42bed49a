from tortoise import fields
from tortoise.models import Model

from itcook.identifiers import new_id


class IdempotencyRecord(Model):
    """The answer to a request that carried an Idempotency-Key, committed with its effect."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    user_id = fields.UUIDField()
    key = fields.CharField(max_length=255)
    fingerprint = fields.CharField(max_length=64)  # SHA-256 of route and body, hexadecimal
    response = fields.TextField()  # the JSON body
    created_at = fields.DatetimeField(db_index=True)

    class Meta:
        table = "idempotency_records"
        unique_together = (("user_id", "key"),)
