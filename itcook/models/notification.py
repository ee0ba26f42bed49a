from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from itcook.identifiers import new_id
from itcook.models.user import User


class InboxItem(Model):
    """A durable event that was addressed to one person, or to everyone, kept to be read.

    Without `user` it is everyone's: one row, however many people there are. What each of them did with
    it is an `InboxMark`, and `read_at` stays null.
    """

    id = fields.UUIDField(primary_key=True, default=new_id)
    user: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="inbox", null=True
    )
    user_id: UUID | None
    type = fields.CharField(max_length=32)
    body = fields.TextField()  # the event's JSON without its opening brace and without `id`
    created_at = fields.DatetimeField(db_index=True)
    read_at = fields.DatetimeField(null=True)

    class Meta:
        table = "inbox_items"
        indexes = (Index(fields=("user_id", "id")), Index(fields=("user_id", "read_at")))


class InboxMark(Model):
    """One person has read an item that is for everyone, or removed it for themselves."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    item: fields.ForeignKeyRelation[InboxItem] = fields.ForeignKeyField(
        "models.InboxItem", related_name="marks"
    )
    item_id: UUID
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField("models.User", related_name="inbox_marks")
    user_id: UUID
    read_at = fields.DatetimeField()
    removed = fields.BooleanField()

    class Meta:
        table = "inbox_marks"
        unique_together = (("user", "item"),)


class Mute(Model):
    """A type of event that a person does not want addressed to them."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField("models.User", related_name="mutes")
    user_id: UUID
    type = fields.CharField(max_length=32)

    class Meta:
        table = "mutes"
        unique_together = (("user", "type"),)


class ScheduledNotification(Model):
    """A SystemNotification that an administrator sends, now or at a time, to all if nobody is named."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    created_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="scheduled_notifications"
    )
    created_by_id: UUID
    recipient_id = fields.UUIDField(null=True)
    title = fields.CharField(max_length=120)
    message = fields.TextField()
    level = fields.CharField(max_length=8)
    send_at = fields.DatetimeField(db_index=True)
    sent_at = fields.DatetimeField(null=True)
    cancelled_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "scheduled_notifications"
