"""What the nodes of one installation share, besides what is in the database: through Redis, or else through
PostgreSQL, or, on SQLite, in the memory of the only node.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Literal

import structlog

from itcook.database import connect
from itcook.redis import SharedRedis
from itcook.settings import Settings
from itcook.stream.broker import Broker
from itcook.stream.memory import MemoryBroker
from itcook.stream.postgresql.broker import NotifyBroker
from itcook.stream.presence import MemoryPresence, Presence
from itcook.stream.redis.broker import RedisBroker
from itcook.stream.redis.presence import RedisPresence
from itcook.stream.table import StreamTable

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Shared:
    """The implementations behind one face; `redis` is None where there is none. `kind` is the broker's."""

    broker: Broker
    presence: Presence
    redis: SharedRedis | None = None
    kind: Literal["memory", "postgresql", "redis"] = "memory"

    def degraded(self) -> list[str]:
        """What is not as it should be, while the server serves all the same."""
        return ["redis"] if self.redis is not None and not self.redis.reachable else []


@asynccontextmanager
async def open_shared(settings: Settings) -> AsyncIterator[Shared]:
    """Share with other nodes, or with nobody. The database is open. Redis may be away: that is no reason not
    to serve, as everything that must not be lost is in the database.
    """
    if settings.embedded:
        yield Shared(MemoryBroker(), MemoryPresence())
    elif settings.redis_url is None:
        async with _through_postgresql(settings) as shared:
            yield shared
    else:
        async with _through_redis(settings.redis_url.get_secret_value()) as shared:
            yield shared


@asynccontextmanager
async def _through_postgresql(settings: Settings) -> AsyncIterator[Shared]:
    log.info("nodes share through PostgreSQL: complete, slower than Redis; presence and quotas are per node")
    broker = NotifyBroker(partial(connect, settings))
    try:
        yield Shared(broker, MemoryPresence(), kind="postgresql")
    finally:
        await broker.stop()


@asynccontextmanager
async def _through_redis(url: str) -> AsyncIterator[Shared]:
    table = StreamTable()
    await table.open()
    redis = SharedRedis(url, table.epoch)
    await redis.open()
    broker = RedisBroker(redis, table.epoch)
    await broker.begin(table.open)
    try:
        yield Shared(broker, RedisPresence(redis), redis, kind="redis")
    finally:
        await broker.stop()
        await redis.close()
