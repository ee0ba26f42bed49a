"""Lists of items: everything, what expires, and how much there is of what."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from tortoise.expressions import Q
from tortoise.functions import Count

from itcook import models
from itcook.auth.principal import Principal
from itcook.clock import Clock, utc_now
from itcook.fridge import views
from itcook.fridge.fields import Category, Location
from itcook.fridge.order import Items, Order, OrderName, order_of
from itcook.kitchens.days import today_in
from itcook.kitchens.membership import read_membership


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which items; None does not narrow. `text` is a part of the name or the brand, taken literally."""

    kitchen_id: UUID | None = None
    category: Category | None = None
    location: Location | None = None
    expiring_before: date | None = None
    text: str | None = None


async def items(
    reader: Principal, wanted: ItemFilter, order: Order, limit: int, before: str | None
) -> views.ItemPage[views.Item]:
    """The items of all kitchens that `reader` is in, or of one of them.

    Raises `NotFoundError` for a kitchen that they are not in, `ValidationError` for a wrong `before`.
    """
    kitchens = await _kitchens(reader, wanted.kitchen_id)
    rows, next_before = await order.read(_matching(_in(kitchens), wanted), limit, before)
    return views.ItemPage[views.Item].of([views.Item.of(row) for row in rows], next_before)


async def expiring(
    reader: Principal,
    days: int | None,
    kitchen_id: UUID | None,
    limit: int,
    before: str | None,
    *,
    clock: Clock = utc_now,
) -> views.ItemPage[views.ExpiringItem]:
    """What expires within so many days or has expired, soonest first; each by its kitchen's own today.

    Without `days` it is what each kitchen has chosen. Raises as `items` does.
    """
    kitchens = await _kitchens(reader, kitchen_id)
    now = clock()
    today = {kitchen.id: today_in(kitchen.time_zone, now) for kitchen in kitchens}
    last_days = {
        kitchen.id: today[kitchen.id] + timedelta(kitchen.expiring_days if days is None else days)
        for kitchen in kitchens
    }
    rows, next_before = await order_of(OrderName.SOONEST_TO_EXPIRE).read(_until(last_days), limit, before)
    return views.ItemPage[views.ExpiringItem].of(
        [views.ExpiringItem.counted(row, today[row.kitchen_id]) for row in rows],
        next_before,
    )


async def categories(reader: Principal, kitchen_id: UUID | None) -> views.Categories:
    """How many items there are of each category. Raises `NotFoundError`."""
    kitchens = await _kitchens(reader, kitchen_id)
    counts: dict[str, int] = dict(
        await _in(kitchens)
        .annotate(number=Count("id"))
        .group_by("category")
        .values_list("category", "number")
    )
    return views.Categories(
        data=[
            views.CategoryCount(category=category, items_count=counts.get(category, 0))
            for category in Category
        ]
    )


async def _kitchens(reader: Principal, kitchen_id: UUID | None) -> list[models.Kitchen]:
    if kitchen_id is not None:
        return [(await read_membership(reader, kitchen_id)).kitchen]
    return await models.Kitchen.filter(members__user_id=reader.user_id)


def _in(kitchens: Sequence[models.Kitchen]) -> Items:
    return models.FridgeItem.filter(kitchen_id__in=[kitchen.id for kitchen in kitchens])


def _matching(rows: Items, wanted: ItemFilter) -> Items:
    if wanted.category is not None:
        rows = rows.filter(category=wanted.category)
    if wanted.location is not None:
        rows = rows.filter(location=wanted.location)
    if wanted.expiring_before is not None:
        rows = rows.filter(expires_on__lt=wanted.expiring_before)
    if wanted.text is not None:
        rows = rows.filter(search_text__contains=wanted.text.casefold())
    return rows


def _until(last_days: Mapping[UUID, date]) -> Items:
    """What of each kitchen expires until its own day; kitchens with the same day are asked together."""
    kitchens: defaultdict[date, list[UUID]] = defaultdict(list)
    for kitchen_id, day in last_days.items():
        kitchens[day].append(kitchen_id)
    parts = [Q(kitchen_id__in=ids, expires_on__lte=day) for day, ids in kitchens.items()]
    # Without kitchens nothing matches; an empty condition would match everybody's items.
    return models.FridgeItem.filter(Q(*parts, join_type=Q.OR) if parts else Q(id__in=[]))
