"""The presence of several nodes, in Redis.

    seats:NODE       hash: by `CHANNEL USER`, the person's name; `told`: the number of the last changes taken
                     in, or `swept`
    people:CHANNEL   hash: by user, on how many nodes, and the name
    alive:NODE       is there while the node lives
    present          set: the nodes with seats

A person who goes to another node is on two for the grace that each node gives (`itcook.stream.attendance`),
so nobody is told of it. A node that dies has that grace too: its `alive` lasts so long.
"""

import asyncio
import secrets
from collections.abc import Sequence
from itertools import islice
from uuid import UUID

from redis.exceptions import RedisError

from itcook.errors import UnavailableError
from itcook.redis import SharedRedis
from itcook.stream.attendance import GRACE_SECONDS
from itcook.stream.presence import Change, Company, News, Seat

SETTLED_SECONDS = 2 * GRACE_SECONDS  # after an interruption: until then others may only seem to be dead
TOLD_TOGETHER = 500  # seats a script; Redis does nothing else meanwhile

# KEYS: present, alive:NODE, seats:NODE. ARGV: the prefix of all keys, NODE, for how many milliseconds it
# lives, the number of the last changes, the number of these, what to do; then for each change: channel, user,
# name, '1' if joined. What to do: `tell`; `sweep`, the same, and take out nodes that are dead; `begin`, but
# forget first what this node told. Answers with what is new to all, flat: channel, user, name, joined,
# online; or, where Redis does not know what this node told before, with `swept` or `forgotten`.
_APPLY = """
local function take(seats, channel, user, name, joined)
    local people = ARGV[1] .. 'people:' .. channel
    local seat = channel .. ' ' .. user
    local known = redis.call('HGET', people, user)
    local nodes = known and tonumber(string.match(known, '^%d+')) or 0
    if joined then
        if redis.call('HSET', seats, seat, name) == 0 then return nil end
        redis.call('HSET', people, user, (nodes + 1) .. ' ' .. name)
        if nodes > 0 then return nil end
    else
        if redis.call('HDEL', seats, seat) == 0 then return nil end
        if nodes > 1 then
            redis.call('HSET', people, user, (nodes - 1) .. ' ' .. name)
            return nil
        end
        redis.call('HDEL', people, user)
    end
    return redis.call('HLEN', people)
end

local news = {}
local function tell(channel, user, name, joined, online)
    if not online then return end
    for _, part in ipairs({channel, user, name, joined and '1' or '0', tostring(online)}) do
        news[#news + 1] = part
    end
end

local function empty(seats)
    local all = redis.call('HGETALL', seats)
    for place = 1, #all, 2 do
        local channel, user = string.match(all[place], '^(%S+) (%S+)$')
        if channel then
            tell(channel, user, all[place + 1], false, take(seats, channel, user, all[place + 1], false))
        end
    end
end

redis.call('SET', KEYS[2], '1', 'PX', ARGV[3])
local told = redis.call('HGET', KEYS[3], 'told') or '0'
if ARGV[6] == 'begin' then
    empty(KEYS[3])
    news = {}
elseif told ~= ARGV[4] and not (told == 'swept' and ARGV[4] == '0') then
    return told == 'swept' and 'swept' or 'forgotten'
end
redis.call('HSET', KEYS[3], 'told', ARGV[5])
redis.call('PERSIST', KEYS[3])
redis.call('SADD', KEYS[1], ARGV[2])
for place = 7, #ARGV, 4 do
    local channel, user, name, joined = ARGV[place], ARGV[place + 1], ARGV[place + 2], ARGV[place + 3] == '1'
    tell(channel, user, name, joined, take(KEYS[3], channel, user, name, joined))
end
if ARGV[6] == 'sweep' then
    for _, node in ipairs(redis.call('SMEMBERS', KEYS[1])) do
        if redis.call('EXISTS', ARGV[1] .. 'alive:' .. node) == 0 then
            local seats = ARGV[1] .. 'seats:' .. node
            empty(seats)
            redis.call('HSET', seats, 'told', 'swept')
            redis.call('EXPIRE', seats, 86400)
            redis.call('SREM', KEYS[1], node)
        end
    end
end
return news
"""


