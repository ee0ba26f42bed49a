"""What the nodes of one installation share, besides the database: through Redis, or, if there is one node
only, in its memory.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from itcook.redis import SharedRedis
from itcook.settings import Settings
from itcook.stream.broker import Broker
from itcook.stream.memory import MemoryBroker
from itcook.stream.presence import MemoryPresence, Presence
from itcook.stream.redis.broker import RedisBroker
from itcook.stream.table import StreamTable


@dataclass(frozen=True, slots=True)
class Shared:
    """The two implementations behind one face; `redis` is None where there is none."""

    broker: Broker
    presence: Presence
    redis: SharedRedis | None = None

    def degraded(self) -> list[str]:
        """What is not as it should be, while the server serves all the same."""
        return ["redis"] if self.redis is not None and not self.redis.reachable else []


@asynccontextmanager
async def open_shared(settings: Settings) -> AsyncIterator[Shared]:
    """Share with other nodes, or with nobody. The database is open. Redis may be away: that is no reason not
    to serve, as everything that must not be lost is in the database.
    """
    if settings.redis_url is None:
        yield Shared(MemoryBroker(), MemoryPresence())
        return
    table = StreamTable()
    await table.open()
    redis = SharedRedis(settings.redis_url.get_secret_value(), table.epoch)
    await redis.open()
    broker = RedisBroker(redis, table.epoch)
    try:
        yield Shared(broker, MemoryPresence(), redis)
    finally:
        await broker.stop()
        await redis.close()
