"""Items: put into the fridge, changed, taken, thrown away."""

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import TypedDict
from uuid import UUID

from itcook import models
from itcook.auth.principal import Principal
from itcook.database import Transaction, transactional
from itcook.errors import ConflictError, FieldError, NotFoundError, ValidationError
from itcook.events import FridgeChange, FridgeItemChanged
from itcook.fridge import views
from itcook.fridge.fields import Category, Location, Unit
from itcook.kitchens.homes import home_of
from itcook.kitchens.membership import lock_as_member
from itcook.stream import channels
from itcook.stream.outbox import record

MAX_ITEMS = 2_000  # of one kitchen; a household has a few hundred


@dataclass(frozen=True, slots=True)
class ItemDraft:
    """An item to be put into a kitchen; checked by the types in `itcook.fridge.fields`."""

    name: str
    quantity: Decimal
    unit: Unit
    category: Category
    location: Location = Location.FRIDGE
    brand: str | None = None
    expires_on: date | None = None
    purchased_on: date | None = None
    notes: str | None = None


class ItemChanges(TypedDict, total=False):
    """What an edit sets; what is absent stays as it is."""

    name: str
    quantity: Decimal
    unit: Unit
    category: Category
    location: Location
    brand: str | None
    expires_on: date | None
    purchased_on: date | None
    notes: str | None


@transactional
async def add_item(
    transaction: Transaction, person: Principal, kitchen_id: UUID | None, draft: ItemDraft
) -> views.Item:
    """Put an item into a kitchen, or into the person's home without one.

    Raises `NotFoundError`, and `ConflictError` `too_many_items`.
    """
    if kitchen_id is None:
        kitchen_id = (await home_of(transaction, person.user_id)).id
    await lock_as_member(transaction, person, kitchen_id)
    await _check_room(transaction, kitchen_id)
    row = await models.FridgeItem.create(
        using_db=transaction.connection,
        kitchen_id=kitchen_id,
        added_by_id=person.user_id,
        created_at=transaction.now,
        updated_at=transaction.now,
        search_text=_search_text(draft.name, draft.brand),
        **asdict(draft),
    )
    _record(transaction, person, row, FridgeChange.ADDED)
    return views.Item.of(row)


@transactional
async def edit_item(
    transaction: Transaction, person: Principal, item_id: UUID, changes: ItemChanges
) -> views.Item:
    """Change an item; what changes nothing is no event. Raises `NotFoundError`."""
    row = await _lock_item(transaction, person, item_id)
    changed = [name for name, value in changes.items() if getattr(row, name) != value]
    if changed:
        row.update_from_dict({name: value for name, value in changes.items() if name in changed})
        await _update(transaction, person, row, changed)
    return views.Item.of(row)


@transactional
async def remove_item(transaction: Transaction, person: Principal, item_id: UUID) -> None:
    """Take an item out of the fridge for good. Raises `NotFoundError`."""
    await _remove(transaction, person, await _lock_item(transaction, person, item_id))


@transactional
async def take(transaction: Transaction, person: Principal, item_id: UUID, quantity: Decimal) -> views.Taken:
    """Take a part of an item, in its own unit; who takes all of it removes it.

    Raises `NotFoundError`, and `ValidationError` `not_enough` if there is less.
    """
    row = await _lock_item(transaction, person, item_id)
    left = row.quantity - quantity
    if left < 0:
        raise _not_enough(row)
    if left:
        row.quantity = left
        await _update(transaction, person, row, ["quantity"])
    else:
        await _remove(transaction, person, row)
    return views.Taken(id=row.id, quantity=float(left), unit=Unit(row.unit), removed=not left)


async def one_item(reader: Principal, item_id: UUID) -> views.Item:
    """One item of a kitchen that `reader` is in. Raises `NotFoundError`."""
    row = await models.FridgeItem.get_or_none(id=item_id, kitchen__members__user_id=reader.user_id)
    if row is None:
        raise _no_item()
    return views.Item.of(row)


async def _lock_item(transaction: Transaction, person: Principal, item_id: UUID) -> models.FridgeItem:
    """The item's row, which nobody else changes until the transaction ends: its kitchen is locked."""
    items = models.FridgeItem.filter(id=item_id).using_db(transaction.connection)
    found = await items.get_or_none()
    if found is None:
        raise _no_item()
    try:
        await lock_as_member(transaction, person, found.kitchen_id)
    except NotFoundError:
        raise _no_item() from None
    # Read again: whoever had the kitchen until now may have changed or removed it.
    row = await items.get_or_none()
    if row is None:
        raise _no_item()
    return row


async def _check_room(transaction: Transaction, kitchen_id: UUID) -> None:
    items = models.FridgeItem.filter(kitchen_id=kitchen_id).using_db(transaction.connection)
    if await items.count() >= MAX_ITEMS:
        raise ConflictError(
            f"this kitchen has {MAX_ITEMS} items: remove what is gone first", code="too_many_items"
        )


async def _update(
    transaction: Transaction, person: Principal, row: models.FridgeItem, changed: list[str]
) -> None:
    row.updated_at = transaction.now
    row.search_text = _search_text(row.name, row.brand)
    await row.save(using_db=transaction.connection, update_fields=[*changed, "search_text", "updated_at"])
    _record(transaction, person, row, FridgeChange.UPDATED)


async def _remove(transaction: Transaction, person: Principal, row: models.FridgeItem) -> None:
    await row.delete(using_db=transaction.connection)
    _record(transaction, person, row, FridgeChange.REMOVED)


def _search_text(name: str, brand: str | None) -> str:
    return "\n".join(filter(None, (name, brand))).casefold()


def _record(
    transaction: Transaction, person: Principal, row: models.FridgeItem, change: FridgeChange
) -> None:
    event = FridgeItemChanged(
        kitchen_id=row.kitchen_id,
        item_id=row.id,
        change=change,
        changed_by_id=person.user_id,
        changed_by_name=person.name,
        name=row.name,
        quantity=float(row.quantity),
        unit=row.unit,
        category=row.category,
        location=row.location,
        expires_on=row.expires_on,
    )
    record(transaction, event, channels.kitchen(row.kitchen_id))


def _no_item() -> NotFoundError:
    return NotFoundError("there is no such item in your kitchens")


def _not_enough(row: models.FridgeItem) -> ValidationError:
    detail = f"must be at most {row.quantity.normalize():f}, which is what is there"
    return ValidationError(f"quantity {detail}", code="not_enough", errors=(FieldError("/quantity", detail),))
