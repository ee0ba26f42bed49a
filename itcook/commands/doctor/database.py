"""The database: whether it answers, is up to date, has connections enough, and tells the same time."""

import asyncio
import fcntl
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg

from itcook.commands.doctor.clocks import compared
from itcook.commands.doctor.findings import Finding, broken, note, ok, warning
from itcook.settings import Settings, SettingsError

HEAR_SECONDS = 3.0
GONE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


async def look(settings: Settings) -> AsyncIterator[Finding]:
    """Whichever it is. Nothing is created or changed."""
    if settings.embedded:
        for finding in _embedded(settings.database_path):
            yield finding
        return
    from itcook.database import connect  # with the ORM, which takes most of a second

    try:
        connection = await connect(settings)
    except (*GONE, ValueError) as error:
        why = str(error) or type(error).__name__
        yield broken("database", f"cannot be reached: {why}", "start PostgreSQL, or mend ITCOOK_DATABASE_URL")
        return
    try:
        async for finding in _postgresql(settings, connection):
            yield finding
    except GONE as error:
        yield broken("database", f"does not answer: {error}", "look at PostgreSQL's log")
    finally:
        with suppress(*GONE):
            await connection.close()


def _embedded(path: Path) -> Iterator[Finding]:
    if not path.exists():
        yield note("database", f"{path} is not there yet: the first start creates it")
        return
    try:
        # Read only: looking must not create files, nor hold up a server that has it open.
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as connection:
            [(events,)] = connection.execute("SELECT count(*) FROM stream_entries").fetchall()
    except sqlite3.Error as error:
        mend = "restore a backup, or name another file in ITCOOK_DATABASE_URL"
        yield broken("database", f"{path} cannot be read: {error}", mend)
        return
    size = path.stat().st_size / 1e6
    state = "a server has it open" if _is_locked(path) else "no server has it open"
    yield ok("database", f"{path}, {size:,.1f} MB, {events:,} events in the history; {state}")
    yield ok("migrations", "applied by each start")


def _is_locked(path: Path) -> bool:
    try:
        with path.with_name(path.name + ".lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


async def _postgresql(settings: Settings, connection: asyncpg.Connection) -> AsyncIterator[Finding]:
    version = connection.get_server_version()
    yield ok("database", f"PostgreSQL {version.major}.{version.minor}")
    yield await _migrations(settings)
    asked_at = datetime.now(UTC)
    told: datetime = await connection.fetchval("SELECT clock_timestamp()")
    yield compared("clock", "PostgreSQL", told, asked_at, datetime.now(UTC))
    yield await _connections(settings, connection)
    if settings.redis_url is None:
        yield await _notifications(connection)


async def _migrations(settings: Settings) -> Finding:
    from itcook.database import is_behind

    try:
        behind = await is_behind(settings)
    except SettingsError as error:
        return broken("migrations", str(error), "look at PostgreSQL's log")
    if behind:
        return broken("migrations", "the database is behind this version", "run itcook migrate")
    return ok("migrations", "up to date")


async def _connections(settings: Settings, connection: asyncpg.Connection) -> Finding:
    needed = settings.workers * (settings.database_pool_size + 1)
    allowed = int(await connection.fetchval("SHOW max_connections"))
    reserved = int(await connection.fetchval("SHOW superuser_reserved_connections"))
    found = f"this node may take {needed} of {allowed - reserved}"
    if needed > allowed - reserved:
        return broken("connections", found, "lower ITCOOK_DATABASE_POOL_SIZE, or raise max_connections")
    if 2 * needed > allowed - reserved:
        return warning(
            "connections", f"{found}: another node would not fit beside it", "raise max_connections"
        )
    return ok("connections", found)


async def _notifications(connection: asyncpg.Connection) -> Finding:
    """Whether what is notified is heard; behind a pooler that pools by transaction it is not."""
    heard = asyncio.Event()
    channel = f"itcook_doctor_{uuid4().hex}"
    await connection.add_listener(channel, lambda *_: heard.set())
    await connection.execute("SELECT pg_notify($1, '')", channel)
    try:
        async with asyncio.timeout(HEAR_SECONDS):
            await heard.wait()
    except TimeoutError:
        return broken(
            "NOTIFY", "nodes do not hear each other", "have PgBouncer pool by session, or set Redis up"
        )
    return ok("NOTIFY", "nodes hear each other through PostgreSQL")
