"""Kitchens: opened, read, and set up by their owners."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from tortoise.functions import Count

from itcook import models
from itcook.auth.principal import Principal
from itcook.database import Transaction, transactional
from itcook.kitchens import views
from itcook.kitchens.days import next_morning
from itcook.kitchens.fields import DEFAULT_EXPIRING_DAYS, Role
from itcook.kitchens.homes import ensure_home, home_of
from itcook.kitchens.membership import (
    add_member,
    check_room_of,
    count_members,
    lock_as_owner,
    lock_person,
    read_membership,
)
from itcook.pages import Page, PageQuery, read_page


@dataclass(frozen=True, slots=True)
class KitchenDraft:
    """A kitchen that someone wants to open. Without a time zone it has the one of its owner's home."""

    name: str
    time_zone: str | None = None
    expiring_days: int = DEFAULT_EXPIRING_DAYS


@dataclass(frozen=True, slots=True)
class KitchenChanges:
    """What a change of the settings sets; None leaves a setting as it is."""

    name: str | None = None
    time_zone: str | None = None
    expiring_days: int | None = None


@transactional
async def create_kitchen(transaction: Transaction, owner: Principal, draft: KitchenDraft) -> views.Kitchen:
    """Open a kitchen. Raises `ConflictError` if `owner` is in as many as can be."""
    home = await home_of(transaction, owner.user_id)
    await lock_person(transaction, owner.user_id)
    await check_room_of(transaction, owner.user_id)
    time_zone = draft.time_zone or home.time_zone
    row = await models.Kitchen.create(
        using_db=transaction.connection,
        name=draft.name,
        time_zone=time_zone,
        expiring_days=draft.expiring_days,
        scan_at=next_morning(time_zone, transaction.now),
        created_at=transaction.now,
    )
    membership = await add_member(transaction, row, owner.user_id, Role.OWNER)
    return views.Kitchen.of(membership, members_count=1)


@transactional
async def change_kitchen(
    transaction: Transaction, owner: Principal, kitchen_id: UUID, changes: KitchenChanges
) -> views.Kitchen:
    """Change the settings of one's kitchen. Raises `NotFoundError`, and `ForbiddenError` for members."""
    membership = await lock_as_owner(transaction, owner, kitchen_id)
    kitchen = membership.kitchen
    if changes.name is not None:
        kitchen.name = changes.name
    if changes.expiring_days is not None:
        kitchen.expiring_days = changes.expiring_days
    if changes.time_zone not in {None, kitchen.time_zone}:
        kitchen.time_zone = changes.time_zone
        kitchen.scan_at = next_morning(kitchen.time_zone, transaction.now)
    await kitchen.save(
        using_db=transaction.connection, update_fields=["name", "time_zone", "expiring_days", "scan_at"]
    )
    return views.Kitchen.of(membership, members_count=await count_members(transaction, kitchen))


async def one_kitchen(reader: Principal, kitchen_id: UUID) -> views.Kitchen:
    """One kitchen, as its member sees it. Raises `NotFoundError`."""
    membership = await read_membership(reader, kitchen_id)
    return (await _show([membership]))[0]


async def kitchens_of(reader: Principal, asked: PageQuery) -> Page[views.Kitchen]:
    """The kitchens that `reader` is in, the one joined last first, paged by the membership's id."""
    await ensure_home(reader.user_id)
    query = models.KitchenMember.filter(user_id=reader.user_id).select_related("kitchen")
    rows, next_before = await read_page(query, asked)
    return Page[views.Kitchen].of(await _show(rows), next_before)


async def _show(memberships: Iterable[models.KitchenMember]) -> list[views.Kitchen]:
    """The views, with the members of all of them counted in one query."""
    rows = list(memberships)
    counts: dict[UUID, int] = dict(
        await models.KitchenMember.filter(kitchen_id__in=[row.kitchen_id for row in rows])
        .annotate(members=Count("id"))
        .group_by("kitchen_id")
        .values_list("kitchen_id", "members")
    )
    # Whoever was removed since the membership was read leaves a kitchen without a count behind.
    return [views.Kitchen.of(row, members_count=counts.get(row.kitchen_id, 0)) for row in rows]
