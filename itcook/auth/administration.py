"""What administrators do about people: sign them out, and close and open their accounts."""

from uuid import UUID

from itcook.auth.audit_log import Action, note
from itcook.auth.fields import normalize_email
from itcook.auth.principal import Principal
from itcook.auth.roles import check_admin
from itcook.auth.sessions import revoke_person
from itcook.database import Transaction, transactional
from itcook.errors import ConflictError, NotFoundError
from itcook.models import User


@transactional
async def sign_out(transaction: Transaction, admin: Principal, user_id: UUID) -> None:
    """End all logins of a person, with their connections; they may sign in again.

    Raises `ForbiddenError` `admin_only` and `NotFoundError`.
    """
    check_admin(admin)
    await _person(transaction, user_id)
    await revoke_person.within(transaction, user_id)
    await note(transaction, Action.SIGNED_OUT, admin, user_id)


@transactional
async def disable(transaction: Transaction, admin: Principal, user_id: UUID) -> None:
    """Close an account: its logins and connections end, and nobody signs in to it. Again is as once.

    Raises `ForbiddenError` `admin_only`, `NotFoundError`, and `ConflictError` `own_account`, as nobody could
    be left to open it again.
    """
    check_admin(admin)
    if user_id == admin.user_id:
        raise ConflictError("another administrator must close this account", code="own_account")
    await _disable(transaction, await _person(transaction, user_id), admin)


@transactional
async def enable(transaction: Transaction, admin: Principal, user_id: UUID) -> None:
    """Open an account again; its person signs in anew. Raises `ForbiddenError` and `NotFoundError`."""
    check_admin(admin)
    await _enable(transaction, await _person(transaction, user_id), admin)


@transactional
async def disable_by_email(transaction: Transaction, email: str) -> str:
    """Close the account with this address, for the operator; the person's name. Raises `NotFoundError`."""
    person = await person_with(transaction, email)
    await _disable(transaction, person, None)
    return person.name


@transactional
async def enable_by_email(transaction: Transaction, email: str) -> str:
    """Open the account with this address again; the person's name. Raises `NotFoundError`."""
    person = await person_with(transaction, email)
    await _enable(transaction, person, None)
    return person.name


@transactional
async def promote(transaction: Transaction, email: str) -> str:
    """Make whoever has this address an administrator, and give their name.

    It holds from their next request on. Raises `NotFoundError` if it is nobody's.
    """
    person = await person_with(transaction, email)
    person.role = "admin"
    await person.save(using_db=transaction.connection, update_fields=["role"])
    await note(transaction, Action.PROMOTED, None, person.id)
    return person.name


async def person_with(transaction: Transaction, email: str) -> User:
    """Whoever has this address. Raises `NotFoundError`."""
    person = await User.get_or_none(email=_normalized(email), using_db=transaction.connection)
    if person is None:
        raise NotFoundError(f"no account has the e-mail {email}: register it first")
    return person


async def _person(transaction: Transaction, user_id: UUID) -> User:
    person = await User.get_or_none(id=user_id, using_db=transaction.connection)
    if person is None:
        raise NotFoundError("there is no such person")
    return person


async def _disable(transaction: Transaction, person: User, admin: Principal | None) -> None:
    await (
        User.filter(id=person.id, disabled_at=None)
        .using_db(transaction.connection)
        .update(disabled_at=transaction.now)
    )
    await revoke_person.within(transaction, person.id)
    await note(transaction, Action.ACCOUNT_DISABLED, admin, person.id)


async def _enable(transaction: Transaction, person: User, admin: Principal | None) -> None:
    await User.filter(id=person.id).using_db(transaction.connection).update(disabled_at=None)
    await note(transaction, Action.ACCOUNT_ENABLED, admin, person.id)


def _normalized(email: str) -> str:
    try:
        return normalize_email(email)
    except ValueError:
        return email  # what is no address is nobody's either
