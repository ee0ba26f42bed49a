"""Leases: of all nodes, one does a piece of scheduled work, and another one once that one is gone.

A lease spares work. It is not what makes work happen once: a holder that was stopped for longer than its
lease wakes up beside its successor, and nodes' clocks differ. So jobs claim what they work on row by row.
"""

from datetime import timedelta

from tortoise.expressions import Q

from itcook import models
from itcook.database import Transaction, transactional


@transactional
async def acquire(transaction: Transaction, name: str, holder: str, lasting: timedelta) -> bool:
    """Hold the lease `name` for `lasting` from now; False while another holder has it.

    Its holder extends it by acquiring it again.
    """
    if await _take(transaction, name, holder, lasting):
        return True
    over = models.Lease(name=name, holder=holder, until=transaction.now)
    await models.Lease.bulk_create([over], ignore_conflicts=True, using_db=transaction.connection)
    return await _take(transaction, name, holder, lasting)


@transactional
async def release(transaction: Transaction, name: str, holder: str) -> None:
    """Leave the lease to whoever comes next; nothing if it is another's by now."""
    await models.Lease.filter(name=name, holder=holder).using_db(transaction.connection).delete()


async def _take(transaction: Transaction, name: str, holder: str, lasting: timedelta) -> bool:
    # One statement: whoever comes second waits for the row, and then finds the condition broken.
    free = models.Lease.filter(Q(holder=holder) | Q(until__lte=transaction.now), name=name)
    taken = free.using_db(transaction.connection).update(holder=holder, until=transaction.now + lasting)
    return bool(await taken)
