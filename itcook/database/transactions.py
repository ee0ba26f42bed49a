"""Transactions that a vanished client cannot break.

Every write goes through `transactional`. What it adds to Tortoise's own transactions:

- It runs in a task of its own, shielded: Quart cancels a handler when its client leaves, and a
  cancellation in the middle would leak SQLite's only connection or one of PostgreSQL's pool.
- Work can be put before the commit (the outbox's rows, so that their order follows the row locks taken
  before) and after it (nudges: nobody hears of what was not committed).
- On SQLite, those that wait for the one writer share a commit (`itcook.database.units`), and what they
  insert with it (`itcook.database.inserts`).
- What passes by itself (a lock, a deadlock, a failed serialization) is tried again; what does not
  becomes `UnavailableError`, and nothing was acknowledged.
"""

import asyncio
import contextvars
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial, update_wrapper
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar

import structlog
from tortoise.backends.base.client import TransactionalDBClient
from tortoise.models import Model

from itcook.clock import Clock, utc_now
from itcook.database.failures import as_problem, passes_by_itself
from itcook.database.inserts import Inserts
from itcook.database.units import SharedFailureError, run_unit
from itcook.tracing import tracer

if TYPE_CHECKING:
    from itcook.tracing.tracer import Tracer

ATTEMPTS = 5  # of one transaction; with the back-off below about one second in all
BACKOFF_SECONDS = 0.05  # doubled each time, with jitter

P = ParamSpec("P")
T = TypeVar("T")
Work = TypeVar("Work", bound=Callable[..., Awaitable[Any]])

_MARK = "itcook_inserts_only"

log = structlog.get_logger(__name__)
_current: contextvars.ContextVar["Transaction | None"] = contextvars.ContextVar("transaction", default=None)
_running: set[asyncio.Task[Any]] = set()

# Since the start: `committed`, `rolled_back` by whoever had begun it, `retried`, and `failed` with 503.
outcomes: Counter[str] = Counter()


class Transaction:
    """One unit of work. `now` is the time of everything it writes.

    What is added to `inserts` is inserted with the commit: nothing in the unit may ask the database for it.
    """

    def __init__(self, connection: TransactionalDBClient, now: datetime, inserts: Inserts) -> None:
        self.connection = connection
        self.now = now
        self.inserts = inserts
        self._before_commit: list[Callable[[], Awaitable[None]]] = []
        self._after_commit: list[Callable[[], None]] = []

    def before_commit(self, call: Callable[[], Awaitable[None]]) -> None:
        """Have `call` awaited when the work is done, in the order given; what it adds to `inserts` is
        inserted last.
        """
        self._before_commit.append(call)

    def after_commit(self, call: Callable[[], None]) -> None:
        """Have `call` made once the transaction is durable, and never if it rolls back."""
        self._after_commit.append(call)

    async def insert_once(self, row: Model) -> bool:
        """Insert `row` unless a unique constraint holds against it; whether it was inserted.

        Another transaction that is inserting the same is waited for: only the one that comes first
        inserts, also under READ COMMITTED, and nobody has an aborted transaction on its hands.
        """
        model = type(row)
        await model.bulk_create([row], ignore_conflicts=True, using_db=self.connection)
        return await model.filter(pk=row.pk).using_db(self.connection).exists()

    async def complete(self) -> None:
        for write in self._before_commit:
            await write()

    def committed(self) -> None:
        for call in self._after_commit:
            call()


class transactional(Generic[P, T]):  # noqa: N801 # used as a decorator
    """Make `f(transaction, …)` a use case `f(…)` that runs in a transaction of its own.

    `f.within(transaction, …)` is the same work inside a transaction that is already there. The work may
    run more than once, so it must change nothing but the database.
    """

    clock: Clock = staticmethod(utc_now)

    def __init__(self, work: Callable[Concatenate[Transaction, P], Awaitable[T]]) -> None:
        self.within = work
        self._inserts_only: bool = getattr(work, _MARK, False)
        update_wrapper(self, work)

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        assert _current.get() is None, f"{self.within} inside a transaction: use .within()"
        once = partial(self._once, args, kwargs)
        tracing = tracer()
        attempt = _attempt(once) if tracing is None else self._traced(tracing, once)
        task = asyncio.create_task(attempt)
        _running.add(task)
        task.add_done_callback(_finished)
        return await asyncio.shield(task)

    async def _traced(self, tracing: "Tracer", once: Callable[..., Awaitable[T]]) -> T:
        with tracing.transaction(f"{self.within.__module__}.{self.within.__qualname__}"):
            return await _attempt(once)

    async def _once(self, args: Any, kwargs: Any, *, alone: bool) -> T:
        async def work(connection: TransactionalDBClient, inserts: Inserts) -> tuple[Transaction, T]:
            transaction = Transaction(connection, type(self).clock(), inserts)
            token = _current.set(transaction)
            try:
                result = await self.within(transaction, *args, **kwargs)
                await transaction.complete()
            finally:
                _current.reset(token)
            return transaction, result

        transaction, result = await run_unit(work, alone=alone, inserts_only=self._inserts_only)
        transaction.committed()
        return result


def inserts_only(work: Work) -> Work:
    """Say that `work` changes nothing but by the transaction's `inserts`, and records: on SQLite there is
    nothing to go back to if it fails, and no savepoint. Put it right below `transactional`.
    """
    setattr(work, _MARK, True)
    return work


def is_inside() -> bool:
    """Whether the task that asks is at work in a transaction."""
    return _current.get() is not None


def running() -> int:
    """How many transactions run, or wait for their turn or a connection."""
    return len(_running)


async def all_ended() -> None:
    """Wait for the transactions that run, also for those whose callers are gone."""
    while _running:
        await asyncio.wait(set(_running))


def _finished(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled():
        # Whoever waited has the exception; whoever left does not care, and asyncio must not complain.
        task.exception()


async def _attempt(once: Callable[..., Awaitable[T]]) -> T:
    for attempt in range(ATTEMPTS):
        try:
            result = await _shared_or_alone(once)
        except Exception as error:
            problem = as_problem(error)
            if problem is None:
                outcomes["rolled_back"] += 1
                raise
            if attempt == ATTEMPTS - 1 or not passes_by_itself(error):
                outcomes["failed"] += 1
                log.warning("transaction failed", error=str(error), attempts=attempt + 1)
                raise problem from error
            outcomes["retried"] += 1
            await asyncio.sleep(BACKOFF_SECONDS * 2**attempt * random.uniform(0.5, 1))  # noqa: S311
        else:
            outcomes["committed"] += 1
            return result
    raise AssertionError("unreachable: the last attempt returns or raises")


async def _shared_or_alone(once: Callable[..., Awaitable[T]]) -> T:
    try:
        return await once(alone=False)
    except SharedFailureError as error:
        log.info("transactions that shared a commit failed, and are tried alone", error=str(error))
        return await once(alone=True)
