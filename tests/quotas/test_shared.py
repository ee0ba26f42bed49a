"""Quotas of several nodes: one count, as long as there is Redis; without it nobody is refused for that."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from itcook.quotas.policies import HANDSHAKE, LOGIN_ACCOUNT
from itcook.quotas.shared import SharedQuotas
from itcook.redis import SharedRedis
from tests.support.redis_server import RedisServer, redis_server
from tests.support.stream import EPOCH


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[RedisServer]:
    async with redis_server(tmp_path) as server:
        yield server


@pytest.fixture
async def nodes(redis: RedisServer) -> AsyncIterator[list[SharedQuotas]]:
    """Two nodes of one installation, and one of another."""
    async with AsyncExitStack() as stack:
        nodes = []
        for epoch in (EPOCH, EPOCH, "zzzz"):
            way = SharedRedis(redis.url, epoch)
            await way.open()
            stack.push_async_callback(way.close)
            nodes.append(SharedQuotas(way))
        yield nodes


async def test_a_quota_is_one_over_all_nodes(nodes: list[SharedQuotas]) -> None:
    """Whichever is asked; another installation counts for itself."""
    left = [await nodes[number % 2].spend(LOGIN_ACCOUNT, "ada") for number in range(22)]
    assert [one.granted for one in left] == [True] * 20 + [False] * 2
    assert [one.remaining for one in left[:3]] == [19, 18, 17]
    assert (await nodes[0].spend(LOGIN_ACCOUNT, "grace")).remaining == 19
    assert (await nodes[0].spend(HANDSHAKE, "ada")).remaining == HANDSHAKE.quota - 1
    assert (await nodes[2].spend(LOGIN_ACCOUNT, "ada")).remaining == 19


@pytest.mark.parametrize("how", ["killed", "paused"])
async def test_without_redis_each_node_counts_for_itself(
    nodes: list[SharedQuotas], redis: RedisServer, how: str
) -> None:
    """Nobody is refused because Redis is away, and the quotas hold on each node all the same."""
    for _ in range(20):
        await nodes[0].spend(LOGIN_ACCOUNT, "ada")
    if how == "killed":
        await redis.kill()
    else:
        redis.pause()
    for node in nodes[:2]:
        assert (await node.spend(LOGIN_ACCOUNT, "ada")).granted
        node._redis.failed("commands", OSError("as the broker finds out within two seconds"))
        left = [await node.spend(LOGIN_ACCOUNT, "ada") for _ in range(20)]
        assert [one.granted for one in left] == [True] * 19 + [False]
