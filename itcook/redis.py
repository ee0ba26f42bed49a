"""Redis, or Valkey, as the nodes of one installation share it. Whatever is in it can be lost."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection
from typing import Any, NoReturn

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

COMMAND_SECONDS = 2.0  # for an answer, on a busy machine too; a server that takes longer is as good as away
FIRST_PAUSE = 0.05  # seconds before the first attempt to come back; each further one waits twice as long
LONGEST_PAUSE = 1.0
CANCEL_SECONDS = 0.05  # between attempts to cancel

log = structlog.get_logger(__name__)


async def end(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel `tasks`, and return when they have ended."""
    running = {task for task in tasks if not task.done()}
    while running:
        for task in running:
            task.cancel()
        # More than once, because redis-py 7.4 loses one that comes while it connects.
        _, running = await asyncio.wait(running, timeout=CANCEL_SECONDS)


class SharedRedis:
    """The way to Redis: clients for it, the names of what is in it, and whether it answers.

    `epoch` names the installation's database, so that several installations can share one Redis.
    """

    def __init__(self, url: str, epoch: str) -> None:
        self.url = url
        self._epoch = epoch
        self._parts: dict[str, bool] = {}  # which parts of the way work, of those that were tried
        self._reachable: bool | None = None
        self._pools: list[BlockingConnectionPool] = []
        self.commands = self.client(COMMAND_SECONDS)

    def client(self, timeout: float) -> "Redis":
        """A client of its own, with `timeout` seconds for an answer. Whoever has it closes it."""
        return Redis.from_url(
            self.url,
            decode_responses=True,
            socket_timeout=timeout,
            socket_connect_timeout=COMMAND_SECONDS,
            retry=Retry(NoBackoff(), 0),  # an answer that is late is wanted no more; `keep` tries again
            client_name="itcook",
        )

    def pool(self, connections: int, timeout: float) -> BlockingConnectionPool:
        """At most so many connections, each with `timeout` seconds for an answer. `close` closes them."""
        pool = BlockingConnectionPool.from_url(
            self.url,
            max_connections=connections,
            timeout=timeout,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=Retry(NoBackoff(), 0),
            client_name="itcook",
        )
        self._pools.append(pool)
        return pool

    def key(self, *names: str) -> str:
        """The name of something in Redis, a key or a channel."""
        # In braces, so that a cluster would keep all of an installation together.
        return ":".join((f"itcook:{{{self._epoch}}}", *names))

    @property
    def reachable(self) -> bool:
        """Whether everything that this process does with Redis works."""
        return bool(self._reachable)

    async def open(self) -> None:
        """Find out whether Redis answers. Never raises: without it the server serves all the same."""
        try:
            await self.commands.get(self.key("node"))
        except (RedisError, OSError) as error:
            self.failed("commands", error)
        else:
            self.works("commands")

    async def close(self) -> None:
        """Let go of the connections."""
        await self.commands.aclose()
        for pool in self._pools:
            await pool.disconnect()

    async def keep(self, part: str, run: Callable[[], Awaitable[NoReturn]]) -> NoReturn:
        """Run `run`, which says `works(part)` when it did, and again when it failed, until cancelled."""
        self._parts.setdefault(part, False)
        pause = FIRST_PAUSE
        while True:
            try:
                await run()
            except (RedisError, OSError) as error:
                pause = FIRST_PAUSE if self._parts[part] else min(2 * pause, LONGEST_PAUSE)
                self.failed(part, error)
            except Exception as error:
                log.exception("a defect, in what nodes tell each other", part=part)
                self.failed(part, error)
                pause = LONGEST_PAUSE
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 # no secret; nodes spread

    def works(self, part: str) -> None:
        """This part of the way works."""
        if not self._parts.get(part):
            self._parts[part] = True
            if all(self._parts.values()):
                self._change(True)

    def failed(self, part: str, error: Exception) -> None:
        """This part of the way does not work."""
        self._parts[part] = False
        self._change(False, error=str(error) or type(error).__name__, part=part)

    def _change(self, reachable: bool, **why: str) -> None:
        """Say so once, not each second of a night."""
        if reachable == self._reachable:
            return
        self._reachable = reachable
        if reachable:
            log.info("Redis can be reached")
        else:
            log.warning("Redis cannot be reached; nodes share only what is in the database", **why)
