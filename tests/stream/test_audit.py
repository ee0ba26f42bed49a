"""The audit, with made-up sinks and a real database: what a signal did not tell."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from itcook.auth import sessions
from itcook.auth.principal import Principal
from itcook.database import Database
from itcook.models import Kitchen, KitchenMember, LoginSession, User
from itcook.stream import audit as module
from itcook.stream import ends
from itcook.stream.broadcaster import Broadcaster
from itcook.stream.channels import kitchen as channel_of
from itcook.stream.connections import Connections
from itcook.stream.history import History
from itcook.stream.session import Liveness, Session
from tests.support.stream import EPOCH, FOREVER, NODE, NOON, FakeSink, FakeTable, stored, verifying
from tests.support.waiting import until

LATER = NOON + timedelta(days=1)


class Here:
    """A node to which no signal comes."""

    def __init__(self) -> None:
        self.history = History(EPOCH, 0, FakeTable().read)
        self.broadcaster = Broadcaster()
        self.connections = Connections(
            NODE, self.history, self.broadcaster, Liveness(10, 30), lambda: NOON, verifying()
        )

    async def join(self, person: Principal, *names: str) -> tuple[Session, FakeSink]:
        sink = FakeSink()
        session = self.connections.open(person, "sse", sink)
        await self.connections.join(session, names, None)
        return session, sink

    def say(self, kitchen_id: UUID) -> None:
        """Something happens in the kitchen."""
        event = stored(self.history.head + 1, channel_of(kitchen_id))
        self.history.extend([event])
        self.broadcaster.publish([event])

    async def check(self, *checked: Session) -> None:
        await self.connections.audit.check(checked)

    @asynccontextmanager
    async def auditing(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.connections.audit.run())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def here(database: Database) -> Here:
    """Nobody is connected."""
    return Here()


async def logged_in(number: int = 1) -> Principal:
    """A new login of the person with this number."""
    user, _ = await User.get_or_create(
        email=str(number),
        defaults={"password_hash": "", "first_name": "A", "last_name": "B", "created_at": NOON},
    )
    login = await LoginSession.create(user=user, created_at=NOON, last_seen_at=NOON, expires_at=LATER)
    return Principal(user.id, login.id, "A B", "user", FOREVER)


async def enter(person: Principal) -> UUID:
    """Be in a new kitchen, of which no signal tells."""
    kitchen = await Kitchen.create(name="K", time_zone="UTC", scan_at=NOON, created_at=NOON)
    await KitchenMember.create(kitchen=kitchen, user_id=person.user_id, role="member", joined_at=NOON)
    return kitchen.id


async def revoke(person: Principal) -> None:
    await LoginSession.filter(id=person.session_id).update(revoked_at=NOON)


async def expire(person: Principal) -> None:
    await LoginSession.filter(id=person.session_id).update(expires_at=NOON)


async def ban(person: Principal) -> None:
    await User.filter(id=person.user_id).update(disabled_at=NOON)


async def forget(person: Principal) -> None:
    await LoginSession.filter(id=person.session_id).delete()


@pytest.mark.parametrize("lose", [revoke, expire, ban, forget])
async def test_a_login_that_no_longer_lives(here: Here, lose: Callable[[Principal], Awaitable[None]]) -> None:
    """Its connections end; those of other people go on."""
    ada, grace = await logged_in(1), await logged_in(2)
    session, _ = await here.join(ada)
    other, _ = await here.join(grace)
    await here.check(session, other)
    assert (session.ended, other.ended) == (None, None)
    await lose(ada)
    await here.check(session, other)
    assert (session.ended, other.ended) == (ends.REVOKED, None)


async def test_more_connections_than_one_query_asks_about(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None is left out."""
    monkeypatch.setattr(module, "BATCH", 2)
    ada, grace = await logged_in(1), await logged_in(2)
    joined = [(await here.join(person))[0] for person in (grace, ada, grace, grace, ada)]
    await revoke(ada)
    await here.check(*joined)
    assert [session.ended is None for session in joined] == [True, False, True, True, False]


async def test_kitchens_that_were_entered_and_left_in_silence(here: Here) -> None:
    """What is read is what memberships say, by whichever name; nobody is told twice."""
    ada = await logged_in()
    old = await enter(ada)
    session, sink = await here.join(ada, "kitchens", channel_of(old))
    bystander, quiet = await here.join(ada, "community")
    new = await enter(ada)
    await KitchenMember.filter(kitchen_id=old).delete()
    for _ in range(2):
        await here.check(session, bystander)
    here.say(old)
    here.say(new)
    assert sink.positions == [2]
    assert sink.types.count("Unsubscribed") == 1
    assert sink.last("Unsubscribed")["channels"] == ["system", "kitchens"]
    assert quiet.types == ["Connected"]


async def test_a_signal_is_newer_than_an_answer_on_its_way(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memberships that changed while the database was asked are not changed back."""
    ada = await logged_in()
    session, sink = await here.join(ada, "kitchens")
    asked = module._kitchens_of

    async def overtaken(user_ids: set[UUID]) -> object:
        answer = await asked(user_ids)
        kitchen_id = await enter(ada)
        here.connections.membership_changed(ada.user_id, kitchen_id, True)
        here.say(kitchen_id)
        return answer

    monkeypatch.setattr(module, "_kitchens_of", overtaken)
    await here.check(session)
    here.say((await KitchenMember.get(user_id=ada.user_id)).kitchen_id)
    assert sink.positions == [1, 2]


async def test_everyone_is_looked_at_now_and_then(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without anyone asking for it, and again after a failure."""
    monkeypatch.setattr(module, "EVERY_SECONDS", 0.01)
    failures = [OSError("the database is gone")]
    asked = sessions.living

    async def failing(session_ids: set[UUID], now: datetime) -> set[UUID]:
        if failures:
            raise failures.pop()
        return await asked(session_ids, now)

    monkeypatch.setattr(sessions, "living", failing)
    ada = await logged_in()
    session, _ = await here.join(ada)
    await revoke(ada)
    async with here.auditing():
        await until(lambda: session.ended is ends.REVOKED)


async def test_who_may_have_come_too_late_is_looked_at_at_once(here: Here) -> None:
    """A person's logins were revoked: the old one, whose token was checked before, ends; a new one stays."""
    old, new = await logged_in(), await logged_in()
    await revoke(old)
    async with here.auditing():
        here.connections.end_person(old.user_id, None)
        late, _ = await here.join(old)
        again, _ = await here.join(new)
        await until(lambda: late.ended is ends.REVOKED)
        assert again.ended is None
