"""Who comes with a login session, asked of the real database by many at once."""

import asyncio
from datetime import timedelta

import pytest

from itcook.auth.credentials import principal_of
from itcook.auth.sessions import revoke_session
from itcook.auth.tokens import Claims
from itcook.clock import utc_now
from itcook.database import Database
from itcook.errors import UnauthenticatedError
from itcook.identifiers import new_id
from itcook.models import Kitchen, KitchenMember, LoginSession, User
from itcook.stream import channels
from itcook.stream.access import resolve
from tests.support.core import database
from tests.support.statements import traced
from tests.support.stream import NOON

__all__ = ["database"]

STORM = 1000  # people that come back at once


@pytest.fixture
async def people(database: Database) -> list[Claims]:
    """A token's claims of each of `STORM` people, who have one session and one kitchen each."""
    now = utc_now()
    users = [_user(number) for number in range(STORM)]
    logins = [
        LoginSession(user_id=user.id, created_at=now, last_seen_at=now, expires_at=now + timedelta(days=1))
        for user in users
    ]
    homes = [Kitchen(name="Home", time_zone="UTC", scan_at=NOON, created_at=NOON) for _ in users]
    members = [
        KitchenMember(kitchen_id=home.id, user_id=user.id, role="owner", joined_at=NOON)
        for home, user in zip(homes, users, strict=True)
    ]
    await User.bulk_create(users)
    await LoginSession.bulk_create(logins)
    await Kitchen.bulk_create(homes)
    await KitchenMember.bulk_create(members)
    return [
        Claims(user.id, login.id, now + timedelta(minutes=15))
        for user, login in zip(users, logins, strict=True)
    ]


def _user(number: int) -> User:
    return User(
        email=f"{number}@example.com",
        password_hash="none",
        first_name=f"Person {number}",
        last_name="Cook",
        created_at=NOON,
    )


async def test_who_comes_back_at_once_is_let_in_by_a_few_queries(people: list[Claims]) -> None:
    """A thousand people are three queries: that they are let in, and which kitchens are theirs."""
    async with traced() as statements:
        principals = await asyncio.gather(*map(principal_of, people))
        assert len(statements) <= 3
        statements.clear()
        kitchens = await asyncio.gather(*(resolve("kitchens", principal) for principal in principals))
        assert len(statements) <= 3
    assert [principal.name for principal in principals] == [f"Person {n} Cook" for n in range(STORM)]
    assert [principal.user_id for principal in principals] == [claims.user_id for claims in people]
    for principal, read in zip(principals, kitchens, strict=True):
        membership = await KitchenMember.get(user_id=principal.user_id)
        assert read == (channels.kitchen(membership.kitchen_id),)


async def test_who_is_not_let_in(people: list[Claims]) -> None:
    """A session that was revoked, has expired, is another's or nobody's, and a disabled person."""
    revoked, expired, disabled, fine, other = people[:5]
    await revoke_session(revoked.session_id)
    await LoginSession.filter(id=expired.session_id).update(expires_at=utc_now())
    await User.filter(id=disabled.user_id).update(disabled_at=utc_now())
    anothers = Claims(fine.user_id, other.session_id, fine.expires_at)
    nobodys = Claims(fine.user_id, new_id(), fine.expires_at)
    asked = (revoked, expired, disabled, anothers, nobodys, fine)
    results = await asyncio.gather(*map(principal_of, asked), return_exceptions=True)
    assert [type(result) for result in results[:5]] == [UnauthenticatedError] * 5
    assert getattr(results[5], "user_id", None) == fine.user_id


async def test_a_revocation_is_seen_by_all_who_come_after_it(people: list[Claims]) -> None:
    """Also while a thousand others are being let in: no answer is older than its question."""
    storm = [asyncio.create_task(principal_of(claims)) for claims in people[100:]]
    for claims in people[:20]:
        before = asyncio.create_task(principal_of(claims))  # its answer may be either
        await revoke_session(claims.session_id)
        with pytest.raises(UnauthenticatedError):
            await principal_of(claims)
        await asyncio.wait({before})
        storm += [asyncio.create_task(principal_of(other)) for other in people[100:200]]
        before.exception()
    assert len(await asyncio.gather(*storm)) == len(storm)
