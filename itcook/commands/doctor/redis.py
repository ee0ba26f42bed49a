"""Redis: whether it answers, is new enough, keeps what it is given, and tells the same time."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime

from redis.asyncio import Redis
from redis.exceptions import RedisError

from itcook.commands.doctor.clocks import compared
from itcook.commands.doctor.findings import Finding, broken, note, ok, warning
from itcook.settings import Settings

OLDEST = (6, 2)
SECONDS = 3.0


async def look(settings: Settings) -> AsyncIterator[Finding]:
    """Nothing is said where there is none."""
    if settings.redis_url is None:
        return
    redis = Redis.from_url(
        settings.redis_url.get_secret_value(),
        decode_responses=True,
        socket_timeout=SECONDS,
        socket_connect_timeout=SECONDS,
    )
    try:
        async for finding in _answers(redis):
            yield finding
    except (RedisError, OSError) as error:
        found = f"cannot be reached: {str(error) or type(error).__name__}"
        yield broken(
            "Redis", f"{found}; the server goes on without, later", "start it, or mend ITCOOK_REDIS_URL"
        )
    finally:
        with suppress(RedisError, OSError):
            await redis.aclose()


async def _answers(redis: Redis) -> AsyncIterator[Finding]:
    server = await redis.info("server")
    version = str(server.get("valkey_version") or server["redis_version"])
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        yield broken("Redis", f"{version} is too old", "it takes Redis 6.2 or newer, or Valkey")
    else:
        yield ok("Redis", version)
    asked_at = datetime.now(UTC)
    seconds, microseconds = await redis.time()
    told = datetime.fromtimestamp(seconds + microseconds / 1e6, UTC)
    yield compared("clock", "Redis", told, asked_at, datetime.now(UTC))
    memory = await redis.info("memory")
    if memory.get("maxmemory") and memory["used_memory"] > 0.9 * memory["maxmemory"]:
        found = f"{memory['used_memory'] / 1e6:,.0f} of {memory['maxmemory'] / 1e6:,.0f} MB are used"
        yield warning("Redis", found, "raise maxmemory: it takes some 100 MB")
    persistence = await redis.info("persistence")
    if persistence.get("aof_enabled"):
        yield note("Redis", "it writes all it is given to the disk, and nothing in it needs to be kept")
