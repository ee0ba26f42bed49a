"""Opening the database: its configuration, its migrations, and one process for an embedded one."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import asyncpg
from tortoise.context import TortoiseContext
from tortoise.exceptions import DBConnectionError, OperationalError
from tortoise.migrations.api import migrate as run_migrations
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget

from itcook.database import postgresql
from itcook.database.transactions import all_ended
from itcook.settings import Settings, SettingsError

SQLITE_MAGIC = b"SQLite format 3\0"  # how each of its files begins, sqlite.org/fileformat.html


def tortoise_config(settings: Settings, *, patient: bool = False) -> dict[str, Any]:
    """Tortoise's configuration. `patient` is for migrations, which take as long as they take."""
    return {
        "connections": {"default": _connection(settings, patient=patient)},
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


def _connection(settings: Settings, *, patient: bool) -> dict[str, Any]:
    if not settings.embedded:
        reached = postgresql.credentials(settings) if patient else postgresql.pool(settings)
        return {"engine": "tortoise.backends.asyncpg", "credentials": reached}
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


@dataclass(frozen=True, slots=True)
class Pool:
    """Connections to the database: how many are open, how many of those are at work, and the most there can
    be.
    """

    open: int
    used: int
    limit: int


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
        elif await is_behind(self._settings):
            raise SettingsError(
                "ITCOOK_DATABASE_URL: the database is behind this version: run itcook migrate"
            )
        # Global, because Quart runs its start-up and its requests in unrelated tasks.
        context = TortoiseContext()
        with context:  # init() itself looks up the current context
            await context.init(config=tortoise_config(self._settings), _enable_global_fallback=True)
        self._context = context

    def pool(self) -> Pool:
        """The connections as they are now."""
        assert self._context is not None, "the database is open"
        client = cast("Any", self._context.db())  # neither Tortoise nor its types tell of their connections
        if self._settings.embedded:
            return Pool(open=1, used=int(client._lock.locked()), limit=1)
        size = client._pool.get_size()
        return Pool(open=size, used=size - client._pool.get_idle_size(), limit=client._pool.get_max_size())

    async def close(self) -> None:
        """Let running transactions end, then disconnect."""
        await all_ended()
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
            await run_migrations(config=tortoise_config(settings, patient=True))


async def is_behind(settings: Settings) -> bool:
    """Whether there are migrations that the database has not seen. Raises `SettingsError` without one."""
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
