"""The orders of a list of items, each with keyset pages.

A page ends with a mark: the last item's place in the order, not the item itself, which may have been eaten
by the time the next page is asked for. Unlike with an offset, no item that stays is shown twice or skipped.
"""

import base64
import json
from abc import ABC, abstractmethod
from datetime import date
from enum import StrEnum
from uuid import UUID

from tortoise.expressions import Case, Q, When
from tortoise.functions import Lower
from tortoise.queryset import QuerySet

from itcook import strict_json
from itcook.errors import FieldError, ValidationError
from itcook.models import FridgeItem

MAX_MARK_LENGTH = 2000  # characters; the longest name in base64 fits

Items = QuerySet[FridgeItem]


class OrderName(StrEnum):
    """How clients ask for an order."""

    NEWEST_FIRST = "-created_at"
    SOONEST_TO_EXPIRE = "expires_on"
    BY_NAME = "name"


class Order(ABC):
    """One way to sort items."""

    name: OrderName

    @abstractmethod
    def arrange(self, items: Items) -> Items:
        """The items in this order; equals in the order of their ids, so that every place is one's own."""

    @abstractmethod
    def place(self, row: FridgeItem) -> str | None:
        """What of an arranged row decides its place, besides its id."""

    @abstractmethod
    def after(self, place: str | None, item_id: UUID) -> Q:
        """What comes after that place. Raises `ValueError` if it is none of this order."""

    async def read(self, items: Items, limit: int, mark: str | None) -> tuple[list[FridgeItem], str | None]:
        """The first `limit` items after `mark`, and the mark that leads on, None at the end.

        Raises `ValidationError` for a mark that this order did not give.
        """
        items = self.arrange(items)
        if mark is not None:
            items = items.filter(self._after(mark))
        # One row more than asked for tells whether there is a next page, without counting.
        rows = await items.limit(limit + 1)
        return rows[:limit], self._mark(rows[limit - 1]) if len(rows) > limit else None

    def _mark(self, row: FridgeItem) -> str:
        text = json.dumps([self.name, self.place(row), str(row.id)])
        return base64.urlsafe_b64encode(text.encode()).decode()

    def _after(self, mark: str) -> Q:
        try:
            name, place, item_id = _read_mark(mark)
            if name != self.name:
                raise ValueError(f"a mark of the order {name}")
            return self.after(place, UUID(item_id))
        except ValueError:
            detail = "must be the next_before of a page in the same order"
            raise ValidationError(f"before {detail}", errors=(FieldError("/before", detail),)) from None


def _read_mark(mark: str) -> tuple[str, str | None, str]:
    """The order's name, the place and the id in `mark`. Raises `ValueError`."""
    read = strict_json.loads(base64.b64decode(mark, altchars=b"-_", validate=True))
    if not isinstance(read, list) or len(read) != 3:
        raise ValueError("not a mark")
    name, place, item_id = read
    if not (isinstance(name, str) and isinstance(place, str | None) and isinstance(item_id, str)):
        raise ValueError("not a mark")
    return name, place, item_id


class NewestFirst(Order):
    name = OrderName.NEWEST_FIRST

    def arrange(self, items: Items) -> Items:
        return items.order_by("-id")

    def place(self, row: FridgeItem) -> None:
        return None

    def after(self, place: str | None, item_id: UUID) -> Q:
        return Q(id__lt=item_id)


class SoonestToExpire(Order):
    """What has no date comes last."""

    name = OrderName.SOONEST_TO_EXPIRE

    def arrange(self, items: Items) -> Items:
        # Where nulls go by themselves, the databases do not agree on.
        return items.annotate(undated=Case(When(expires_on__isnull=True, then="1"), default="0")).order_by(
            "undated", "expires_on", "id"
        )

    def place(self, row: FridgeItem) -> str | None:
        return None if row.expires_on is None else row.expires_on.isoformat()

    def after(self, place: str | None, item_id: UUID) -> Q:
        if place is None:
            return Q(expires_on__isnull=True, id__gt=item_id)
        day = date.fromisoformat(place)
        later = Q(expires_on__gt=day) | Q(expires_on__isnull=True)
        return later | Q(expires_on=day, id__gt=item_id)


class ByName(Order):
    """Capital and small letters are the same, as far as the database knows them."""

    name = OrderName.BY_NAME

    def arrange(self, items: Items) -> Items:
        return items.annotate(folded=Lower("name")).order_by("folded", "id")

    def place(self, row: FridgeItem) -> str:
        # As the database folded it: another way to fold would put it elsewhere.
        return str(row.folded)  # type: ignore[attr-defined] # annotated above

    def after(self, place: str | None, item_id: UUID) -> Q:
        if place is None:
            raise ValueError("every item has a name")
        return Q(folded__gt=place) | Q(folded=place, id__gt=item_id)


_ORDERS: dict[OrderName, Order] = {
    order.name: order for order in (NewestFirst(), SoonestToExpire(), ByName())
}


def order_of(name: OrderName) -> Order:
    """The order that is asked for."""
    return _ORDERS[name]
