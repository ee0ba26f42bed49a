import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
from quart import Quart

from itcook.auth.sessions import (
    Device,
    Opened,
    continue_session,
    on_revoked,
    open_session,
    prune,
    revoke_session,
)
from itcook.clock import utc_now
from itcook.database import Transaction, transactional
from itcook.models import LoginSession, RefreshToken, User
from tests.support.core import backend
from tests.support.people import Person

__all__ = ["backend"]

DAYS = 30


@pytest.fixture
async def opened(app: Quart, ada: Person) -> Opened:
    return await open_session(await User.get(id=ada.id), Device("curl/8", "192.0.2.1"), DAYS)


@pytest.fixture
async def revoked() -> AsyncIterator[list[UUID]]:
    """The sessions that listeners were told of."""
    told: list[UUID] = []
    forget = on_revoked(told.append)
    yield told
    forget()


async def test_each_refresh_token_gets_the_next(opened: Opened) -> None:
    """The session goes on under its id, and only hashes of the tokens are stored."""
    token = opened.refresh_token
    for _ in range(3):
        continued = await continue_session(token, DAYS)
        assert continued is not None
        assert continued.session.id == opened.session.id
        assert continued.refresh_token != token
        token = continued.refresh_token
    assert not await RefreshToken.filter(token_hash=token).exists()


async def test_a_used_refresh_token_ends_its_session(opened: Opened, revoked: list[UUID]) -> None:
    """The thief's token and the owner's both stop working, although the request itself was refused."""
    continued = await continue_session(opened.refresh_token, DAYS)
    assert continued is not None
    assert await continue_session(opened.refresh_token, DAYS) is None
    assert (await LoginSession.get(id=opened.session.id)).revoked_at is not None
    assert revoked == [opened.session.id]
    assert await continue_session(continued.refresh_token, DAYS) is None


async def test_of_raced_refreshes_one_wins(opened: Opened) -> None:
    """One token never becomes two, however many requests carry it at once."""
    results = await asyncio.gather(*(continue_session(opened.refresh_token, DAYS) for _ in range(10)))
    assert sum(result is not None for result in results) == 1
    assert await RefreshToken.filter(session_id=opened.session.id).count() == 2


async def test_a_refresh_prolongs_the_session(opened: Opened) -> None:
    """Whoever comes back within the days stays signed in."""
    continued = await continue_session(opened.refresh_token, DAYS * 2)
    assert continued is not None
    stored = await LoginSession.get(id=opened.session.id)
    assert stored.expires_at == continued.now + timedelta(days=DAYS * 2)
    assert stored.last_seen_at == continued.now


async def test_a_dead_session_is_not_continued(opened: Opened) -> None:
    """Expired, revoked, or of a disabled person: the refresh token is worth nothing."""
    await LoginSession.filter(id=opened.session.id).update(expires_at=utc_now())
    assert await continue_session(opened.refresh_token, DAYS) is None
    await LoginSession.filter(id=opened.session.id).update(expires_at=utc_now() + timedelta(days=1))
    await User.filter(id=opened.user.id).update(disabled_at=utc_now())
    assert await continue_session(opened.refresh_token, DAYS) is None
    await User.filter(id=opened.user.id).update(disabled_at=None)
    assert await continue_session(opened.refresh_token, DAYS) is not None


async def test_a_revocation_is_told_once(opened: Opened, revoked: list[UUID]) -> None:
    """Revoking again, or what does not exist, tells nobody."""
    await revoke_session(opened.session.id)
    await revoke_session(opened.session.id)
    await revoke_session(UUID(int=0))
    assert revoked == [opened.session.id]


async def test_a_revocation_that_rolled_back_is_not_told(opened: Opened, revoked: list[UUID]) -> None:
    """Listeners end connections: they must not hear of what did not happen."""

    @transactional
    async def revoke_and_fail(transaction: Transaction) -> None:
        await revoke_session.within(transaction, opened.session.id)
        raise LookupError

    with pytest.raises(LookupError):
        await revoke_and_fail()
    assert revoked == []
    assert (await LoginSession.get(id=opened.session.id)).revoked_at is None


async def test_expired_sessions_are_pruned(opened: Opened) -> None:
    """With their refresh tokens; the others stay."""
    assert await prune(utc_now()) == 0
    assert await LoginSession.filter(id=opened.session.id).exists()
    assert await prune(opened.session.expires_at + timedelta(seconds=1)) > 0
    assert not await LoginSession.filter(id=opened.session.id).exists()
    assert not await RefreshToken.filter(session_id=opened.session.id).exists()


async def test_a_long_user_agent_is_cut(app: Quart, ada: Person) -> None:
    """It is shown to the person and must never stop a login."""
    opened = await open_session(await User.get(id=ada.id), Device("x" * 5000, "y" * 500), DAYS)
    stored = await LoginSession.get(id=opened.session.id)
    assert (len(stored.user_agent), len(stored.address)) == (200, 45)
