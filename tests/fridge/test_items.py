"""Items in the core: rows, events, rights, races."""

import asyncio
from datetime import date
from decimal import Decimal

import pytest

from itcook import models
from itcook.auth.principal import Principal
from itcook.clock import utc_now
from itcook.database import Transaction, transactional
from itcook.errors import ConflictError, FieldError, NotFoundError, ValidationError
from itcook.fridge import items, views
from itcook.fridge.fields import Category, Location, Unit
from itcook.fridge.items import MAX_ITEMS, ItemChanges
from itcook.identifiers import new_id
from itcook.kitchens import members
from itcook.kitchens.views import Kitchen
from tests.support.community import count_recorded, last_recorded, recorded
from tests.support.kitchens import home, put


@pytest.fixture
async def milk(owner: Principal, kitchen: Kitchen) -> views.Item:
    """A litre and a half, in the shared kitchen."""
    return await put(owner, kitchen_id=kitchen.id, quantity="1.5", expires_on=date(2026, 11, 25))


async def changes() -> list[str]:
    """How the fridge changed, in the order of the events."""
    return [event.data["change"] for event in await recorded()]


async def test_an_item_is_recorded_with_its_event(member: Principal, kitchen: Kitchen) -> None:
    """FridgeItemChanged to the kitchen, and to nobody else."""
    item = await put(member, kitchen_id=kitchen.id, quantity="0.125", location=Location.FREEZER)
    [event] = await recorded()
    assert (event.type, event.channels) == ("FridgeItemChanged", (f"kitchen:{kitchen.id}",))
    assert event.data == {
        "kitchen_id": str(kitchen.id),
        "item_id": str(item.id),
        "change": "added",
        "changed_by_id": str(member.user_id),
        "changed_by_name": "Grace Hopper",
        "name": "Milk",
        "quantity": 0.125,
        "unit": "l",
        "category": "dairy",
        "location": "freezer",
        "expires_on": None,
    }
    assert await items.one_item(member, item.id) == item


async def test_without_a_kitchen_it_goes_home(stranger: Principal) -> None:
    """Also for who has never looked for a home."""
    item = await put(stranger)
    assert item.kitchen_id == (await home(stranger)).id


async def test_a_rollback_takes_the_event_with_it(owner: Principal, milk: views.Item) -> None:
    """A use case that fails after recording leaves neither its rows nor its events."""

    @transactional
    async def take_then_fail(transaction: Transaction) -> None:
        await items.take.within(transaction, owner, milk.id, Decimal(1))
        raise ValidationError("no")

    with pytest.raises(ValidationError):
        await take_then_fail()
    assert await changes() == ["added"]
    assert await items.one_item(owner, milk.id) == milk


@pytest.mark.parametrize(
    "edit",
    [
        ItemChanges(name="Oat milk"),
        ItemChanges(quantity=Decimal("2.25"), unit=Unit.PACK),
        ItemChanges(category=Category.BEVERAGES, location=Location.PANTRY),
        ItemChanges(expires_on=None, brand="Farm", notes="open", purchased_on=date(2026, 11, 20)),
    ],
)
async def test_an_edit_changes_what_it_names(member: Principal, milk: views.Item, edit: ItemChanges) -> None:
    """The rest stays, and the event shows the item as it is now."""
    edited = await items.edit_item(member, milk.id, edit)
    assert edited == milk.model_copy(update={**edit, "updated_at": edited.updated_at})
    assert edited.updated_at >= milk.updated_at
    assert await items.one_item(member, milk.id) == edited
    event = (await last_recorded()).data
    assert event["change"] == "updated"
    shown = edited.model_dump(mode="json")
    for name in ("name", "quantity", "unit", "category", "location", "expires_on"):
        assert event[name] == shown[name]


@pytest.mark.parametrize(
    "edit", [ItemChanges(), ItemChanges(name="Milk", quantity=Decimal("1.500"), brand=None)]
)
async def test_an_edit_that_changes_nothing_is_no_event(
    owner: Principal, milk: views.Item, edit: ItemChanges
) -> None:
    """Nor does it touch `updated_at`."""
    assert await items.edit_item(owner, milk.id, edit) == milk
    assert await changes() == ["added"]


