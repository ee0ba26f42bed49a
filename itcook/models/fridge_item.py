from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from itcook.identifiers import new_id
from itcook.models.kitchen import Kitchen
from itcook.models.user import User


class FridgeItem(Model):
    """Something to eat or drink in a kitchen. `expires_on` is the last good day."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    kitchen: fields.ForeignKeyRelation[Kitchen] = fields.ForeignKeyField(
        "models.Kitchen", related_name="items"
    )
    kitchen_id: UUID
    added_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="fridge_items", null=True, on_delete=fields.SET_NULL
    )
    added_by_id: UUID | None
    name = fields.CharField(max_length=120)
    brand = fields.CharField(max_length=80, null=True)
    quantity = fields.DecimalField(max_digits=12, decimal_places=3)
    unit = fields.CharField(max_length=16)
    category = fields.CharField(max_length=16)
    location = fields.CharField(max_length=16)  # fridge, freezer or pantry
    expires_on = fields.DateField(null=True)
    purchased_on = fields.DateField(null=True)
    notes = fields.TextField(null=True)
    search_text = fields.TextField(db_default="")  # name and brand without case: databases differ in it
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "fridge_items"
        indexes = (Index(fields=("kitchen_id", "id")), Index(fields=("kitchen_id", "expires_on")))


class ExpiryNotice(Model):
    """That the kitchen was told of an item's stage (soon, today, past) for one date of expiry: once."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    item: fields.ForeignKeyRelation[FridgeItem] = fields.ForeignKeyField(
        "models.FridgeItem", related_name="expiry_notices"
    )
    item_id: UUID
    stage = fields.CharField(max_length=8)
    expires_on = fields.DateField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "expiry_notices"
        unique_together = (("item", "stage", "expires_on"),)