class RedisPresence:
    """What this node told is kept here too: Redis may forget it, and is told again, which is no news."""

    spans_nodes = True

    def __init__(self, redis: SharedRedis) -> None:
        self._redis = redis
        self._node_id = secrets.token_hex(4)  # of its own: it does not matter who else calls the node how
        self._script = redis.commands.register_script(_APPLY)
        self._seats: dict[Seat, str] = {}
        self._told = 0
        self._waiting: list[News] = []  # what was heard while something else failed
        self._time = asyncio.get_running_loop().time
        self._settled_at = self._time() + SETTLED_SECONDS

    async def apply(self, changes: Sequence[Change]) -> list[News]:
        """Raises what Redis does."""
        try:
            self._check_reachable()
            what = "sweep" if self._is_settled else "tell"
            while not await self._tell(changes, what):
                what = "tell"
        except (RedisError, OSError, UnavailableError):
            self._settled_at = self._time() + SETTLED_SECONDS
            raise
        for change in changes:
            if change.joined:
                self._seats[change.seat] = change.user_name
            else:
                self._seats.pop(change.seat, None)
        news, self._waiting = self._waiting, []
        return news

    async def company(self, channel: str, limit: int) -> Company:
        """Raises `UnavailableError` while Redis is away."""
        self._check_reachable()
        key = self._redis.key("people", channel)
        async with self._redis.commands.pipeline(transaction=False) as pipeline:
            pipeline.hlen(key)
            pipeline.hscan(key, count=limit)
            online, (_, people) = await pipeline.execute()
        named = islice(people.items(), limit)
        return Company(online, {UUID(user): text.partition(" ")[2] for user, text in named})

    @property
    def _is_settled(self) -> bool:
        """Whether a node that seems to be dead is: after Redis was away they all seem so for a while."""
        return self._time() >= self._settled_at

    def _check_reachable(self) -> None:
        if not self._redis.reachable:
            raise UnavailableError("who is here cannot be known now; try again", retry_after=1)

    async def _tell(self, changes: Sequence[Change], what: str) -> bool:
        """Tell `changes`; False if Redis had forgotten what was told before, and knows that again now."""
        answer = await self._call(changes, what)
        if isinstance(answer, str):
            await self._begin(are_news=answer == "swept")
            return False
        self._waiting += _news(answer)
        return True

    async def _begin(self, *, are_news: bool) -> None:
        """Tell everything anew. It is news if others were told that this node's people left."""
        seats = [Change(seat, name, joined=True) for seat, name in self._seats.items()]
        for start in range(0, len(seats) or 1, TOLD_TOGETHER):
            part = seats[start : start + TOLD_TOGETHER]
            answer = await self._call(part, "tell" if start else "begin")
            if are_news and not isinstance(answer, str):
                self._waiting += _news(answer)

    async def _call(self, changes: Sequence[Change], what: str) -> list[str] | str:
        key = self._redis.key
        keys = [key("present"), key("alive", self._node_id), key("seats", self._node_id)]
        number = self._told + 1 if changes or what == "begin" else self._told
        flat = [
            part
            for change in changes
            for part in (
                change.seat.channel,
                str(change.seat.user_id),
                change.user_name,
                str(int(change.joined)),
            )
        ]
        lives = int(GRACE_SECONDS * 1000)
        arguments: list[str | int] = [key(""), self._node_id, lives, self._told, number, what, *flat]
        answer: list[str] | str = await self._script(keys, arguments)
        if not isinstance(answer, str):
            self._told = number
        return answer


def _news(answer: Sequence[str]) -> list[News]:
    parts = iter(answer)
    return [
        News(Change(Seat(channel, UUID(user)), name, joined == "1"), int(online))
        for channel, user, name, joined, online in zip(parts, parts, parts, parts, parts, strict=True)
    ]
