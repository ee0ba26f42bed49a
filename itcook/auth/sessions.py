"""Login sessions: opened by a password, kept alive by rotating refresh tokens, ended by revocation.

A refresh token works once and is answered with the next one. One that comes back after its use is known
to two people, and as nobody can tell who of them is the thief, the session ends for both (RFC 9700
section 4.14.2).
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from itcook.auth.opaque import hash_of, new_secret
from itcook.database import Transaction, transactional
from itcook.models import LoginSession, RefreshToken, Ticket, User

PersonListener = Callable[[UUID, UUID | None], None]

_listeners: list[Callable[[UUID], None]] = []
_person_listeners: list[PersonListener] = []


@dataclass(frozen=True, slots=True)
class Device:
    """Where a login comes from, as far as it can be told; shown to the person, never trusted."""

    user_agent: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that lives, and the one refresh token that will continue it."""

    session: LoginSession
    user: User
    refresh_token: str
    now: datetime


@transactional
async def open_session(transaction: Transaction, user: User, device: Device, days: int) -> Opened:
    """Begin a session of `user` that ends after `days` without a refresh."""
    session = await LoginSession.create(
        using_db=transaction.connection,
        user=user,
        user_agent=device.user_agent[:200],
        address=device.address[:45],
        created_at=transaction.now,
        last_seen_at=transaction.now,
        expires_at=transaction.now + timedelta(days=days),
    )
    token = await _add_token(transaction, session)
    return Opened(session, user, token, transaction.now)


@transactional
async def continue_session(transaction: Transaction, refresh_token: str, days: int) -> Opened | None:
    """Exchange `refresh_token` for the next one; the session then ends after `days` more.

    None if it is unknown or its session has ended, and also if it was used before: that ends the session,
    and is no exception so that the end is committed.
    """
    stored = (
        await RefreshToken.filter(token_hash=hash_of(refresh_token))
        .using_db(transaction.connection)
        .select_related("session__user")
        .first()
    )
    if stored is None or not _lives(stored.session, transaction.now):
        return None
    if not await _use(transaction, stored):
        await revoke_session.within(transaction, stored.session.id)
        return None
    return await _continued(transaction, stored.session, days)


@transactional
async def renew_session(transaction: Transaction, session_id: UUID) -> Opened:
    """Have the session go on with a new refresh token alone: those before, and the tickets that were bought
    in it, are worth nothing.
    """
    sessions = LoginSession.filter(id=session_id).using_db(transaction.connection)
    session = await sessions.select_related("user").get()
    await RefreshToken.filter(session_id=session_id).using_db(transaction.connection).delete()
    await Ticket.filter(session_id=session_id).using_db(transaction.connection).delete()
    return Opened(session, session.user, await _add_token(transaction, session), transaction.now)


@transactional
async def revoke_session(transaction: Transaction, session_id: UUID) -> None:
    """End a session at once; whoever listens hears of it after the commit. Ending it again does nothing."""
    revoked = (
        await LoginSession.filter(id=session_id, revoked_at=None)
        .using_db(transaction.connection)
        .update(revoked_at=transaction.now)
    )
    if revoked:
        transaction.after_commit(partial(_tell, session_id))


@transactional
async def revoke_person(transaction: Transaction, user_id: UUID, kept: UUID | None = None) -> None:
    """End all sessions of a person at once but the one that is `kept`, likewise."""
    living = LoginSession.filter(user_id=user_id, revoked_at=None)
    ended = living if kept is None else living.exclude(id=kept)
    await ended.using_db(transaction.connection).update(revoked_at=transaction.now)
    transaction.after_commit(partial(_tell_of_person, user_id, kept))


def on_revoked(listener: Callable[[UUID], None]) -> Callable[[], None]:
    """Have `listener` called with the id of each session that is revoked here; the result ends that."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def on_person_revoked(listener: PersonListener) -> Callable[[], None]:
    """Have `listener` called with the id of each person whose sessions all end here, and with that of the
    session that is kept, if one is; the result ends that.
    """
    _person_listeners.append(listener)
    return lambda: _person_listeners.remove(listener)


async def living(session_ids: Collection[UUID], now: datetime) -> set[UUID]:
    """Those of the sessions that live at `now`."""
    found = LoginSession.filter(
        id__in=session_ids, revoked_at=None, expires_at__gt=now, user__disabled_at=None
    )
    return {session_id for (session_id,) in await found.values_list("id")}


@transactional
async def prune(transaction: Transaction, now: datetime) -> int:
    """Remove the sessions that have expired, with their refresh tokens; how many sessions."""
    return await LoginSession.filter(expires_at__lt=now).using_db(transaction.connection).delete()


async def _use(transaction: Transaction, token: RefreshToken) -> bool:
    # Of two requests at once only one changes the row, whatever each of them has read before.
    used = (
        await RefreshToken.filter(token_hash=token.token_hash, used_at=None)
        .using_db(transaction.connection)
        .update(used_at=transaction.now)
    )
    return used == 1


async def _continued(transaction: Transaction, session: LoginSession, days: int) -> Opened:
    session.last_seen_at = transaction.now
    session.expires_at = transaction.now + timedelta(days=days)
    await session.save(using_db=transaction.connection, update_fields=["last_seen_at", "expires_at"])
    token = await _add_token(transaction, session)
    return Opened(session, session.user, token, transaction.now)


async def _add_token(transaction: Transaction, session: LoginSession) -> str:
    token = new_secret()
    await RefreshToken.create(
        using_db=transaction.connection,
        token_hash=hash_of(token),
        session=session,
        created_at=transaction.now,
    )
    return token


def _lives(session: LoginSession, now: datetime) -> bool:
    return session.revoked_at is None and session.expires_at > now and session.user.disabled_at is None


def _tell(session_id: UUID) -> None:
    for listener in _listeners:
        listener(session_id)


def _tell_of_person(user_id: UUID, kept: UUID | None) -> None:
    for listener in _person_listeners:
        listener(user_id, kept)
