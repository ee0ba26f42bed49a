"""Units of work and the transactions they run in: one each on PostgreSQL, shared ones on SQLite.

SQLite has one writer, and what a commit costs is the wait for the disk. So the units that wait for their
turn run one after another inside one transaction, each behind a savepoint, and one commit makes all of
them durable. None is answered before it; one that fails is undone alone. What they leave to be inserted waits
until the commit, or until a unit comes that has statements, which must find it; a unit that has none needs no
savepoint.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from tortoise import connections
from tortoise.backends.base.client import BaseDBAsyncClient, TransactionalDBClient
from tortoise.exceptions import OperationalError
from tortoise.transactions import in_transaction

from itcook.database.inserts import Inserts

MAX_UNITS = 64  # of one group: each waits for all, and each page that changes is kept once for each savepoint
MAX_SECONDS = 0.02  # after which a group takes in no other unit, so that none waits long for its commit

T = TypeVar("T")
Work = Callable[[TransactionalDBClient, Inserts], Awaitable[T]]


class SharedFailureError(Exception):
    """The group failed and nothing of it is stored; it is not known which of its units was to blame."""


async def run_unit(work: Work[T], *, alone: bool = False, inserts_only: bool = False) -> T:
    """The result of `work`, once it is durable, and what it leaves to be inserted with it. With `alone` it
    shares its transaction with no other; with `inserts_only` it changes nothing by statements of its own.

    Raises what `work` raises, and what the commit does; then nothing of it is stored. Raises
    `SharedFailureError` if the unit may well succeed alone.
    """
    client = connections.get("default")
    if client.capabilities.dialect == "sqlite":
        unit = _Unit(alone=alone, inserts_only=inserts_only)
        return await _writers.setdefault(client, Writer()).run(work, unit)
    async with in_transaction() as connection:
        inserts = Inserts()
        result = await work(connection, inserts)
        await inserts.write(connection)
        await connection.commit()
    return result


class _Unit:
    """Waits for its turn, then has `finished` with the error it met or None, then hears of the commit."""

    def __init__(self, *, alone: bool, inserts_only: bool) -> None:
        loop = asyncio.get_running_loop()
        self.alone = alone
        self.inserts_only = inserts_only
        self.inserts = Inserts()
        self.turn: asyncio.Future[TransactionalDBClient] = loop.create_future()
        self.finished: asyncio.Future[BaseException | None] = loop.create_future()
        self.committed: asyncio.Future[None] = loop.create_future()

    def settle(self, failure: Exception | None) -> None:
        """Tell how the group ended."""
        if self.committed.done():
            return  # its task was cancelled
        if failure is None:
            self.committed.set_result(None)
        else:
            self.committed.set_exception(failure)
            self.committed.exception()  # whoever failed by itself may not ask, and asyncio must not complain


class Writer:
    """Runs the units of one SQLite database in groups. One task writes while there are units."""

    def __init__(self) -> None:
        self._waiting: deque[_Unit] = deque()
        self._writing: asyncio.Task[None] | None = None

    async def run(self, work: Work[T], unit: _Unit) -> T:
        """See `run_unit`. The work runs in the caller's task; if that is cancelled, it is undone."""
        self._waiting.append(unit)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        failure: Exception | None = None
        try:
            result = await _inside(await unit.turn, work, unit.inserts)
        except BaseException as error:
            unit.finished.set_result(error)
            if not isinstance(error, Exception):
                raise
            failure = error
        else:
            unit.finished.set_result(None)
        # Also by one that failed: it may have failed over what another unit of the group wrote before it.
        await unit.committed
        if failure is not None:
            raise failure
        return result

    async def _write(self) -> None:
        try:
            while self._waiting:
                await self._write_group()
        finally:
            self._writing = None

    async def _write_group(self) -> None:
        group: list[_Unit] = []
        try:
            async with in_transaction() as connection:
                if await self._run_units(connection, group):
                    await connection.commit()
                else:
                    await connection.rollback()
                # Before the connection is free: who hears of a commit hears of it before anyone reads it.
                for unit in group:
                    unit.settle(None)
        except BaseException as error:
            own = error if len(group) == 1 and isinstance(error, Exception) else None
            for unit in group:
                unit.settle(own or SharedFailureError(str(error)))
                if not unit.turn.done():  # what has to be done before its turn has failed
                    unit.turn.set_exception(SharedFailureError(str(error)))
                    unit.turn.exception()  # its task may be cancelled just now, and asyncio must not complain
            if not group and isinstance(error, Exception):
                self._refuse(error)
            if not isinstance(error, Exception):
                raise

    def _refuse(self, failure: Exception) -> None:
        """Tell all who wait that no transaction can be begun; else they would be tried again without end."""
        while self._waiting:
            unit = self._waiting.popleft()
            if not unit.turn.done():
                unit.turn.set_exception(failure)
                unit.settle(None)

    async def _run_units(self, connection: TransactionalDBClient, group: list[_Unit]) -> bool:
        """Run units, one after another; `group` becomes those that ran. Whether there is what to commit."""
        opened_at = asyncio.get_running_loop().time()
        inserts = Inserts()
        while (unit := self._next(group, opened_at)) is not None:
            group.append(unit)
            if len(group) > 1 and not unit.inserts_only:
                await inserts.write(connection)
                await connection.savepoint()
                if unit.turn.done():
                    continue  # its task was cancelled meanwhile; nobody goes back to this savepoint
            changes = _changes(connection)
            unit.turn.set_result(connection)
            if await unit.finished is None:
                inserts.extend(unit.inserts)
            elif not unit.inserts_only:
                if len(group) == 1:
                    return False
                await connection.savepoint_rollback()
            assert not unit.inserts_only or _changes(connection) == changes, "it is said to insert only"
            _check_open(connection)
        await inserts.write(connection)
        _check_open(connection)
        return bool(group)

    def _next(self, group: Sequence[_Unit], opened_at: float) -> _Unit | None:
        """The unit that runs next in this group, if there is one."""
        while self._waiting and self._waiting[0].turn.done():
            self._waiting.popleft()  # its task was cancelled before its turn
        if not self._waiting:
            return None
        late = asyncio.get_running_loop().time() - opened_at > MAX_SECONDS
        full = len(group) == MAX_UNITS or late or self._waiting[0].alone or group[0].alone if group else False
        return None if full else self._waiting.popleft()


_writers: WeakKeyDictionary[BaseDBAsyncClient, Writer] = WeakKeyDictionary()


async def _inside(connection: TransactionalDBClient, work: Work[T], inserts: Inserts) -> T:
    """Do `work` with `connection` as its task's own, also where it names none."""
    token = connections.set(connection.connection_name, connection)
    try:
        return await work(connection, inserts)
    finally:
        connections.reset(token)


def _changes(connection: TransactionalDBClient) -> int:
    """How many rows its statements have changed so far."""
    return int(cast("Any", connection)._connection.total_changes)


def _check_open(connection: TransactionalDBClient) -> None:
    """Raises `OperationalError` if SQLite has ended the transaction, as some failed statements make it.

    What came after it would be stored at once, and what was before it acknowledged and lost.
    """
    if not cast("Any", connection)._connection.in_transaction:
        raise OperationalError("the database rolled the transaction back")
