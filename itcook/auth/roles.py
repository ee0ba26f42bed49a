"""Roles: who may do what others may not."""

from itcook.auth.fields import normalize_email
from itcook.database import Transaction, transactional
from itcook.errors import NotFoundError
from itcook.models import User


@transactional
async def promote(transaction: Transaction, email: str) -> str:
    """Make whoever has this address an administrator, and give their name.

    It holds from their next request on. Raises `NotFoundError` if it is nobody's.
    """
    user = await User.get_or_none(email=_normalized(email), using_db=transaction.connection)
    if user is None:
        raise NotFoundError(f"no account has the e-mail {email}: register it first")
    user.role = "admin"
    await user.save(using_db=transaction.connection, update_fields=["role"])
    return user.name


def _normalized(email: str) -> str:
    try:
        return normalize_email(email)
    except ValueError:
        return email  # what is no address is nobody's either
