"""The oldest connection of all nodes makes room, and what is told of it is right again after anything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from itcook.redis import SharedRedis, end
from itcook.stream.redis import places as module
from itcook.stream.redis.places import RedisPlaces
from itcook.stream.session import Liveness, Session
from tests.support.redis_server import RedisServer
from tests.support.stream import EPOCH, NOON, FakeSink, someone
from tests.support.waiting import until

LIMIT = 3


class Node:
    """A node's places; `displaced` are the ids of who has to go, in the order in which that was found."""

    def __init__(self, name: str, redis: SharedRedis) -> None:
        self.name = name
        self.displaced: list[str] = []
        self.places = RedisPlaces(redis, LIMIT, self.displaced.append)

    def open(self, number: int, minutes: int, person: int = 1) -> Session:
        """A connection that began so many minutes after noon."""
        session = Session(
            f"{self.name}-{number}",
            someone(person),
            "sse",
            FakeSink(),
            Liveness(10, 30),
            now=0,
            lease=3600,
            clock=lambda: NOON + timedelta(minutes=minutes),
            on_end=lambda session: None,
        )
        self.places.opened(session)
        return session


@pytest.fixture
async def nodes(redis: RedisServer) -> AsyncIterator[list[Node]]:
    """Two nodes that live."""
    async with AsyncExitStack() as stack:
        nodes = []
        for name in ("aaaaaaaa", "bbbbbbbb"):
            way = SharedRedis(redis.url, EPOCH)
            await way.open()
            stack.push_async_callback(way.close)
            node = Node(name, way)
            stack.push_async_callback(end, [asyncio.create_task(node.places.run())])
            await way.commands.set(way.key("node", name), "lives")
            nodes.append(node)
        yield nodes


async def known(redis: RedisServer, person: int = 1) -> set[str]:
    """The connections of the person that Redis knows of."""
    async with redis.client() as client:
        ids = await client.zrange(f"itcook:{{{EPOCH}}}:places:{someone(person).user_id}", 0, -1)
    return set(ids)


async def until_known(redis: RedisServer, *ids: str) -> None:
    async with asyncio.timeout(10):
        while await known(redis) != set(ids):  # noqa: ASYNC110 # Redis tells nobody
            await asyncio.sleep(0.005)


async def test_the_oldest_of_all_nodes_makes_room(nodes: list[Node], redis: RedisServer) -> None:
    """Whoever finds out; other people have places of their own."""
    here, there = nodes
    here.open(1, minutes=5)
    there.open(1, minutes=1)
    here.open(2, minutes=2)
    here.open(9, minutes=0, person=2)
    await until_known(redis, "aaaaaaaa-1", "aaaaaaaa-2", "bbbbbbbb-1")
    here.open(3, minutes=6)
    await until(lambda: here.displaced == ["bbbbbbbb-1"])
    there.open(2, minutes=7)
    await until(lambda: there.displaced == ["aaaaaaaa-2"])
    assert await known(redis) == {"aaaaaaaa-1", "aaaaaaaa-3", "bbbbbbbb-2"}


async def test_a_place_that_was_left_is_free(nodes: list[Node], redis: RedisServer) -> None:
    """Nobody has to go for a new one."""
    here, there = nodes
    first = here.open(1, minutes=1)
    for number in (2, 3):
        there.open(number, minutes=number)
    await until_known(redis, "aaaaaaaa-1", "bbbbbbbb-2", "bbbbbbbb-3")
    here.places.ended(first)
    there.open(4, minutes=4)
    await until_known(redis, "bbbbbbbb-2", "bbbbbbbb-3", "bbbbbbbb-4")
    assert here.displaced + there.displaced == []


async def test_a_dead_node_takes_no_place(nodes: list[Node], redis: RedisServer) -> None:
    """Its connections are gone, though nobody said so."""
    here, there = nodes
    for number in (1, 2, 3):
        there.open(number, minutes=10 + number)
    await until_known(redis, "bbbbbbbb-1", "bbbbbbbb-2", "bbbbbbbb-3")
    async with redis.client() as client:
        await client.delete(f"itcook:{{{EPOCH}}}:node:bbbbbbbb")
    here.open(1, minutes=1)
    await until_known(redis, "aaaaaaaa-1")
    assert here.displaced == []


async def test_redis_is_told_again(
    nodes: list[Node], redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After it was away, and whatever it forgot."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    here, _ = nodes
    stays, leaves = here.open(1, minutes=1), here.open(2, minutes=2)
    await until_known(redis, stays.id, leaves.id)
    await redis.kill()
    here.places.ended(leaves)
    late = here.open(3, minutes=3)
    await redis.start()
    await until_known(redis, stays.id, late.id)
