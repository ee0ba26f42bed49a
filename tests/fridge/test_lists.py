"""Lists of items: filters, orders and their pages, what expires, categories."""

import itertools
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itcook.auth.principal import Principal
from itcook.errors import NotFoundError, ValidationError
from itcook.fridge import items, lists, views
from itcook.fridge.fields import Category, Location, Unit
from itcook.fridge.lists import ItemFilter
from itcook.fridge.order import OrderName, order_of
from itcook.identifiers import new_id
from itcook.kitchens import households
from itcook.kitchens.households import KitchenDraft
from itcook.kitchens.views import Kitchen
from tests.support.kitchens import put
from tests.support.survival import survives

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = NOON.date()
EVERYTHING = ItemFilter()


async def names(reader: Principal, wanted: ItemFilter = EVERYTHING, sort: str = "name") -> list[str]:
    """The names of what is found, on one page."""
    page = await lists.items(reader, wanted, order_of(OrderName(sort)), 100, None)
    return [item.name for item in page.data]


async def stocked(owner: Principal) -> None:
    """Names and dates with equals among them, and items without a date."""
    days = itertools.cycle([None, TODAY, TODAY + timedelta(1), TODAY, None, TODAY - timedelta(400)])
    for name, day in zip(["pear", "Apple", "apple", "Zest", "яблоко", "apple", "fig"], days, strict=False):
        await put(owner, name, expires_on=day)


