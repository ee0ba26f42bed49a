"""Quotas of several nodes, counted in Redis; while it is away, by each node for itself."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from limits.aio.storage import RedisStorage
from redis.exceptions import RedisError

from itcook.quotas.policies import Policy
from itcook.quotas.quotas import Left, Quotas, own_quotas
from itcook.redis import SharedRedis
from itcook.settings import Settings

ANSWER_SECONDS = 0.5  # for Redis; every request waits for it
CONNECTIONS = 16  # to Redis; thousands of requests at once line up for them

log = structlog.get_logger(__name__)


def open_quotas(settings: Settings, redis: SharedRedis | None) -> "Quotas | SharedQuotas | None":
    """The quotas of this server; None if they are turned off."""
    if settings.rate_limits == "off":
        return None
    return own_quotas() if redis is None else SharedQuotas(redis)


class SharedQuotas:
    """Counts as `Quotas` does, for all nodes together. That Redis is away refuses nobody: then each node
    grants as much as one alone would.
    """

    def __init__(self, redis: SharedRedis) -> None:
        self._redis = redis
        storage = RedisStorage(
            f"async+{redis.url}",
            implementation="redispy",
            key_prefix=redis.key("quota"),
            connection_pool=redis.pool(CONNECTIONS, ANSWER_SECONDS),  # type: ignore[arg-type] # documented, but not in its type
        )
        self._shared = Quotas(lambda policy: storage)
        self._own = own_quotas()

    async def spend(self, policy: Policy, key: str) -> Left:
        """Count one request of `key`'s, if it is within the quota."""
        return await self._asked(lambda quotas: quotas.spend(policy, key))

    async def look(self, policy: Policy, key: str) -> Left:
        """What is left, where nothing is counted."""
        return await self._asked(lambda quotas: quotas.look(policy, key))

    async def _asked(self, ask: Callable[[Quotas], Awaitable[Left]]) -> Left:
        if self._redis.reachable:
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    return await ask(self._shared)
            except (RedisError, OSError) as error:
                log.debug("a request was counted by this node alone", error=str(error))
        return await ask(self._own)
