"""A token that is exchanged in band: what it must be, and what then ends the connection."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from itcook.auth.principal import Principal
from itcook.errors import UnavailableError
from itcook.messages import Authenticate
from itcook.stream import ends
from itcook.stream.broadcaster import Broadcaster
from itcook.stream.connections import Connections
from itcook.stream.history import History
from itcook.stream.limits import INVALID_MESSAGES
from itcook.stream.session import Liveness, Session
from tests.support.stream import EPOCH, NODE, NOON, FakeSink, FakeTable, someone, verifying

ADA = someone(1, NOON + timedelta(minutes=15))
RENEWED = replace(ADA, session_id=uuid4(), expires_at=NOON + timedelta(minutes=30))
SHORTER = replace(ADA, expires_at=NOON + timedelta(minutes=1))


class Here:
    """One connection of Ada's, at `now`."""

    def __init__(self) -> None:
        self.now: datetime = NOON
        self.verify = verifying(renewed=RENEWED, shorter=SHORTER, grace=someone(2))
        history = History(EPOCH, 0, FakeTable().read)
        self.connections = Connections(
            NODE, history, Broadcaster(), Liveness(10, 30), lambda: self.now, self._verified
        )
        self.sink = FakeSink()
        self.session: Session = self.connections.open(ADA, "sse", self.sink)

    async def _verified(self, token: str) -> Principal:
        return await self.verify(token)

    async def authenticate(self, token: str) -> None:
        await self.connections.handle(self.session, Authenticate(type="Authenticate", token=token, ref="r1"))

    def after(self, minutes: float) -> None:
        """Let time pass, on both clocks."""
        self.now = NOON + timedelta(minutes=minutes)
        now = asyncio.get_running_loop().time() + minutes * 60
        self.connections.timers.tick(now, now)


@pytest.fixture
async def here() -> Here:
    """Ada is connected, with a token of 15 minutes."""
    here = Here()
    await here.connections.join(here.session, [], None)
    return here


async def test_a_connection_lives_as_long_as_its_newest_token(here: Here) -> None:
    """Past the end of the old one, and to the end of the new one."""
    await here.authenticate("renewed")
    assert here.sink.last("TokenRefreshed") == {"expires_at": "2026-11-23T12:30:00.000Z", "ref": "r1"}
    here.after(minutes=29)
    assert here.session.ended is None
    here.after(minutes=31)
    assert here.session.ended is ends.TOKEN_EXPIRED


async def test_a_token_that_ends_sooner_ends_the_connection_sooner(here: Here) -> None:
    """The connection is never older than what it was given last."""
    await here.authenticate("shorter")
    here.after(minutes=1.01)
    assert here.session.ended is ends.TOKEN_EXPIRED


@pytest.mark.parametrize(("token", "code"), [("grace", "wrong_user"), ("nonsense", "invalid_token")])
async def test_a_token_that_is_refused_changes_nothing(here: Here, token: str, code: str) -> None:
    """An `Error`, and the connection goes on until its old token ends."""
    await here.authenticate(token)
    assert (here.sink.last("Error")["code"], here.sink.last("Error")["ref"]) == (code, "r1")
    assert here.session.principal is ADA
    here.after(minutes=16)
    assert here.session.ended is ends.TOKEN_EXPIRED


async def test_guessing_ends_the_connection(here: Here) -> None:
    """A refused token is a refused message."""
    for _ in range(INVALID_MESSAGES):
        await here.authenticate("nonsense")
    assert here.session.ended is ends.TOO_MANY_INVALID


async def test_a_database_that_is_away_is_no_refusal_for_ever(here: Here) -> None:
    """The client tries again, and is not cut off for a defect."""

    async def away(token: str) -> Principal:
        raise UnavailableError("the database cannot serve now")

    here.verify = away
    await here.authenticate("renewed")
    assert here.sink.last("Error")["code"] == "unavailable"
    assert here.session.ended is None


async def test_the_new_login_ends_it_and_the_old_one_no_longer(here: Here) -> None:
    """A connection belongs to the login of its newest token."""
    await here.authenticate("renewed")
    here.connections.end_login(ADA.session_id)
    assert here.session.ended is None
    here.connections.end_login(RENEWED.session_id)
    assert here.session.ended is ends.REVOKED


async def test_a_login_that_is_revoked_while_its_token_is_verified(here: Here) -> None:
    """The database answered that it lives, and the revocation overtook the answer."""
    verify = here.verify

    async def overtaken(token: str) -> Principal:
        principal = await verify(token)
        here.connections.end_login(RENEWED.session_id)
        return principal

    here.verify = overtaken
    await here.authenticate("renewed")
    assert here.sink.last("Error")["code"] == "session_ended"
    assert here.session.principal is ADA


async def test_a_connection_that_ends_meanwhile_stays_ended(here: Here) -> None:
    """It is not found by its new login, and no timer wakes it."""
    verify = here.verify

    async def overtaken(token: str) -> Principal:
        here.session.end(ends.RESTARTING)
        return await verify(token)

    here.verify = overtaken
    await here.authenticate("renewed")
    assert here.sink.types == ["Connected", "Disconnecting"]
    assert len(here.connections.timers) == 0
    assert here.connections._registry.of_login(RENEWED.session_id) == []
    assert here.connections._registry.of_login(UUID(int=0)) == []
