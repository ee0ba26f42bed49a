"""The end of an account, in one transaction: what is the person's goes, and who sees that is told."""

from itcook import models
from itcook.auth.audit_log import Action, note
from itcook.auth.principal import Principal
from itcook.auth.sessions import revoke_person
from itcook.community import departure
from itcook.database import Transaction, transactional
from itcook.errors import ConflictError, ForbiddenError
from itcook.kitchens import members
from itcook.notifications import inbox
from itcook.recipes import ratings


@transactional
async def delete_account(transaction: Transaction, principal: Principal, confirmed: models.User) -> None:
    """Delete the account of `principal`, whose password was confirmed against the row `confirmed`.

    Posts, comments and likes go, with their events, and recipes; kitchens are left to those who are in them,
    and go if nobody is; connections end at once. What stays is in `docs/reference/rest.md`.

    Raises `ForbiddenError` if the password was changed meanwhile, and `ConflictError` `last_admin`.
    """
    person = await _lock(transaction, confirmed)
    await _check_not_last_admin(transaction, person)
    await revoke_person.within(transaction, person.id)
    await members.depart(transaction, person.id)
    await departure.withdraw(transaction, person.id)
    await ratings.take_back_all(transaction, person.id)
    await inbox.forget_person(transaction, person.id)
    await note(transaction, Action.ACCOUNT_DELETED, principal, person.id)
    # What has no foreign key; what has one goes with the person.
    for rows in (
        models.IdempotencyRecord.filter(user_id=person.id),
        models.ScheduledNotification.filter(recipient_id=person.id),
    ):
        await rows.using_db(transaction.connection).delete()
    await person.delete(using_db=transaction.connection)


async def _lock(transaction: Transaction, confirmed: models.User) -> models.User:
    """The person's row. Until the commit nothing new can refer to it, and afterwards nothing can."""
    unchanged = models.User.filter(id=confirmed.id, password_hash=confirmed.password_hash)
    person = await unchanged.using_db(transaction.connection).select_for_update().get_or_none()
    if person is None:
        raise ForbiddenError("this is not the current password", code="wrong_password")
    return person


async def _check_not_last_admin(transaction: Transaction, person: models.User) -> None:
    if person.role != "admin":
        return
    others = models.User.filter(role="admin", disabled_at=None).exclude(id=person.id)
    if not await others.using_db(transaction.connection).exists():
        raise ConflictError(
            "you are the last administrator: have the operator make another one first", code="last_admin"
        )
