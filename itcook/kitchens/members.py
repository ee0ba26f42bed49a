"""Members: listed, leaving, removed, and given the kitchen."""

from uuid import UUID

from itcook import models
from itcook.auth.principal import Principal
from itcook.database import Transaction, transactional
from itcook.errors import ConflictError, FieldError, NotFoundError, ValidationError
from itcook.kitchens import views
from itcook.kitchens.fields import Role
from itcook.kitchens.invites import revoke_all
from itcook.kitchens.membership import (
    count_members,
    end_membership,
    lock_as_member,
    lock_as_owner,
    lock_kitchen,
    membership_of,
    read_membership,
)
from itcook.pages import Page, PageQuery, read_page

NAME_OF_WHAT_IS_LEFT = "Shared kitchen"  # of a home whose person is gone, after whom it was called


async def members(reader: Principal, kitchen_id: UUID, asked: PageQuery) -> Page[views.Member]:
    """Who is in the kitchen, the latest first, paged by the membership's id. Raises `NotFoundError`."""
    await read_membership(reader, kitchen_id)
    query = models.KitchenMember.filter(kitchen_id=kitchen_id).select_related("user")
    rows, next_before = await read_page(query, asked)
    return Page[views.Member].of((views.Member.of(row) for row in rows), next_before)


@transactional
async def leave(transaction: Transaction, person: Principal, kitchen_id: UUID) -> None:
    """No longer be in the kitchen.

    Raises `NotFoundError`, and `ConflictError` for its owner: `home_kitchen` for their home, which is
    theirs for good, else `owner_leaves`.
    """
    membership = await lock_as_member(transaction, person, kitchen_id)
    _check_not_home(membership.kitchen, person.user_id)
    if membership.role == Role.OWNER:
        raise ConflictError("hand the kitchen over to another member first", code="owner_leaves")
    await end_membership(transaction, membership)


@transactional
async def remove_member(transaction: Transaction, owner: Principal, kitchen_id: UUID, user_id: UUID) -> None:
    """Have another member no longer be in the kitchen, whose invites they may know: they end too.

    Raises `NotFoundError`, `ForbiddenError` for members, and `ConflictError` `owner_leaves` for oneself.
    """
    kitchen = (await lock_as_owner(transaction, owner, kitchen_id)).kitchen
    membership = await membership_of(transaction, user_id, kitchen)
    if membership is None:
        raise NotFoundError("this person is not in the kitchen")
    if membership.role == Role.OWNER:
        raise ConflictError("a kitchen is never without its owner", code="owner_leaves")
    await end_membership(transaction, membership)
    await revoke_all(transaction, kitchen_id)


@transactional
async def hand_over(
    transaction: Transaction, owner: Principal, kitchen_id: UUID, user_id: UUID
) -> views.Kitchen:
    """Make another member the owner; to oneself changes nothing.

    Raises `NotFoundError`, `ForbiddenError` for members, `ConflictError` `home_kitchen` for a home, and
    `ValidationError` if the person is not in the kitchen.
    """
    membership = await lock_as_owner(transaction, owner, kitchen_id)
    _check_not_home(membership.kitchen, owner.user_id)
    heir = await membership_of(transaction, user_id, membership.kitchen)
    if heir is None:
        detail = "must be someone who is in the kitchen"
        raise ValidationError(f"user_id {detail}", errors=(FieldError("/user_id", detail),))
    if heir.id != membership.id:
        await _set_role(transaction, membership, Role.MEMBER)
        await _set_role(transaction, heir, Role.OWNER)
    members_count = await count_members(transaction, membership.kitchen)
    return views.Kitchen.of(membership, members_count=members_count)


async def depart(transaction: Transaction, user_id: UUID) -> None:
    """Have the person, who must be locked and leaves for good, be in no kitchen. What was theirs goes to who
    has been in it longest, a home under another name, and goes altogether where nobody else is.
    """
    memberships = models.KitchenMember.filter(user_id=user_id).using_db(transaction.connection)
    for (kitchen_id,) in await memberships.order_by("kitchen_id").values_list("kitchen_id"):
        kitchen = await lock_kitchen(transaction, kitchen_id)
        membership = await membership_of(transaction, user_id, kitchen)
        if membership is not None:  # nobody removed them until the kitchen was locked
            await end_membership(transaction, membership)
            if membership.role == Role.OWNER:
                await _bequeath(transaction, kitchen)


async def _bequeath(transaction: Transaction, kitchen: models.Kitchen) -> None:
    left = models.KitchenMember.filter(kitchen_id=kitchen.id).using_db(transaction.connection)
    heir = await left.order_by("id").first()
    if heir is None:
        await kitchen.delete(using_db=transaction.connection)
        return
    await _set_role(transaction, heir, Role.OWNER)
    if kitchen.home_of_id is not None:
        kitchen.home_of_id, kitchen.name = None, NAME_OF_WHAT_IS_LEFT
        await kitchen.save(using_db=transaction.connection, update_fields=["home_of_id", "name"])


def _check_not_home(kitchen: models.Kitchen, user_id: UUID) -> None:
    if kitchen.home_of_id == user_id:
        raise ConflictError("this is your home: it stays yours", code="home_kitchen")


async def _set_role(transaction: Transaction, membership: models.KitchenMember, role: Role) -> None:
    membership.role = role
    await membership.save(using_db=transaction.connection, update_fields=["role"])
