"""Membership: who is in which kitchen, and the locks under which that changes.

Whoever changes a kitchen, its members, its invites or its fridge locks the kitchen's row first: counts
are exact, the events of one kitchen are in the order of its changes, and nobody who was removed comes
after. Whoever joins or opens one locks the person before, so no two can wait for each other.
"""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from itcook import models
from itcook.auth.principal import Principal
from itcook.database import Transaction
from itcook.errors import ConflictError, ForbiddenError, NotFoundError
from itcook.kitchens.fields import Role

MAX_KITCHENS = 20  # of one person, their home included; each is a channel of all their connections
MAX_MEMBERS = 50  # of one kitchen; each event of its fridge goes to all of them

Listener = Callable[[UUID, UUID, bool], None]
_listeners: list[Listener] = []


def on_membership(listener: Listener) -> Callable[[], None]:
    """Have `listener(user_id, kitchen_id, joined)` called after each commit by which someone is in a
    kitchen (`joined` is true) or no longer is; the result ends that.
    """
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


async def lock_kitchen(transaction: Transaction, kitchen_id: UUID) -> models.Kitchen:
    """The kitchen's row, which nobody else changes until the transaction ends. Raises `NotFoundError`."""
    row = await (
        models.Kitchen.filter(id=kitchen_id)
        .using_db(transaction.connection)
        .select_for_update(no_key=True)
        .get_or_none()
    )
    if row is None:
        raise _no_kitchen()
    return row


async def lock_as_member(
    transaction: Transaction, person: Principal, kitchen_id: UUID
) -> models.KitchenMember:
    """The membership of `person`, its `kitchen` locked. Raises `NotFoundError` unless they are in it."""
    kitchen = await lock_kitchen(transaction, kitchen_id)
    membership = await membership_of(transaction, person.user_id, kitchen)
    if membership is None:
        raise _no_kitchen()
    return membership


async def lock_as_owner(
    transaction: Transaction, person: Principal, kitchen_id: UUID
) -> models.KitchenMember:
    """The same for the owner. Raises `ForbiddenError` `owner_only` for other members."""
    membership = await lock_as_member(transaction, person, kitchen_id)
    if membership.role != Role.OWNER:
        raise ForbiddenError("only the kitchen's owner may do this; ask them", code="owner_only")
    return membership


async def membership_of(
    transaction: Transaction, user_id: UUID, kitchen: models.Kitchen
) -> models.KitchenMember | None:
    """How the person is in the kitchen; None if they are not."""
    membership = await models.KitchenMember.get_or_none(
        kitchen_id=kitchen.id, user_id=user_id, using_db=transaction.connection
    )
    if membership is not None:
        membership.kitchen = kitchen
    return membership


async def read_membership(person: Principal, kitchen_id: UUID) -> models.KitchenMember:
    """The membership of `person` with its `kitchen`, to read only. Raises `NotFoundError`."""
    membership = await models.KitchenMember.get_or_none(
        kitchen_id=kitchen_id, user_id=person.user_id
    ).select_related("kitchen")
    if membership is None:
        raise _no_kitchen()
    return membership


async def lock_person(transaction: Transaction, user_id: UUID) -> None:
    """Have nobody else change in how many kitchens the person is until the transaction ends."""
    await models.User.filter(id=user_id).using_db(transaction.connection).select_for_update(no_key=True).get()


async def check_room_of(transaction: Transaction, user_id: UUID) -> None:
    """Raises `ConflictError` `too_many_kitchens` if the person, who must be locked, has no room."""
    memberships = models.KitchenMember.filter(user_id=user_id).using_db(transaction.connection)
    if await memberships.count() >= MAX_KITCHENS:
        raise ConflictError(
            f"nobody is in more than {MAX_KITCHENS} kitchens: leave one first", code="too_many_kitchens"
        )


async def check_room_in(transaction: Transaction, kitchen: models.Kitchen) -> None:
    """Raises `ConflictError` `kitchen_full` if nobody else fits in; the kitchen must be locked."""
    if await count_members(transaction, kitchen) >= MAX_MEMBERS:
        raise ConflictError(
            f"this kitchen has {MAX_MEMBERS} members, and no room for another", code="kitchen_full"
        )


async def count_members(transaction: Transaction, kitchen: models.Kitchen) -> int:
    """How many people are in the kitchen."""
    return await models.KitchenMember.filter(kitchen_id=kitchen.id).using_db(transaction.connection).count()


async def add_member(
    transaction: Transaction, kitchen: models.Kitchen, user_id: UUID, role: Role
) -> models.KitchenMember:
    """Have the person be in the kitchen, where they are not yet."""
    membership = await models.KitchenMember.create(
        using_db=transaction.connection,
        kitchen_id=kitchen.id,
        user_id=user_id,
        role=role,
        joined_at=transaction.now,
    )
    membership.kitchen = kitchen
    transaction.after_commit(partial(_tell, user_id, kitchen.id, True))
    return membership


async def end_membership(transaction: Transaction, membership: models.KitchenMember) -> None:
    """Have the person no longer be in the kitchen."""
    await membership.delete(using_db=transaction.connection)
    transaction.after_commit(partial(_tell, membership.user_id, membership.kitchen_id, False))


def _tell(user_id: UUID, kitchen_id: UUID, joined: bool) -> None:
    for listener in _listeners:
        listener(user_id, kitchen_id, joined)


def _no_kitchen() -> NotFoundError:
    return NotFoundError("there is no such kitchen, or you are not in it")
