"""Tickets: what opens one connection for clients that can set no header.

A ticket stands in an address, and addresses end up in logs. So it works once, within seconds, opens nothing
but a stream, and that stream ends when the credential it was bought with does.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from itcook.auth.opaque import hash_of, new_secret
from itcook.auth.principal import Principal
from itcook.auth.tokens import Claims
from itcook.database import Transaction, transactional
from itcook.errors import UnauthenticatedError
from itcook.models import Ticket

LIFETIME = timedelta(seconds=30)  # from the purchase to the connection: a round trip, on the worst network


@dataclass(frozen=True, slots=True)
class Bought:
    """A ticket, and for how many seconds it is good."""

    ticket: str
    expires_in: int


@transactional
async def buy(transaction: Transaction, principal: Principal) -> Bought:
    """A ticket for the login session of `principal`."""
    ticket = new_secret()
    lifetime = min(LIFETIME, principal.expires_at - transaction.now)
    await Ticket.create(
        using_db=transaction.connection,
        ticket_hash=hash_of(ticket),
        session_id=principal.session_id,
        expires_at=transaction.now + lifetime,
        credential_expires_at=principal.expires_at,
    )
    return Bought(ticket, max(0, round(lifetime.total_seconds())))


async def redeem(ticket: str) -> Claims:
    """What the buyer's credential said. Raises `UnauthenticatedError` for a ticket that is not, or no
    longer, good for a connection.

    Only a ticket that is there is worth a transaction: whoever makes them up has not been counted yet, and
    should not have the one writer of SQLite wait for them.
    """
    if not await Ticket.filter(ticket_hash=hash_of(ticket)).exists():
        raise _invalid()
    return await _redeem(ticket)


@transactional
async def _redeem(transaction: Transaction, ticket: str) -> Claims:
    stored = (
        await Ticket.filter(ticket_hash=hash_of(ticket), expires_at__gt=transaction.now)
        .using_db(transaction.connection)
        .select_related("session")
        .first()
    )
    if stored is None or not await _use(transaction, stored):
        raise _invalid()
    return Claims(stored.session.user_id, stored.session.id, stored.credential_expires_at)


@transactional
async def prune(transaction: Transaction, now: datetime) -> int:
    """Remove the tickets that nobody used in time; how many."""
    return await Ticket.filter(expires_at__lt=now).using_db(transaction.connection).delete()


async def _use(transaction: Transaction, ticket: Ticket) -> bool:
    # Of two connections at once only one removes the row, whatever each of them has read before.
    removed = await Ticket.filter(ticket_hash=ticket.ticket_hash).using_db(transaction.connection).delete()
    return removed == 1


def _invalid() -> UnauthenticatedError:
    return UnauthenticatedError(
        "this ticket is unknown, used or older than 30 seconds: buy another", code="invalid_ticket"
    )
