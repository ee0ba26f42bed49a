from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from quart import Quart

from itcook.auth.last_seen import BATCH, LastSeen
from itcook.clock import utc_now
from itcook.models import LoginSession
from tests.support.people import Person


@pytest.fixture
async def logins(app: Quart, ada: Person, grace: Person) -> list[LoginSession]:
    """Two logins that were last seen an hour ago."""
    await LoginSession.all().update(last_seen_at=utc_now() - timedelta(hours=1))
    return await LoginSession.all().order_by("id")


async def seen_since(logins: list[LoginSession]) -> list[bool]:
    now = {login.id: login.last_seen_at for login in await LoginSession.all()}
    return [now[login.id] > login.last_seen_at for login in logins]


async def test_a_login_that_was_used_is_written(logins: list[LoginSession]) -> None:
    """And no other; once for all its uses, also among more than one statement takes."""
    seen = LastSeen(set[UUID])
    for _ in range(3):
        seen.note(logins[0].id)
    for _ in range(2 * BATCH):
        seen.note(uuid4())
    await seen.write()
    assert await seen_since(logins) == [True, False]
    await LoginSession.all().update(last_seen_at=logins[0].last_seen_at)
    await seen.write()
    assert await seen_since(logins) == [False, False]


async def test_an_open_connection_is_use(logins: list[LoginSession]) -> None:
    """A page that only listens asks for nothing and is there all the same."""
    await LastSeen(lambda: {logins[1].id}).write()
    assert await seen_since(logins) == [False, True]


async def test_it_never_goes_backwards(logins: list[LoginSession]) -> None:
    """Another node may have written a later moment."""
    later = utc_now() + timedelta(minutes=1)
    await LoginSession.all().update(last_seen_at=later)
    seen = LastSeen(lambda: [login.id for login in logins])
    await seen.write()
    assert {login.last_seen_at for login in await LoginSession.all()} == {later}
