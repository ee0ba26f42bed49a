"""Places: how many connections a person has on all nodes, so that the oldest of them makes room.

    places:USER   sorted set: connection ids by when they opened, in milliseconds since 1970

A node makes room among its own connections by itself and at once; this is for those on other nodes.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple, NoReturn

import structlog
from redis.exceptions import RedisError

from itcook.redis import SharedRedis, end
from itcook.stream.node import Node
from itcook.stream.session import Session
from itcook.stream.signals import ConnectionDisplaced

KEPT_SECONDS = 180  # without being told again; what a node that died has told goes at the latest then
TOLD_AGAIN_SECONDS = 60.0  # after which Redis has it again, whatever it forgot
TOLD_TOGETHER = 200
RETRY_SECONDS = 0.5
MAX_LEFT = 20_000  # that Redis was away for; more than a process has connections

log = structlog.get_logger(__name__)

# KEYS: places:USER. ARGV: connection id, when it opened, how many there may be, seconds that it is kept, the
# prefix of the keys of nodes that live. Answers with the ids of those that are too many.
_TAKE = """
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[4])
local limit = tonumber(ARGV[3])
if redis.call('ZCARD', KEYS[1]) <= limit then return {} end
local here = string.match(ARGV[1], '^[^-]+')
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    local node = string.match(id, '^[^-]+')
    if node ~= here and redis.call('EXISTS', ARGV[5] .. node) == 0 then redis.call('ZREM', KEYS[1], id) end
end
local excess = redis.call('ZCARD', KEYS[1]) - limit
if excess <= 0 then return {} end
local oldest = redis.call('ZRANGE', KEYS[1], 0, excess - 1)
redis.call('ZREM', KEYS[1], unpack(oldest))
return oldest
"""


class _Place(NamedTuple):
    user_id: str
    connection_id: str
    opened_ms: int


class RedisPlaces:
    """Tells Redis of this node's connections, and hears which are too many: `displace` is called with them.

    Nobody waits for it. What Redis was away for it is told afterwards.
    """

    def __init__(self, redis: SharedRedis, per_person: int, displace: Callable[[str], object]) -> None:
        self._redis = redis
        self._per_person = per_person
        self._displace = displace
        self._script = redis.commands.register_script(_TAKE)
        self._here: dict[str, _Place] = {}
        self._taken: list[_Place] = []
        self._left: list[_Place] = []
        self._changed = asyncio.Event()

    def opened(self, session: Session) -> None:
        """The session has begun."""
        opened_ms = int(session.since.timestamp() * 1000)
        place = _Place(str(session.user_id), session.id, opened_ms)
        self._here[session.id] = place
        self._taken.append(place)
        self._changed.set()

    def ended(self, session: Session) -> None:
        """The session has ended."""
        place = self._here.pop(session.id, None)
        if place is not None:
            self._left.append(place)
            self._changed.set()

    async def run(self) -> NoReturn:
        """Tell what changes, and everything now and then, until cancelled."""
        while True:
            try:
                async with asyncio.timeout(TOLD_AGAIN_SECONDS):
                    while True:
                        await self._changed.wait()
                        await self._tell()
            except (RedisError, OSError) as error:  # the timeout is one too
                log.debug("connections are told again", error=str(error))
                self._taken = list(self._here.values())
                self._changed.set()
                await asyncio.sleep(RETRY_SECONDS)

    async def _tell(self) -> None:
        """Raises what Redis does; then everything is to be told again."""
        while self._left or self._taken:
            left, self._left = self._left[:TOLD_TOGETHER], self._left[TOLD_TOGETHER:]
            taken, self._taken = self._taken[:TOLD_TOGETHER], self._taken[TOLD_TOGETHER:]
            try:
                await self._tell_some(left, [place for place in taken if place.connection_id in self._here])
            except BaseException:
                self._left = (left + self._left)[-MAX_LEFT:]
                raise
        self._changed.clear()

    async def _tell_some(self, left: list[_Place], taken: list[_Place]) -> None:
        async with self._redis.commands.pipeline(transaction=False) as pipeline:
            for place in left:
                pipeline.zrem(self._key(place), place.connection_id)
            for place in taken:
                await self._script(
                    [self._key(place)],
                    [
                        place.connection_id,
                        place.opened_ms,
                        self._per_person,
                        KEPT_SECONDS,
                        self._redis.key("node", ""),
                    ],
                    client=pipeline,
                )
            answers = await pipeline.execute()
        for too_many in answers[len(left) :]:
            for connection_id in too_many:
                self._displace(connection_id)

    def _key(self, place: _Place) -> str:
        return self._redis.key("places", place.user_id)


@asynccontextmanager
async def shared_places(redis: SharedRedis, node: Node, per_person: int) -> AsyncIterator[None]:
    """Have the connections of `node` counted with those of all others."""
    places = RedisPlaces(
        redis, per_person, lambda connection_id: node.signal(ConnectionDisplaced(connection_id=connection_id))
    )
    node.connections.on_opened = places.opened
    node.connections.on_ended = places.ended
    running = asyncio.create_task(places.run())
    try:
        yield
    finally:
        await end([running])
