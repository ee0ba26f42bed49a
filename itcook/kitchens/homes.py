"""Homes: the one kitchen that everyone has of their own."""

from uuid import UUID

from itcook import models
from itcook.database import Transaction, transactional
from itcook.kitchens.days import next_morning
from itcook.kitchens.fields import DEFAULT_EXPIRING_DAYS, Role
from itcook.kitchens.membership import add_member


async def open_home(transaction: Transaction, user: models.User) -> models.Kitchen:
    """The home of `user`, which is opened unless it is there; two at once open one."""
    row = models.Kitchen(
        name=f"{user.first_name[:60]}'s kitchen",
        time_zone=user.time_zone,
        expiring_days=DEFAULT_EXPIRING_DAYS,
        home_of_id=user.id,
        scan_at=next_morning(user.time_zone, transaction.now),
        created_at=transaction.now,
    )
    if not await transaction.insert_once(row):
        return await models.Kitchen.get(home_of_id=user.id, using_db=transaction.connection)
    await add_member(transaction, row, user.id, Role.OWNER)
    return row


async def home_of(transaction: Transaction, user_id: UUID) -> models.Kitchen:
    """The person's home; opened now for people who registered before there were kitchens."""
    home = await models.Kitchen.get_or_none(home_of_id=user_id, using_db=transaction.connection)
    if home is None:
        user = await models.User.get(id=user_id, using_db=transaction.connection)
        home = await open_home(transaction, user)
    return home


async def ensure_home(user_id: UUID) -> None:
    """Have the person's home be there, for readers: nothing is written if it is."""
    if not await models.Kitchen.filter(home_of_id=user_id).exists():
        await _open_missing(user_id)


@transactional
async def _open_missing(transaction: Transaction, user_id: UUID) -> None:
    await home_of(transaction, user_id)
