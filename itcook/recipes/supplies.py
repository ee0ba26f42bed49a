"""What someone has in the fridge, as a wish says it."""

from datetime import date
from uuid import UUID

from itcook import models
from itcook.auth.principal import Principal
from itcook.database import Transaction
from itcook.errors import FieldError, NotFoundError, ValidationError
from itcook.kitchens.days import today_in
from itcook.recipes.provider import Supply

MAX_SUPPLIES = 60  # those that expire first; more would only make a model's answer slower and dearer


async def supplies(transaction: Transaction, asker: Principal, kitchen_id: UUID | None) -> tuple[Supply, ...]:
    """What is good to eat in the kitchen, soonest to expire first; by default in the asker's own.

    Raises `NotFoundError` for a kitchen that the asker is no member of, and `ValidationError` if there
    is nothing in it.
    """
    kitchen = await _kitchen(transaction, asker, kitchen_id)
    found = await _good_items(transaction, kitchen) if kitchen else ()
    if not found:
        empty = FieldError("/from_fridge", "nothing in this kitchen is good to eat: name ingredients instead")
        raise ValidationError("there is nothing to cook with", errors=(empty,))
    return found


async def _kitchen(
    transaction: Transaction, asker: Principal, kitchen_id: UUID | None
) -> models.Kitchen | None:
    if kitchen_id is None:
        return await models.Kitchen.get_or_none(home_of_id=asker.user_id, using_db=transaction.connection)
    kitchen = await models.Kitchen.get_or_none(
        id=kitchen_id, members__user_id=asker.user_id, using_db=transaction.connection
    )
    if kitchen is None:
        raise NotFoundError("there is no such kitchen")
    return kitchen


async def _good_items(transaction: Transaction, kitchen: models.Kitchen) -> tuple[Supply, ...]:
    today = today_in(kitchen.time_zone, transaction.now)
    items = models.FridgeItem.filter(kitchen_id=kitchen.id).using_db(transaction.connection)
    # Two reads, because databases differ in where they sort what has no date.
    dated = await items.filter(expires_on__gte=today).order_by("expires_on", "id").limit(MAX_SUPPLIES)
    lasting = await items.filter(expires_on=None).order_by("id").limit(MAX_SUPPLIES)
    return tuple(_supply(item, today) for item in [*dated, *lasting][:MAX_SUPPLIES])


def _supply(item: models.FridgeItem, today: date) -> Supply:
    return Supply(
        name=item.name,
        quantity=float(item.quantity),
        unit=item.unit,
        days_left=None if item.expires_on is None else (item.expires_on - today).days,
    )
