"""A person's own logins: where they are signed in, and ending that."""

from uuid import UUID

from itcook import models
from itcook.auth import views
from itcook.auth.principal import Principal
from itcook.auth.sessions import revoke_person, revoke_session
from itcook.clock import utc_now
from itcook.database import Transaction, transactional
from itcook.errors import NotFoundError
from itcook.pages import Page, PageQuery, read_page
from itcook.quotas.quotas import key_of_address

MAX_LOGINS = 200  # that are looked through: more than people have, and who has more waits


async def login_sessions(principal: Principal, asked: PageQuery) -> Page[views.LoginSession]:
    """Where the person is signed in, the latest login first."""
    living = models.LoginSession.filter(user_id=principal.user_id, revoked_at=None, expires_at__gt=utc_now())
    rows, next_before = await read_page(living, asked)
    shown = (views.LoginSession.of(row, current=row.id == principal.session_id) for row in rows)
    return Page[views.LoginSession].of(shown, next_before)


async def was_used_from(email: str, network: str) -> bool:
    """Whether someone signed in to the account with this address from `network`, which is one of
    `key_of_address`, and lately enough for that login to be kept, ended or not.
    """
    latest = models.LoginSession.filter(user__email=email).order_by("-id").limit(MAX_LOGINS)
    addresses: list[str] = await latest.values_list("address", flat=True)  # type: ignore[assignment] # of one column
    return any(key_of_address(address) == network for address in addresses)


@transactional
async def end_login(transaction: Transaction, principal: Principal, session_id: UUID) -> None:
    """End one of the person's logins, which may be the one that asks. Raises `NotFoundError`."""
    living = models.LoginSession.filter(id=session_id, user_id=principal.user_id, revoked_at=None)
    if not await living.using_db(transaction.connection).exists():
        raise NotFoundError("you have no such login, or it has ended already")
    await revoke_session.within(transaction, session_id)


@transactional
async def end_logins(transaction: Transaction, principal: Principal, *, others: bool) -> None:
    """End all logins of the person; with `others` all but the one that asks."""
    kept = principal.session_id if others else None
    await revoke_person.within(transaction, principal.user_id, kept)
