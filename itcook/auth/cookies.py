"""Logins that live in a cookie: for pages, whose scripts then hold nothing that could be stolen from them.

The cookie's value is an opaque secret whose hash is the login session's. It takes the place of access and
refresh tokens, lives as long as the session, and is prolonged by use.

A browser sends a cookie whoever asks it to, so a cookie alone proves nothing. It counts together with what
another site's page cannot forge: an Origin, which the guard compares with those that are allowed, and, where
something is changed, a token that only those can have read who may read our answers.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from itcook.auth.opaque import hash_of, new_secret
from itcook.auth.principal import Principal
from itcook.clock import utc_now
from itcook.database import Transaction, transactional
from itcook.errors import ForbiddenError, UnauthenticatedError
from itcook.models import LoginSession, RefreshToken, Ticket

COOKIE = "itcook_session"
CSRF_HEADER = "X-CSRF-Token"
PROLONGED_AFTER = timedelta(days=1)  # of use; each time costs a write

_listeners: list[Callable[[UUID], None]] = []


@dataclass(frozen=True, slots=True)
class Evidence:
    """What else a request with a cookie says about the page that sent it.

    `has_origin` if it has an allowed Origin; `is_same_origin` if the browser says that it comes
    from our own page, in Sec-Fetch-Site or else in Referer; `changes` if it may change anything.
    """

    has_origin: bool
    is_same_origin: bool
    changes: bool
    csrf_token: str


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """The value of a cookie, and until when it is good."""

    secret: str
    expires_at: datetime


@transactional
async def issue(transaction: Transaction, session_id: UUID) -> SessionCookie:
    """Have the login session live in this cookie alone: what continued it before is worth nothing, nor are
    the tickets that were bought with that.
    """
    secret = new_secret()
    session = await LoginSession.get(id=session_id, using_db=transaction.connection)
    if session.cookie_hash is not None:
        transaction.after_commit(partial(_tell, session_id))
    session.cookie_hash = hash_of(secret)
    await session.save(using_db=transaction.connection, update_fields=["cookie_hash"])
    await RefreshToken.filter(session_id=session_id).using_db(transaction.connection).delete()
    await Ticket.filter(session_id=session_id).using_db(transaction.connection).delete()
    return SessionCookie(secret, session.expires_at)


def on_replaced(listener: Callable[[UUID], None]) -> Callable[[], None]:
    """Have `listener` called with the id of each session whose cookie is replaced; the result ends that."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


async def owner_of(secret: str) -> Principal:
    """The person whose session lives in this cookie. Raises `UnauthenticatedError`."""
    asked_at = asyncio.get_running_loop().time()
    session = (
        await LoginSession.filter(
            cookie_hash=hash_of(secret),
            revoked_at=None,
            expires_at__gt=utc_now(),
            user__disabled_at=None,
        )
        .select_related("user")
        .first()
    )
    if session is None:
        raise UnauthenticatedError("the session of this cookie has ended; log in again", code="session_ended")
    return Principal(
        user_id=session.user_id,
        session_id=session.id,
        name=session.user.name,
        role=session.user.role,
        expires_at=session.expires_at,
        asked_at=asked_at,
    )


def is_to_be_prolonged(expires_at: datetime, days: int, now: datetime) -> bool:
    """Whether a session that ends at `expires_at` has been used long enough for another `days`."""
    return expires_at - now < timedelta(days=days) - PROLONGED_AFTER


@transactional
async def prolong(transaction: Transaction, session_id: UUID, days: int) -> datetime | None:
    """Have the session end after `days` more. None if it has ended meanwhile."""
    expires_at = transaction.now + timedelta(days=days)
    prolonged = (
        await LoginSession.filter(id=session_id, revoked_at=None)
        .using_db(transaction.connection)
        .update(expires_at=expires_at)
    )
    return expires_at if prolonged else None


def csrf_token(secret: str) -> str:
    """What a request that changes something repeats in `X-CSRF-Token`: who cannot read the cookie can ask
    for it, but only from a page that may read our answers.
    """
    return hmac.new(secret.encode(), b"itcook csrf token", hashlib.sha256).hexdigest()


def check_sender(secret: str, evidence: Evidence) -> None:
    """Raises `ForbiddenError` if nothing shows that a request with this cookie is wanted by its person."""
    if not (evidence.has_origin or (evidence.is_same_origin and not evidence.changes)):
        raise ForbiddenError(
            "the session cookie is for pages, and this request has no Origin; other clients send an access"
            " token",
            code="origin_forbidden",
        )
    if evidence.changes and not hmac.compare_digest(
        csrf_token(secret).encode(), evidence.csrf_token.encode()
    ):
        raise ForbiddenError(
            f"with the session cookie, send in {CSRF_HEADER} the csrf_token of GET /api/v1/auth/cookie",
            code="csrf_token_invalid",
        )


def _tell(session_id: UUID) -> None:
    for listener in _listeners:
        listener(session_id)
