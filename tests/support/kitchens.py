"""Kitchens and what is in them, for tests below HTTP."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from itcook.auth.principal import Principal
from itcook.fridge import items, views
from itcook.fridge.fields import Category, Unit
from itcook.kitchens import households, invites
from itcook.kitchens.views import Kitchen
from itcook.pages import PageQuery


async def home(person: Principal) -> Kitchen:
    """The kitchen of the person's own."""
    page = await households.kitchens_of(person, PageQuery(limit=100))
    return next(kitchen for kitchen in page.data if kitchen.is_home)


async def let_in(owner: Principal, kitchen_id: UUID, *people: Principal) -> None:
    """Make people members."""
    invite = await invites.create_invite(owner, kitchen_id, 1, max(len(people), 1))
    for person in people:
        await invites.join(person, invite.code)


async def put(
    person: Principal,
    name: str = "Milk",
    *,
    kitchen_id: UUID | None = None,
    quantity: str = "1",
    expires_on: date | None = None,
    **more: Any,
) -> views.Item:
    """A new item."""
    draft = items.ItemDraft(
        name=name,
        quantity=Decimal(quantity),
        unit=more.pop("unit", Unit.LITRE),
        category=more.pop("category", Category.DAIRY),
        expires_on=expires_on,
        **more,
    )
    return await items.add_item(person, kitchen_id, draft)
