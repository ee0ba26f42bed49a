from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from itcook.identifiers import new_id


class AuditEntry(Model):
    """What an administrator did, or a person to their own account. Entries are added, and never changed.

    There are no foreign keys: an entry outlives whom it names. Without `actor_id` it was the operator, on the
    command line.
    """

    id = fields.UUIDField(primary_key=True, default=new_id)
    action = fields.CharField(max_length=32)
    actor_id = fields.UUIDField(null=True)
    subject_id = fields.UUIDField(null=True)  # whom or what it was done to
    details = fields.CharField(max_length=200, db_default="")
    address = fields.CharField(max_length=45, db_default="")  # that it was asked from
    created_at = fields.DatetimeField()

    class Meta:
        table = "audit_entries"
        indexes = (Index(fields=("actor_id", "id")), Index(fields=("subject_id", "id")))
