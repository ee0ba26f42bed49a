"""Telling the nodes at once what an operator's command did to the database, before their audit finds it.

The process that runs the command is no node: it speaks once and is gone. What is lost on the way does no
harm, as the audit stands behind it.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import asyncpg
import structlog
from redis.exceptions import RedisError

from itcook.auth.sessions import on_person_revoked
from itcook.database import connect
from itcook.redis import SharedRedis
from itcook.settings import Settings
from itcook.stream.postgresql import broker as postgresql
from itcook.stream.redis import mail
from itcook.stream.signals import PersonRevoked, Signal
from itcook.stream.table import StreamTable

GONE = (OSError, RedisError, asyncpg.PostgresError, asyncpg.InterfaceError)

log = structlog.get_logger(__name__)


@asynccontextmanager
async def telling_nodes(settings: Settings) -> AsyncIterator[None]:
    """Tell every node whose logins ended inside, by whichever way nodes hear each other.

    The database is open. An embedded one has no node while the command has it.
    """
    signals: list[Signal] = []

    def note(user_id: UUID, kept: UUID | None) -> None:
        signals.append(PersonRevoked(user_id=user_id, kept=kept))

    stop_listening = on_person_revoked(note)
    try:
        yield
    finally:
        stop_listening()
    if signals and not settings.embedded:
        await _tell(settings, signals)


async def _tell(settings: Settings, signals: Sequence[Signal]) -> None:
    sender = f"operator-{uuid4().hex}"
    try:
        if settings.redis_url is None:
            await _through_postgresql(settings, sender, signals)
        else:
            await _through_redis(settings.redis_url.get_secret_value(), sender, signals)
    except GONE as error:
        log.warning("running nodes cannot be told", error=str(error) or type(error).__name__)


async def _through_postgresql(settings: Settings, sender: str, signals: Sequence[Signal]) -> None:
    connection = await connect(settings)
    try:
        await postgresql.notify(connection, sender, signals)
    finally:
        await connection.close()


async def _through_redis(url: str, sender: str, signals: Sequence[Signal]) -> None:
    table = StreamTable()
    await table.open()
    redis = SharedRedis(url, table.epoch)
    try:
        await mail.publish(redis, sender, signals)
    finally:
        await redis.close()
