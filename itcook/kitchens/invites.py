"""Invites: codes that let people into a kitchen."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from tortoise.expressions import F
from tortoise.queryset import QuerySet

from itcook import models
from itcook.auth.principal import Principal
from itcook.clock import Clock, utc_now
from itcook.database import Transaction, transactional
from itcook.errors import ConflictError, NotFoundError
from itcook.kitchens import views
from itcook.kitchens.fields import Role
from itcook.kitchens.homes import home_of
from itcook.kitchens.membership import (
    add_member,
    check_room_in,
    check_room_of,
    count_members,
    lock_as_member,
    lock_kitchen,
    lock_person,
    membership_of,
    read_membership,
)
from itcook.pages import Page, PageQuery, read_page
from itcook.views import Person

MAX_INVITES = 50  # of one kitchen; as many as it can have members
KEPT = timedelta(days=7)  # after its end, so that nobody wonders where it went

# Crockford's base 32 (https://www.crockford.com/base32.html): no letter that looks like a digit.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 12  # characters of 5 bits: 60 bits cannot be guessed over a network
GROUP = 4
_LOOKALIKES = str.maketrans("OIL", "011", "- ")


def new_code() -> str:
    """A code that can be read out, such as `7KQF-3MXP-9TR2`."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    return _grouped(code)


def read_code(text: str) -> str | None:
    """The code that someone typed, however they wrote it; None if it cannot be one."""
    code = text.upper().translate(_LOOKALIKES)
    if len(code) != CODE_LENGTH or not set(code) <= set(ALPHABET):
        return None
    return _grouped(code)


@transactional
async def create_invite(
    transaction: Transaction, inviter: Principal, kitchen_id: UUID, hours: int, max_uses: int
) -> views.Invite:
    """Make a code that lets `max_uses` people in within `hours`; every member may.

    Raises `NotFoundError`, and `ConflictError` `too_many_invites`.
    """
    await lock_as_member(transaction, inviter, kitchen_id)
    working = _working(kitchen_id, transaction.now).using_db(transaction.connection)
    if await working.count() >= MAX_INVITES:
        raise ConflictError(
            f"this kitchen has {MAX_INVITES} open invites: revoke one first", code="too_many_invites"
        )
    row = await models.KitchenInvite.create(
        using_db=transaction.connection,
        kitchen_id=kitchen_id,
        created_by_id=inviter.user_id,
        code=new_code(),
        uses=0,
        max_uses=max_uses,
        created_at=transaction.now,
        expires_at=transaction.now + timedelta(hours=hours),
    )
    return views.Invite.of(row, Person(id=inviter.user_id, name=inviter.name))


async def invites(
    reader: Principal, kitchen_id: UUID, asked: PageQuery, *, clock: Clock = utc_now
) -> Page[views.Invite]:
    """The invites that still let people in, the latest first. Raises `NotFoundError`."""
    await read_membership(reader, kitchen_id)
    query = _working(kitchen_id, clock()).select_related("created_by")
    rows, next_before = await read_page(query, asked)
    return Page[views.Invite].of(
        (views.Invite.of(row, Person.of(row.created_by)) for row in rows), next_before
    )


@transactional
async def revoke_invite(
    transaction: Transaction, revoker: Principal, kitchen_id: UUID, invite_id: UUID
) -> None:
    """Have an invite let nobody in any more: who made it may, and the owner. Again is the same as once.

    Raises `NotFoundError`, for other members too.
    """
    membership = await lock_as_member(transaction, revoker, kitchen_id)
    row = await models.KitchenInvite.get_or_none(
        id=invite_id, kitchen_id=kitchen_id, using_db=transaction.connection
    )
    if row is None:
        raise NotFoundError("there is no such invite")
    if membership.role != Role.OWNER and row.created_by_id != revoker.user_id:
        raise NotFoundError("this invite is not yours to revoke")
    if row.revoked_at is None:
        row.revoked_at = transaction.now
        await row.save(using_db=transaction.connection, update_fields=["revoked_at"])


@transactional
async def join(transaction: Transaction, person: Principal, code: str) -> views.Kitchen:
    """Come into the kitchen that `code` opens; who is in it already stays, and takes no use.

    Raises `NotFoundError` `invite_invalid`, the same whether the code is unknown, expired, revoked or
    used up, and `ConflictError` if the person or the kitchen has no room.
    """
    invite = await _find(transaction, code)
    await home_of(transaction, person.user_id)
    await lock_person(transaction, person.user_id)
    kitchen = await lock_kitchen(transaction, invite.kitchen_id)
    membership = await membership_of(transaction, person.user_id, kitchen)
    if membership is None:
        await _use(transaction, invite)
        await check_room_of(transaction, person.user_id)
        await check_room_in(transaction, kitchen)
        membership = await add_member(transaction, kitchen, person.user_id, Role.MEMBER)
    return views.Kitchen.of(membership, members_count=await count_members(transaction, kitchen))


async def revoke_all(transaction: Transaction, kitchen_id: UUID) -> None:
    """Have no code let anybody in any more; the kitchen must be locked."""
    rows = _working(kitchen_id, transaction.now).using_db(transaction.connection)
    await rows.update(revoked_at=transaction.now)


@transactional
async def prune(transaction: Transaction, now: datetime) -> int:
    """Remove the invites that expired a week ago; how many."""
    old = models.KitchenInvite.filter(expires_at__lt=now - KEPT)
    return await old.using_db(transaction.connection).delete()


async def _find(transaction: Transaction, code: str) -> models.KitchenInvite:
    read = read_code(code)
    row = read and await models.KitchenInvite.get_or_none(code=read, using_db=transaction.connection)
    if not row:
        raise _invalid()
    return row


def _working(kitchen_id: UUID, now: datetime) -> QuerySet[models.KitchenInvite]:
    return models.KitchenInvite.filter(
        kitchen_id=kitchen_id, revoked_at=None, expires_at__gt=now, uses__lt=F("max_uses")
    )


async def _use(transaction: Transaction, invite: models.KitchenInvite) -> None:
    invites = _working(invite.kitchen_id, transaction.now).filter(id=invite.id)
    # Not by what was read before: of two at once only one gets the last use.
    if not await invites.using_db(transaction.connection).update(uses=F("uses") + 1):
        raise _invalid()


def _invalid() -> NotFoundError:
    return NotFoundError("this code lets nobody in; ask for a new one", code="invite_invalid")


def _grouped(code: str) -> str:
    return "-".join(code[start : start + GROUP] for start in range(0, CODE_LENGTH, GROUP))
