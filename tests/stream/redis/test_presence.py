"""Who is there by several nodes: counted once, told once, and gone with a node that died."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import UUID

import pytest
from redis.exceptions import RedisError

from itcook.errors import UnavailableError
from itcook.redis import SharedRedis
from itcook.stream.presence import Change, News, Seat
from itcook.stream.redis import presence as module
from itcook.stream.redis.presence import RedisPresence
from tests.support.redis_server import RedisServer
from tests.support.stream import EPOCH

ADA, GRACE = UUID(int=1), UUID(int=2)
NAMES = {ADA: "Ada Lovelace", GRACE: "Grace 1 Hopper"}


@pytest.fixture
async def nodes(redis: RedisServer) -> AsyncIterator[list[RedisPresence]]:
    """Three nodes of one installation, on ways of their own."""
    async with AsyncExitStack() as stack:
        nodes = []
        for _ in range(3):
            way = SharedRedis(redis.url, EPOCH)
            await way.open()
            stack.push_async_callback(way.close)
            nodes.append(RedisPresence(way))
        yield nodes


def change(who: UUID, *, joined: bool = True, channel: str = "community") -> Change:
    return Change(Seat(channel, who), NAMES[who], joined)


def told(news: list[News]) -> list[tuple[UUID, bool, int]]:
    return [(one.change.seat.user_id, one.change.joined, one.online) for one in news]


async def test_a_person_on_two_nodes_is_there_once(nodes: list[RedisPresence]) -> None:
    """Told when they come to the first, and when they leave the last."""
    here, there, _ = nodes
    assert told(await here.apply([change(ADA)])) == [(ADA, True, 1)]
    assert told(await there.apply([change(ADA), change(GRACE)])) == [(GRACE, True, 2)]
    assert told(await here.apply([change(ADA, joined=False)])) == []
    company = await here.company("community", 10)
    assert (company.online, company.people) == (2, NAMES)
    assert told(await there.apply([change(ADA, joined=False)])) == [(ADA, False, 1)]


async def test_telling_twice_is_telling_once(nodes: list[RedisPresence]) -> None:
    """Also what was never so."""
    assert told(await nodes[0].apply([change(ADA)])) == [(ADA, True, 1)]
    assert await nodes[0].apply([change(ADA)]) == []
    assert await nodes[0].apply([change(GRACE, joined=False)]) == []
    assert told(await nodes[0].apply([change(ADA, joined=False)])) == [(ADA, False, 0)]


async def test_channels_are_apart(nodes: list[RedisPresence]) -> None:
    """Each has its own count."""
    await nodes[0].apply([change(ADA), change(GRACE, channel="post:1")])
    assert (await nodes[1].company("post:1", 10)).people == {GRACE: NAMES[GRACE]}
    assert (await nodes[1].company("post:2", 10)).online == 0


async def test_only_some_are_named(nodes: list[RedisPresence]) -> None:
    """All of them counted."""
    people = [UUID(int=number) for number in range(1, 1500)]
    await nodes[0].apply([Change(Seat("community", who), "N", joined=True) for who in people])
    company = await nodes[1].company("community", 100)
    assert (company.online, len(company.people)) == (1499, 100)


async def died(redis: RedisServer, node: RedisPresence) -> None:
    """As after so long without a word of it."""
    async with redis.client() as client:
        assert await client.delete(f"itcook:{{{EPOCH}}}:alive:{node._node_id}") == 1


async def test_the_people_of_a_dead_node_leave(nodes: list[RedisPresence], redis: RedisServer) -> None:
    """But for those who are somewhere else by then; one of the nodes that live tells it."""
    dead, one, other = nodes
    one._settled_at = other._settled_at = 0
    await dead.apply([change(ADA), change(GRACE)])
    await one.apply([change(GRACE)])
    await other.apply([])
    await died(redis, dead)
    assert told(await other.apply([]) + await one.apply([])) == [(ADA, False, 1)]


async def test_a_node_that_only_stood_still_brings_its_people_back(
    nodes: list[RedisPresence], redis: RedisServer
) -> None:
    """It was taken for dead, and its people for gone: so they come."""
    slow, other, _ = nodes
    other._settled_at = 0
    await slow.apply([change(ADA)])
    await died(redis, slow)
    assert told(await other.apply([])) == [(ADA, False, 0)]
    assert told(await slow.apply([change(GRACE)])) == [(ADA, True, 1), (GRACE, True, 2)]


async def test_nobody_is_taken_for_dead_after_an_interruption(
    nodes: list[RedisPresence], redis: RedisServer
) -> None:
    """When Redis stood still nobody could say that they live."""
    one, other, _ = nodes
    await one.apply([change(ADA)])
    await died(redis, one)
    assert await other.apply([]) == []
    await one.apply([])
    other._settled_at = 0
    assert await other.apply([]) == []


async def test_what_redis_forgot_is_told_again_and_is_no_news(
    nodes: list[RedisPresence], redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was there is there; what changed meanwhile is news. In several scripts, where there is much."""
    monkeypatch.setattr(module, "TOLD_TOGETHER", 1)
    here, there, _ = nodes
    await here.apply([change(ADA), change(ADA, channel="post:1")])
    await there.apply([change(ADA)])
    await redis.flush()
    assert await there.apply([]) == []
    assert told(await here.apply([change(GRACE)])) == [(GRACE, True, 2)]
    assert (await here.company("post:1", 9)).online == 1
    assert told(await here.apply([change(ADA, joined=False)])) == []
    assert told(await there.apply([change(ADA, joined=False)])) == [(ADA, False, 1)]


async def test_a_redis_with_an_old_state_is_put_right(nodes: list[RedisPresence], redis: RedisServer) -> None:
    """As one that failed over: counts do not drift."""
    here, there, _ = nodes
    await here.apply([change(ADA)])
    async with redis.client() as client, client.pipeline() as pipeline:
        pipeline.hset(f"itcook:{{{EPOCH}}}:seats:{here._node_id}", "told", "77")
        await pipeline.execute()
    assert told(await here.apply([change(GRACE)])) == [(GRACE, True, 2)]
    assert told(await here.apply([change(ADA, joined=False)])) == [(ADA, False, 1)]
    assert (await there.company("community", 9)).online == 1


async def test_without_redis_nothing_is_known(nodes: list[RedisPresence], redis: RedisServer) -> None:
    """And nothing claimed."""
    await redis.kill()
    with pytest.raises(RedisError):
        await nodes[0].apply([change(ADA)])
    nodes[0]._redis.failed("commands", OSError("gone"))
    with pytest.raises(UnavailableError):
        await nodes[0].company("community", 1)
