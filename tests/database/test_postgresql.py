"""PostgreSQL that is away, silent or locked, and comes back. A server of its own, because it is stopped."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from pydantic import SecretStr
from tortoise.backends.base.executor import EXECUTOR_CACHE

from itcook.database import Database, Transaction, transactional
from itcook.errors import UnavailableError
from itcook.identifiers import new_id
from itcook.models import StreamEntry, User
from itcook.settings import Settings
from itcook.stream import table as module
from itcook.stream.table import StreamTable
from tests.support.postgres import SECRET, Cluster, cluster
from tests.support.stream import NOON
from tests.support.survival import survives
from tests.support.waiting import until

TIMEOUT_SECONDS = 3.0  # more than a frozen transaction has the head for


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    """A PostgreSQL of this module's own."""
    with cluster() as server:
        yield server


@pytest.fixture
async def settings(server: Cluster) -> AsyncIterator[Settings]:
    EXECUTOR_CACHE.clear()  # Tortoise keeps finished SQL by table, and not by the kind of the database
    async with server.database() as url:
        yield Settings(
            _env_file=None,
            database_url=url,
            secret=SecretStr(SECRET),
            database_pool_size=3,
            database_timeout_seconds=TIMEOUT_SECONDS,
        )


@pytest.fixture(autouse=True)
async def database(settings: Settings) -> AsyncIterator[Database]:
    """Empty, and open."""
    database = Database(settings)
    await database.open()
    yield database
    await database.close()


@transactional
async def add(transaction: Transaction, email: str) -> None:
    person = User(
        id=new_id(), email=email, password_hash="none", first_name="A", last_name="B", created_at=NOON
    )
    await person.save(using_db=transaction.connection)


async def emails() -> set[str]:
    return {found.email for found in await User.all()}


async def happened(*ids: int) -> None:
    """Events that were committed, and have no position."""
    entries = [StreamEntry(id=one, channels="community", body='"type":"T"}', created_at=NOON) for one in ids]
    await StreamEntry.bulk_create(entries)


@survives("database: PostgreSQL stopped")
async def test_a_server_that_crashes_and_comes_back(server: Cluster) -> None:
    """Writes are 503 meanwhile, with a time to come back; then the pool goes on, and all is there."""
    await asyncio.gather(*(add(f"before {number}") for number in range(6)))
    server.crash()
    for _ in range(5):
        with pytest.raises(UnavailableError) as caught:
            await add("meanwhile")
        assert caught.value.retry_after
    server.start()
    await add("after")
    assert await emails() == {"after", *(f"before {number}" for number in range(6))}


async def test_a_lock_is_not_waited_for_for_ever(settings: Settings) -> None:
    """Somebody has the table and keeps it: 503, and everything works when it is free."""
    async with _elsewhere(settings) as other, other.transaction():
        await other.execute("LOCK TABLE users")
        with pytest.raises(UnavailableError):
            await add("a")
        assert other.is_in_transaction()
    await add("b")
    assert await emails() == {"b"}


async def test_more_transactions_than_connections() -> None:
    """They wait for each other, and none fails."""
    await asyncio.gather(*(add(str(number)) for number in range(30)))
    assert len(await emails()) == 30


async def test_a_relay_that_froze_with_the_head_does_not_keep_it(settings: Settings) -> None:
    """PostgreSQL ends it, and what it had begun never happened: the next one gives the same positions."""
    table = StreamTable()
    await table.open()
    await happened(1, 2, 3)
    async with _elsewhere(settings) as frozen:
        # What `stamp` does, up to the moment before its commit; from there on nothing is said.
        await frozen.execute("BEGIN")
        await frozen.execute(module._LOCK_HEAD)
        await frozen.execute(module._STAMP.format(limit=2))
        assert [envelope.position for envelope in await table.stamp(10)] == [1, 2, 3]
        await until(frozen.is_closed)
        with pytest.raises(asyncpg.InterfaceError):
            await frozen.execute("COMMIT")
    assert [envelope.position for envelope in await table.read(0, 10)] == [1, 2, 3]


@asynccontextmanager
async def _elsewhere(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """A connection of another program's."""
    connection = await asyncpg.connect(settings.database_url)
    try:
        yield connection
    finally:
        connection.terminate()
