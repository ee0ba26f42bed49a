import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from quart import Quart

from itcook.auth.principal import Principal
from itcook.auth.sessions import revoke_session
from itcook.auth.tickets import LIFETIME, buy, prune, redeem
from itcook.clock import utc_now
from itcook.database import Database
from itcook.errors import UnauthenticatedError
from itcook.models import LoginSession, Ticket
from tests.support.core import backend, database
from tests.support.people import Person
from tests.support.statements import traced

__all__ = ["backend", "database"]


@pytest.fixture
async def buyer(app: Quart, ada: Person) -> Principal:
    session = await LoginSession.get(user_id=ada.id)
    in_a_while = utc_now().replace(microsecond=0) + timedelta(minutes=10)
    return Principal(ada.id, session.id, ada.name, "user", in_a_while)


async def test_a_ticket_says_what_its_buyer_could(buyer: Principal) -> None:
    """The same person and session, until the same moment; and only its hash is stored."""
    bought = await buy(buyer)
    assert bought.expires_in == LIFETIME.total_seconds()
    assert not await Ticket.filter(ticket_hash=bought.ticket).exists()
    claims = await redeem(bought.ticket)
    assert (claims.user_id, claims.session_id) == (buyer.user_id, buyer.session_id)
    assert claims.expires_at == buyer.expires_at


async def test_a_ticket_works_once(buyer: Principal) -> None:
    """Of twenty connections at once one gets in, and nobody after it."""
    bought = await buy(buyer)
    results = await asyncio.gather(*(redeem(bought.ticket) for _ in range(20)), return_exceptions=True)
    refused = [result for result in results if isinstance(result, UnauthenticatedError)]
    assert (len(refused), refused[0].code) == (19, "invalid_ticket")
    with pytest.raises(UnauthenticatedError):
        await redeem(bought.ticket)


async def test_a_late_ticket_is_refused(buyer: Principal) -> None:
    """Also while housekeeping has not come by yet."""
    bought = await buy(buyer)
    await Ticket.all().update(expires_at=utc_now())
    with pytest.raises(UnauthenticatedError) as caught:
        await redeem(bought.ticket)
    assert caught.value.code == "invalid_ticket"


async def test_a_ticket_does_not_outlive_what_bought_it(buyer: Principal) -> None:
    """A token of five more seconds buys five seconds."""
    bought = await buy(replace(buyer, expires_at=utc_now() + timedelta(seconds=5)))
    assert bought.expires_in <= 5
    assert (await Ticket.get()).expires_at <= utc_now() + timedelta(seconds=5)


@pytest.mark.parametrize("ticket", ["", "x", "é", "' OR 1=1 --", "A" * 100_000])
async def test_what_is_no_ticket_is_refused(buyer: Principal, ticket: str) -> None:
    """Whatever it holds."""
    await buy(buyer)
    with pytest.raises(UnauthenticatedError):
        await redeem(ticket)


async def test_a_made_up_ticket_costs_no_transaction(database: Database, backend: str) -> None:
    """Nobody has counted who sends it, and others wait for the one writer: it is looked up, no more."""
    if backend != "sqlite":
        return  # the transactions are the same code
    async with traced() as statements:
        with pytest.raises(UnauthenticatedError):
            await redeem("made up")
    assert [statement.split()[0] for statement in statements] == ["SELECT"]


async def test_unused_tickets_are_pruned(buyer: Principal) -> None:
    """Once they are good for nothing, and not before."""
    await buy(buyer)
    assert await prune(utc_now()) == 0
    assert await prune(utc_now() + LIFETIME + timedelta(seconds=1)) == 1


async def test_a_ticket_goes_with_its_session(buyer: Principal) -> None:
    """A login that has ended has none that could still open anything."""
    await buy(buyer)
    await revoke_session(buyer.session_id)
    await LoginSession.filter(id=buyer.session_id).delete()
    assert not await Ticket.exists()
