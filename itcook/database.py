"""The database: opening it, migrating it, and transactions that a vanished client cannot break.

Every write goes through `transactional`. What it adds to Tortoise's own transactions:

- It runs in a task of its own, shielded: Quart cancels a handler when its client leaves, and a
  cancellation in the middle would leak SQLite's only connection or one of PostgreSQL's pool.
- Work can be put before the commit (the outbox's rows, so that their order follows the row locks taken
  before) and after it (nudges: nobody hears of what was not committed).
- What passes by itself (a lock, a deadlock, a failed serialization) is tried again; what does not
  becomes `UnavailableError`, and nothing was acknowledged.
"""

import asyncio
import contextvars
import fcntl
import random
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial, update_wrapper
from pathlib import Path
from typing import IO, Any, Concatenate, Generic, ParamSpec, TypeVar

import asyncpg
import structlog
from tortoise.backends.base.client import TransactionalDBClient
from tortoise.context import TortoiseContext
from tortoise.exceptions import DBConnectionError, IntegrityError, OperationalError
from tortoise.migrations.api import migrate as run_migrations
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.models import Model
from tortoise.transactions import in_transaction

from itcook.clock import Clock, utc_now
from itcook.errors import ProblemError, UnavailableError
from itcook.settings import Settings, SettingsError

ATTEMPTS = 5  # of one transaction; with the back-off below about one second in all
SQLITE_MAGIC = b"SQLite format 3\0"  # how each of its files begins, sqlite.org/fileformat.html
BACKOFF_SECONDS = 0.05  # doubled each time, with jitter

# What asyncpg raises and Tortoise leaves as it is, by the classes of PostgreSQL's error codes (appendix A).
# Of class 40 only what is certain to have been rolled back: 40003 says that nobody knows.
_PASSING = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
)
_UNSERVED = (
    *_PASSING,
    asyncpg.TransactionRollbackError,  # 40
    asyncpg.InsufficientResourcesError,  # 53: a full disk, too many connections
    asyncpg.OperatorInterventionError,  # 57: stopping, starting, cancelled
    asyncpg.PostgresSystemError,  # 58
)
_UNREACHABLE = (
    DBConnectionError,
    ConnectionError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,  # 08
    sqlite3.OperationalError,
)

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger(__name__)
_current: contextvars.ContextVar["Transaction | None"] = contextvars.ContextVar("transaction", default=None)
_running: set[asyncio.Task[Any]] = set()


class Transaction:
    """One unit of work. `now` is the time of everything it writes."""

    def __init__(self, connection: TransactionalDBClient, now: datetime) -> None:
        self.connection = connection
        self.now = now
        self._before_commit: list[Callable[[], Awaitable[None]]] = []
        self._after_commit: list[Callable[[], None]] = []

    def before_commit(self, call: Callable[[], Awaitable[None]]) -> None:
        """Have `call` awaited as the last thing inside the transaction, in the order given."""
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

    async def commit(self) -> None:
        for write in self._before_commit:
            await write()
        # When this fails, leaving the block in `_once` rolls back: SQLite keeps the transaction open, and
        # the next BEGIN would commit what was answered with 503.
        await self.connection.commit()

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
        update_wrapper(self, work)

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        assert _current.get() is None, f"{self.within} inside a transaction: use .within()"
        task = asyncio.create_task(_attempt(partial(self._once, args, kwargs)))
        _running.add(task)
        task.add_done_callback(_finished)
        return await asyncio.shield(task)

    async def _once(self, args: Any, kwargs: Any) -> T:
        async with in_transaction() as connection:
            transaction = Transaction(connection, type(self).clock())
            token = _current.set(transaction)
            try:
                result = await self.within(transaction, *args, **kwargs)
                await transaction.commit()
            finally:
                _current.reset(token)
        transaction.committed()
        return result


