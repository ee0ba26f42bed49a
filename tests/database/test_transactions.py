"""Transactions on a real SQLite file, with real faults: locks, a full disk, callers that vanish."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager

import asyncpg
import pytest
from tortoise import connections
from tortoise.exceptions import IntegrityError, OperationalError

from itcook.database import Database, Transaction, as_problem, transactional, transactions
from itcook.errors import UnavailableError
from itcook.identifiers import new_id
from itcook.models import Follow, User
from itcook.settings import Settings, SettingsError
from tests.support.stream import NOON
from tests.support.survival import survives

FULL = "database or disk is full"


@pytest.fixture(autouse=True)
async def database(settings: Settings) -> AsyncIterator[Database]:
    """Empty, and open."""
    database = Database(settings)
    await database.open()
    yield database
    await database.close()


def user(email: str) -> User:
    return User(
        id=new_id(), email=email, password_hash="x" * 100, first_name="A", last_name="B", created_at=NOON
    )


@transactional
async def add(transaction: Transaction, email: str) -> str:
    await user(email).save(using_db=transaction.connection)
    return email


async def emails() -> set[str]:
    return {found.email for found in await User.all()}


async def pragma(name: str, value: int) -> None:
    await connections.get("default").execute_query(f"PRAGMA {name} = {value:d}")


@contextmanager
def locked(settings: Settings) -> Iterator[sqlite3.Connection]:
    """Another program holds the write lock, until it rolls back."""
    with closing(sqlite3.connect(settings.database_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


async def test_the_result_of_what_committed() -> None:
    """A use case gives what its work gave."""
    assert await add("a") == "a"
    assert await emails() == {"a"}


async def test_work_inside_a_transaction_that_is_there() -> None:
    """Two works, one transaction: both or none."""

    @transactional
    async def both(transaction: Transaction, fail: bool) -> None:
        await add.within(transaction, "a")
        await add.within(transaction, "b")
        if fail:
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await both(True)
    assert await emails() == set()
    await both(False)
    assert await emails() == {"a", "b"}


async def test_a_transaction_inside_another_is_a_defect() -> None:
    """It would wait for itself for ever."""

    @transactional
    async def outer(transaction: Transaction) -> None:
        await add("a")

    with pytest.raises(AssertionError, match=r"use \.within"):
        await outer()


async def test_calls_around_the_commit() -> None:
    """Those before it in order and inside, those after it when others can see the rows, and none else."""
    order: list[str] = []

    @transactional
    async def work(transaction: Transaction, fail: bool = False) -> None:
        async def before() -> None:
            await add.within(transaction, "late")
            order.append("before")

        transaction.after_commit(lambda: order.append("after"))
        transaction.before_commit(before)
        order.append("work")
        if fail:
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await work(fail=True)
    assert order == ["work"]
    await work()
    assert order == ["work", "work", "before", "after"]
    assert await emails() == {"late"}


async def test_no_call_after_a_commit_that_failed(settings: Settings) -> None:
    """Nobody hears of what is not durable."""
    called: list[str] = []

    @transactional
    async def work(transaction: Transaction) -> None:
        await add.within(transaction, "a")
        transaction.after_commit(lambda: called.append("after"))

        async def fail() -> None:
            raise OperationalError(FULL)

        transaction.before_commit(fail)

    with pytest.raises(UnavailableError):
        await work()
    assert called == []
    assert await emails() == set()


@survives("database: a full disk")
async def test_a_full_disk() -> None:
    """503, nothing acknowledged and nothing left behind; once there is room, everything works."""
    await add("before")
    await pragma("max_page_count", 1)  # SQLite takes that for the size that it has now
    with pytest.raises(UnavailableError):
        await add_many("lost", 1000)
    await pragma("max_page_count", 2**30)
    await add("after")
    assert await emails() == {"before", "after"}


@transactional
async def add_many(transaction: Transaction, email: str, count: int) -> None:
    for number in range(count):
        await add.within(transaction, f"{email} {number}")


async def test_a_commit_that_fails_leaves_nothing_behind() -> None:
    """SQLite keeps the transaction open then, and the next one must not commit it along.

    The fault is real: COMMIT itself checks deferred constraints, and refuses.
    """

    @transactional
    async def work(transaction: Transaction) -> None:
        await transaction.connection.execute_query("PRAGMA defer_foreign_keys = 1")
        await add.within(transaction, "lost")
        nobody = Follow(id=new_id(), follower_id=new_id(), followed_id=new_id(), created_at=NOON)
        await nobody.save(using_db=transaction.connection)

    with pytest.raises(sqlite3.IntegrityError):
        await work()
    await add("after")
    assert await emails() == {"after"}
    assert await Follow.all().count() == 0


async def test_vanished_callers() -> None:
    """Fifty of them, gone at different moments, leave the one connection usable."""
    tasks = []
    for number in range(50):
        tasks.append(asyncio.create_task(add(str(number))))
        for _ in range(number % 7):
            await asyncio.sleep(0)
        tasks[-1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert all(task.cancelled() for task in tasks)
    assert await asyncio.wait_for(add("after"), 10) == "after"
    # Those that were cancelled before their first step never began.
    begun = {str(number) for number in range(50) if number % 7}
    assert await emails() == begun | {"after"}


async def test_a_vanished_caller_has_its_transaction_completed() -> None:
    """Cancelled in the very middle."""
    middle, go_on = asyncio.Event(), asyncio.Event()

    @transactional
    async def work(transaction: Transaction) -> None:
        await add.within(transaction, "a")
        middle.set()
        await go_on.wait()
        await add.within(transaction, "b")

    task = asyncio.create_task(work())
    await middle.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    assert await asyncio.wait_for(add("c"), 10) == "c"
    assert await emails() == {"a", "b", "c"}


async def test_closing_waits_for_what_runs(settings: Settings, database: Database) -> None:
    """Also where its caller is gone."""
    task = asyncio.create_task(add("a"))
    await asyncio.sleep(0)
    task.cancel()
    await database.close()
    await database.open()
    assert await emails() == {"a"}


@survives("database: SQLite locked")
async def test_a_lock_is_waited_for(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tried again once it is free; its caller notices nothing."""
    await pragma("busy_timeout", 1)
    monkeypatch.setattr(transactions, "BACKOFF_SECONDS", 0.001)
    attempts = 0
    with locked(settings) as other:

        @transactional
        async def work(transaction: Transaction) -> None:
            nonlocal attempts
            attempts += 1
            if attempts == 3:
                other.execute("ROLLBACK")
            await add.within(transaction, "a")

        await work()
    assert attempts == 3
    assert await emails() == {"a"}