async def test_taking_a_part_and_then_the_rest(member: Principal, milk: views.Item) -> None:
    """Exact in decimals; the item goes with its last drop, and the event shows how it was last."""
    taken = await items.take(member, milk.id, Decimal("1.4"))
    assert taken == views.Taken(id=milk.id, quantity=0.1, unit=Unit.LITRE, removed=False)
    assert (await last_recorded()).data["quantity"] == 0.1
    taken = await items.take(member, milk.id, Decimal("0.1"))
    assert taken == views.Taken(id=milk.id, quantity=0, unit=Unit.LITRE, removed=True)
    assert (await last_recorded()).data["quantity"] == 0.1
    assert await changes() == ["added", "updated", "removed"]
    with pytest.raises(NotFoundError):
        await items.take(member, milk.id, Decimal("0.1"))


async def test_taking_more_than_there_is(owner: Principal, milk: views.Item) -> None:
    """The place is named, with what would be right; nothing is taken."""
    with pytest.raises(ValidationError) as refused:
        await items.take(owner, milk.id, Decimal("1.501"))
    assert refused.value.code == "not_enough"
    assert refused.value.errors == (FieldError("/quantity", "must be at most 1.5, which is what is there"),)
    assert await items.one_item(owner, milk.id) == milk


async def test_racing_takes_never_go_below_zero(
    owner: Principal, member: Principal, kitchen: Kitchen
) -> None:
    """Thirty of two people for ten eggs: ten get one each, and the events count down."""
    eggs = await put(owner, "Eggs", kitchen_id=kitchen.id, quantity="10", unit=Unit.PIECE)
    results = await asyncio.gather(
        *(items.take(person, eggs.id, Decimal(1)) for person in (owner, member) * 15),
        return_exceptions=True,
    )
    taken = [result for result in results if isinstance(result, views.Taken)]
    assert sorted(result.quantity for result in taken) == list(range(10))
    assert all(isinstance(result, NotFoundError | views.Taken) for result in results)
    counted = [event.data["quantity"] for event in await recorded()]
    assert counted == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1]


async def test_racing_edits_and_removals(owner: Principal, member: Principal, milk: views.Item) -> None:
    """One removal; whatever comes after it finds nothing, and no event comes after it."""
    results = await asyncio.gather(
        *(items.edit_item(member, milk.id, {"name": str(number)}) for number in range(5)),
        items.remove_item(owner, milk.id),
        items.remove_item(member, milk.id),
        *(items.edit_item(owner, milk.id, {"name": str(number)}) for number in range(5)),
        return_exceptions=True,
    )
    assert all(isinstance(result, NotFoundError | views.Item | None) for result in results), results
    assert results.count(None) == 1
    assert (await changes())[-1] == "removed"
    assert await models.FridgeItem.all().count() == 0


async def test_a_removal_shows_how_the_item_was_last(owner: Principal, milk: views.Item) -> None:
    """So that a screen can say what is gone."""
    await items.remove_item(owner, milk.id)
    event = (await last_recorded()).data
    assert (event["change"], event["name"], event["quantity"]) == ("removed", "Milk", 1.5)


async def test_strangers_and_former_members(
    stranger: Principal, member: Principal, kitchen: Kitchen, milk: views.Item
) -> None:
    """Everything of a kitchen one is not in is as if it were not there."""
    await members.leave(member, kitchen.id)
    before = await recorded()
    details = set()
    for person in (stranger, member):
        for item_id in (milk.id, new_id()):
            for attempt in (
                items.one_item(person, item_id),
                items.edit_item(person, item_id, {"name": "Mine"}),
                items.take(person, item_id, Decimal(1)),
                items.remove_item(person, item_id),
            ):
                with pytest.raises(NotFoundError) as refused:
                    await attempt
                details.add(refused.value.detail)
        with pytest.raises(NotFoundError):
            await put(person, kitchen_id=kitchen.id)
    assert len(details) == 1
    assert await recorded() == before


async def test_racing_items_end_at_the_limit(owner: Principal, kitchen: Kitchen) -> None:
    """Two thousand of one kitchen; others are not concerned."""
    now = utc_now()
    rows = [
        models.FridgeItem(
            kitchen_id=kitchen.id,
            name=str(number),
            quantity=Decimal(1),
            unit="g",
            category="other",
            location="fridge",
            created_at=now,
            updated_at=now,
        )
        for number in range(MAX_ITEMS - 2)
    ]
    await models.FridgeItem.bulk_create(rows, batch_size=500)
    results = await asyncio.gather(
        *(put(owner, kitchen_id=kitchen.id) for _ in range(6)), return_exceptions=True
    )
    refused = [result for result in results if isinstance(result, ConflictError)]
    assert [error.code for error in refused] == ["too_many_items"] * 4
    assert await count_recorded("FridgeItemChanged") == 2
    await put(owner)