def _finished(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled():
        # Whoever waited has the exception; whoever left does not care, and asyncio must not complain.
        task.exception()


async def _attempt(once: Callable[[], Awaitable[T]]) -> T:
    for attempt in range(ATTEMPTS):
        try:
            return await once()
        except Exception as error:
            problem = as_problem(error)
            if problem is None:
                raise
            if attempt == ATTEMPTS - 1 or not _passes_by_itself(error):
                log.warning("transaction failed", error=str(error), attempts=attempt + 1)
                raise problem from error
            await asyncio.sleep(BACKOFF_SECONDS * 2**attempt * random.uniform(0.5, 1))  # noqa: S311
    raise AssertionError("unreachable: the last attempt returns or raises")


def as_problem(error: BaseException) -> ProblemError | None:
    """`UnavailableError` if the database could not be used, None if the error is something else."""
    if isinstance(error, _UNSERVED) or (isinstance(error, OperationalError) and not _is_defect(error)):
        return UnavailableError("the database cannot serve this now; try again", retry_after=1)
    if isinstance(error, _UNREACHABLE):
        return UnavailableError("the database cannot be reached; try again", retry_after=2)
    return None


def _is_defect(error: OperationalError) -> bool:
    # Tortoise folds "no such column" and "database is locked" into one class, and makes a violated
    # constraint one of its kind: these are ours to mend, and trying again would not help anyone.
    text = str(error)
    return isinstance(error, IntegrityError) or any(
        sign in text for sign in ("no such ", "syntax error", "does not exist")
    )


def _passes_by_itself(error: BaseException) -> bool:
    return isinstance(error, _PASSING) or "locked" in str(error)


def tortoise_config(settings: Settings) -> dict[str, Any]:
    """Tortoise's configuration, for the server and for the migrations."""
    return {
        "connections": {"default": _connection(settings)},
        "apps": {
            "models": {
                "models": ["itcook.models"],
                "default_connection": "default",
                "migrations": "itcook.models.migrations",
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


def _connection(settings: Settings) -> dict[str, Any] | str:
    if not settings.embedded:
        return settings.database_url.replace("postgresql://", "postgres://", 1)
    return {
        "engine": "tortoise.backends.sqlite",
        "credentials": {
            "file_path": str(settings.database_path),
            "journal_mode": "WAL",
            # NORMAL would survive a killed process but not a power cut, and 201 means stored.
            "synchronous": "FULL",
            "busy_timeout": 5000,
            "journal_size_limit": 64 * 1024 * 1024,
        },
    }


# For `make migration`, which compares the models with the migrations and opens no database.
MIGRATION_CONFIG = tortoise_config(Settings.model_construct())


class Database:
    """The open database of this process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._context: TortoiseContext | None = None
        self._lock: IO[str] | None = None

    async def open(self) -> None:
        """Connect; an embedded database is created and brought up to date first.

        Raises `SettingsError` if another process has the embedded database open, if the database cannot
        be reached, and if it is behind.
        """
        if self._settings.embedded:
            self._lock = _lock_beside(self._settings.database_path)
            _check_file(self._settings.database_path)
            await migrate(self._settings)
        elif await _is_behind(self._settings):
            raise SettingsError(
                "ITCOOK_DATABASE_URL: the database is behind this version: run itcook migrate"
            )
        # Global, because Quart runs its start-up and its requests in unrelated tasks.
        context = TortoiseContext()
        with context:  # init() itself looks up the current context
            await context.init(config=tortoise_config(self._settings), _enable_global_fallback=True)
        self._context = context

    async def close(self) -> None:
        """Let running transactions end, then disconnect."""
        while _running:
            await asyncio.wait(set(_running))
        if self._context is not None:
            await self._context.close_connections()
            self._context = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None


async def migrate(settings: Settings) -> None:
    """Apply the migrations that the database has not seen yet. Raises `SettingsError` without a database."""
    with _reached():
        async with TortoiseContext():
            await run_migrations(config=tortoise_config(settings))


async def _is_behind(settings: Settings) -> bool:
    config = tortoise_config(settings)
    with _reached():
        async with TortoiseContext() as context:
            await context.init(config=config)
            await context.db().execute_query("SELECT 1")  # the plan takes no answer for an empty database
            executor = MigrationExecutor(context.db(), config["apps"])
            return bool(await executor.plan([MigrationTarget("models", "__latest__")]))


@contextmanager
def _reached() -> Iterator[None]:
    try:
        yield
    except (OSError, DBConnectionError, OperationalError, asyncpg.PostgresError, sqlite3.Error) as error:
        raise SettingsError(f"ITCOOK_DATABASE_URL: the database cannot be used: {error}") from error


def _lock_beside(path: Path) -> IO[str]:
    """Hold the database for this process: a second one would meet `database is locked` at random."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # for its owner only, as the secret is
        lock = path.with_name(path.name + ".lock").open("w")
    except OSError as error:
        raise SettingsError(f"ITCOOK_DATABASE_URL: cannot write to {path.parent}: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise SettingsError(
            f"ITCOOK_DATABASE_URL: {path} is open in another process, and SQLite serves one only:"
            " stop that process, name another file, or use PostgreSQL"
        ) from None
    return lock


def _check_file(path: Path) -> None:
    # Tortoise waits for ever on a file that SQLite refuses.
    if not path.exists():
        return
    with path.open("rb") as file:
        head = file.read(len(SQLITE_MAGIC))
    if head not in {b"", SQLITE_MAGIC}:
        raise SettingsError(f"ITCOOK_DATABASE_URL: {path} is not an SQLite database")