@survives("database: SQLite locked")
async def test_a_lock_that_stays(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 after so many attempts, and everything works once it is gone."""
    await pragma("busy_timeout", 1)
    monkeypatch.setattr(transactions, "BACKOFF_SECONDS", 0.001)
    attempts = 0

    @transactional
    async def work(transaction: Transaction) -> None:
        nonlocal attempts
        attempts += 1
        await add.within(transaction, "a")

    with locked(settings), pytest.raises(UnavailableError) as caught:
        await work()
    assert attempts == transactions.ATTEMPTS
    assert caught.value.retry_after == 1
    await work()
    assert await emails() == {"a"}


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (asyncpg.DeadlockDetectedError("deadlock detected"), transactions.ATTEMPTS),
        (asyncpg.SerializationError("could not serialize access"), transactions.ATTEMPTS),
        (asyncpg.LockNotAvailableError("canceling statement due to lock timeout"), transactions.ATTEMPTS),
        (asyncpg.StatementCompletionUnknownError("nobody knows"), 1),
        (asyncpg.AdminShutdownError("terminating connection"), 1),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_what_postgresql_takes_back_is_tried_again(
    error: Exception, attempts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was certainly rolled back; where the commit may have happened, a second time could be too many."""
    monkeypatch.setattr(transactions, "BACKOFF_SECONDS", 0.001)
    made = 0

    @transactional
    async def work(transaction: Transaction) -> None:
        nonlocal made
        made += 1
        raise error

    with pytest.raises(UnavailableError):
        await work()
    assert made == attempts


async def test_what_is_wrong_is_not_tried_again() -> None:
    """A constraint, a defect and a mistake in SQL come out as they are, at once."""
    await add("a")
    with pytest.raises(IntegrityError):
        await add("a")
    attempts = 0

    @transactional
    async def work(transaction: Transaction) -> None:
        nonlocal attempts
        attempts += 1
        await transaction.connection.execute_query("SELECT * FROM nowhere")

    with pytest.raises(OperationalError, match="no such table"):
        await work()
    assert attempts == 1
    assert await add("b") == "b"


async def test_inserting_once() -> None:
    """Whoever is first inserts; the others neither fail nor change what is there."""

    @transactional
    async def once(transaction: Transaction, email: str) -> bool:
        return await transaction.insert_once(user(email))

    assert await asyncio.gather(*(once("a") for _ in range(10))) == [True] + [False] * 9
    assert await once("b")
    assert await emails() == {"a", "b"}


@pytest.mark.parametrize(
    ("error", "is_problem"),
    [
        (OperationalError("database is locked"), True),
        (OperationalError(FULL), True),
        (OperationalError("no such column: x"), False),
        (ConnectionRefusedError(), True),
        (asyncpg.DeadlockDetectedError("deadlock detected"), True),
        (asyncpg.DiskFullError("could not extend file"), True),
        (asyncpg.TooManyConnectionsError("sorry, too many clients already"), True),
        (asyncpg.AdminShutdownError("terminating connection"), True),
        (asyncpg.ConnectionDoesNotExistError("connection was closed"), True),
        (
            asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress"),
            True,
        ),
        (asyncpg.PostgresIOError("could not read block"), True),
        (asyncpg.UndefinedColumnError("column x does not exist"), False),
        (sqlite3.OperationalError("unable to open database file"), True),
        (ValueError("x"), False),
        (asyncio.CancelledError(), False),
    ],
)
def test_what_is_the_databases_fault(error: BaseException, is_problem: bool) -> None:
    """503 for what passes or needs an operator; a defect stays a defect."""
    assert (as_problem(error) is not None) == is_problem


async def test_a_second_process_is_refused(settings: Settings, database: Database) -> None:
    """One file, one process; the setting is named, and closing lets the next one in."""
    with pytest.raises(SettingsError, match=r"ITCOOK_DATABASE_URL: .* is open in another process"):
        await Database(settings).open()
    await database.close()
    second = Database(settings)
    await second.open()
    await second.close()
    await database.open()


async def test_stored_means_stored() -> None:
    """WAL, and a commit that survives a power cut."""
    connection = connections.get("default")
    mode = await connection.execute_query_dict("PRAGMA journal_mode")
    synchronous = await connection.execute_query_dict("PRAGMA synchronous")
    assert (mode[0]["journal_mode"], synchronous[0]["synchronous"]) == ("wal", 2)