@pytest.mark.parametrize("sort", list(OrderName))
@pytest.mark.parametrize("limit", [1, 2, 3, 7])
async def test_pages_show_each_item_once_in_order(owner: Principal, sort: OrderName, limit: int) -> None:
    """Whatever the order and the size of a page, with equals across its edges."""
    await stocked(owner)
    order = order_of(sort)
    whole = await lists.items(owner, EVERYTHING, order, 100, None)
    seen: list[views.Item] = []
    before = None
    for _ in range(7 // limit + 1):
        page = await lists.items(owner, EVERYTHING, order, limit, before)
        seen += page.data
        before = page.next_before
        assert page.has_more is (before is not None)
        if before is None:
            break
    assert seen == whole.data
    assert len(seen) == 7


async def test_the_orders(owner: Principal) -> None:
    """Newest first; soonest first with what has no date at the end; by name whatever the case."""
    await stocked(owner)
    assert await names(owner, sort="-created_at") == [
        "fig",
        "apple",
        "яблоко",
        "Zest",
        "apple",
        "Apple",
        "pear",
    ]
    assert await names(owner, sort="expires_on") == [
        "apple",
        "Apple",
        "Zest",
        "apple",
        "pear",
        "яблоко",
        "fig",
    ]
    assert await names(owner, sort="name") == ["Apple", "apple", "apple", "fig", "pear", "Zest", "яблоко"]


@pytest.mark.parametrize("sort", list(OrderName))
async def test_what_is_eaten_between_two_pages_is_no_loss(owner: Principal, sort: OrderName) -> None:
    """Also if it is the very item at which the first page ended."""
    await stocked(owner)
    order = order_of(sort)
    whole = await lists.items(owner, EVERYTHING, order, 100, None)
    first = await lists.items(owner, EVERYTHING, order, 3, None)
    await items.remove_item(owner, first.data[-1].id)
    rest = await lists.items(owner, EVERYTHING, order, 100, first.next_before)
    assert rest.data == whole.data[3:]


async def test_a_mark_of_another_order(owner: Principal) -> None:
    """It would lead anywhere, so it is refused with its place."""
    await stocked(owner)
    page = await lists.items(owner, EVERYTHING, order_of(OrderName.BY_NAME), 1, None)
    for sort in (OrderName.NEWEST_FIRST, OrderName.SOONEST_TO_EXPIRE):
        with pytest.raises(ValidationError) as refused:
            await lists.items(owner, EVERYTHING, order_of(sort), 1, page.next_before)
        assert [error.pointer for error in refused.value.errors] == ["/before"]


async def test_filters(owner: Principal) -> None:
    """Each alone and all together."""
    await put(owner, "Milk", expires_on=TODAY, brand="Farm 50%")
    await put(owner, "Peas", category=Category.VEGETABLES, location=Location.FREEZER)
    await put(owner, "Leek", category=Category.VEGETABLES, expires_on=TODAY + timedelta(1))
    assert await names(owner, ItemFilter(category=Category.VEGETABLES)) == ["Leek", "Peas"]
    assert await names(owner, ItemFilter(location=Location.FREEZER)) == ["Peas"]
    assert await names(owner, ItemFilter(expiring_before=TODAY + timedelta(1))) == ["Milk"]
    assert await names(owner, ItemFilter(text="EA")) == ["Peas"]
    assert await names(owner, ItemFilter(text="farm")) == ["Milk"]
    together = ItemFilter(
        category=Category.VEGETABLES,
        location=Location.FRIDGE,
        expiring_before=TODAY + timedelta(2),
        text="le",
    )
    assert await names(owner, together) == ["Leek"]


@survives("rest: quotes and wildcards")
@pytest.mark.parametrize(("text", "found"), [("%", 1), ("_", 0), ("50%", 1), ("\\", 0), ("'", 1), ('"', 0)])
async def test_a_search_is_literal(owner: Principal, text: str, found: int) -> None:
    """Wildcards and quotes are characters like others."""
    await put(owner, "Milk 50% of Ada's")
    assert len(await names(owner, ItemFilter(text=text))) == found


async def test_a_search_folds_case_in_any_script(owner: Principal) -> None:
    """Whatever the database makes of letters beyond ASCII, and after a change of the name too."""
    item = await put(owner, "Борщ", brand="Ёлочка")
    assert (
        await names(owner, ItemFilter(text="борщ"))
        == await names(owner, ItemFilter(text="ёлочка"))
        == ["Борщ"]
    )
    await items.edit_item(owner, item.id, {"name": "Щи"})
    assert await names(owner, ItemFilter(text="борщ")) == []
    assert await names(owner, ItemFilter(text="щИ")) == ["Щи"]


async def test_a_list_is_of_ones_own_kitchens(
    owner: Principal, member: Principal, stranger: Principal, kitchen: Kitchen
) -> None:
    """All of them, or one of them; others' are as if they were not there."""
    await put(owner, "Shared", kitchen_id=kitchen.id)
    await put(owner, "Private")
    assert await names(owner) == ["Private", "Shared"]
    assert await names(member) == ["Shared"]
    assert await names(owner, ItemFilter(kitchen_id=kitchen.id)) == ["Shared"]
    assert await names(stranger) == []
    for kitchen_id in (kitchen.id, new_id()):
        for reading in (
            lists.items(stranger, ItemFilter(kitchen_id), order_of(OrderName.BY_NAME), 1, None),
            lists.expiring(stranger, 3, kitchen_id, 1, None),
            lists.categories(stranger, kitchen_id),
        ):
            with pytest.raises(NotFoundError):
                await reading


async def left(reader: Principal, days: int | None, kitchen_id: UUID | None = None) -> list[tuple[str, int]]:
    """What expires, with the days it has left at noon, UTC."""
    page = await lists.expiring(reader, days, kitchen_id, 100, None, clock=lambda: NOON)
    return [(item.name, item.days_left) for item in page.data]


async def test_what_expires(owner: Principal) -> None:
    """Soonest first, with what has expired, today's and the last day asked for; nothing without a date."""
    for days in (4, 3, 1, 0, -1, -30):
        await put(owner, str(days), expires_on=TODAY + timedelta(days))
    await put(owner, "never")
    assert await left(owner, 3) == [("-30", -30), ("-1", -1), ("0", 0), ("1", 1), ("3", 3)]
    assert await left(owner, 0) == [("-30", -30), ("-1", -1), ("0", 0)]


async def test_today_is_the_kitchens(owner: Principal, stranger: Principal) -> None:
    """At noon in London it is tomorrow on Kiritimati; without days, each kitchen has its own choice."""
    ahead = await households.create_kitchen(owner, KitchenDraft("Ahead", "Pacific/Kiritimati", 1))
    behind = await households.create_kitchen(owner, KitchenDraft("Behind", "Pacific/Pago_Pago", 0))
    for kitchen in (ahead, behind):
        for days in (0, 1, 2):
            name = f"{kitchen.name} {days}"
            await put(owner, name, kitchen_id=kitchen.id, expires_on=TODAY + timedelta(days))
    assert await left(owner, 1) == [
        ("Ahead 0", -1),
        ("Behind 0", 0),
        ("Ahead 1", 0),
        ("Behind 1", 1),
        ("Ahead 2", 1),
    ]
    assert await left(owner, None) == [("Ahead 0", -1), ("Behind 0", 0), ("Ahead 1", 0), ("Ahead 2", 1)]
    assert await left(owner, None, behind.id) == [("Behind 0", 0)]
    assert await left(stranger, 30) == []


async def test_pages_of_what_expires(owner: Principal) -> None:
    """They go on where they ended, as those of the whole list do."""
    for number in range(5):
        await put(owner, str(number), expires_on=TODAY)
    first = await lists.expiring(owner, 0, None, 3, None, clock=lambda: NOON)
    rest = await lists.expiring(owner, 0, None, 3, first.next_before, clock=lambda: NOON)
    assert [item.name for item in (*first.data, *rest.data)] == ["0", "1", "2", "3", "4"]
    assert rest.next_before is None


async def test_categories(owner: Principal, stranger: Principal, kitchen: Kitchen) -> None:
    """All seven, counted over one's kitchens or in one."""
    await put(owner, "Milk")
    await put(owner, "Peas", kitchen_id=kitchen.id, category=Category.VEGETABLES, unit=Unit.GRAM)
    await put(owner, "Cheese", kitchen_id=kitchen.id)

    async def counts(reader: Principal, kitchen_id: UUID | None = None) -> dict[Category, int]:
        found = (await lists.categories(reader, kitchen_id)).data
        assert [count.category for count in found] == list(Category)
        return {count.category: count.items_count for count in found if count.items_count}

    assert await counts(owner) == {Category.DAIRY: 2, Category.VEGETABLES: 1}
    assert await counts(owner, kitchen.id) == {Category.DAIRY: 1, Category.VEGETABLES: 1}
    assert await counts(stranger) == {}


@given(st.dates(date(1970, 1, 1), date(2199, 12, 31)) | st.none(), st.uuids())
def test_a_place_with_any_date_leads_on(day: date | None, item_id: UUID) -> None:
    """What an order says of a place, it understands."""
    order_of(OrderName.SOONEST_TO_EXPIRE).after(None if day is None else day.isoformat(), item_id)
