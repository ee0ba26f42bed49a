"""What clients see of the fridge: the bodies of the answers."""

from collections.abc import Sequence
from datetime import date
from typing import Generic, TypeVar
from uuid import UUID

from itcook import models
from itcook.events import Timestamp
from itcook.fridge.fields import Category, Location, Unit
from itcook.fridge.stages import days_left
from itcook.views import View


class Item(View):
    """Something to eat or drink. `expires_on` is its last good day, in the kitchen's time zone."""

    id: UUID
    kitchen_id: UUID
    name: str
    brand: str | None
    quantity: float
    unit: Unit
    category: Category
    location: Location
    expires_on: date | None
    purchased_on: date | None
    notes: str | None
    added_by_id: UUID | None
    created_at: Timestamp
    updated_at: Timestamp

    @classmethod
    def of(cls, row: models.FridgeItem) -> "Item":
        return cls.model_validate(_shown(row))


class ExpiringItem(Item):
    """An item with its days left: 0 on the last good day, negative after it."""

    days_left: int

    @classmethod
    def counted(cls, row: models.FridgeItem, today: date) -> "ExpiringItem":
        """From an item with a date, on the day that `today` is in its kitchen."""
        assert row.expires_on is not None, "what has no date does not expire"
        return cls.model_validate(_shown(row) | {"days_left": days_left(row.expires_on, today)})


Shown = TypeVar("Shown", bound=Item)


class ItemPage(View, Generic[Shown]):
    """One page of items. `next_before` asks for the next one; null on the last.

    It is opaque, and holds for the order it was given in only.
    """

    data: list[Shown]
    has_more: bool
    next_before: str | None

    @classmethod
    def of(cls, items: Sequence[Shown], next_before: str | None) -> "ItemPage[Shown]":
        return cls(data=list(items), has_more=next_before is not None, next_before=next_before)


class Taken(View):
    """What is left of an item in `quantity`; `removed` if that is nothing, and the item is gone."""

    id: UUID
    quantity: float
    unit: Unit
    removed: bool


class CategoryCount(View):
    """How many items there are of a category."""

    category: Category
    items_count: int


class Categories(View):
    """Every category, also those without items."""

    data: list[CategoryCount]


def _shown(row: models.FridgeItem) -> dict[str, object]:
    names = Item.model_fields
    return {name: getattr(row, name) for name in names}
