"""Redis goes, hangs, forgets and comes back: events come late, and each once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from structlog.testing import capture_logs

from itcook.errors import UnavailableError
from itcook.redis import SharedRedis
from itcook.stream.redis import broker as module
from itcook.stream.redis.broker import RedisBroker
from itcook.stream.signals import SessionRevoked
from tests.support.nodes import Endpoint
from tests.support.redis_server import RedisServer
from tests.support.stream import EPOCH, SOMEONE, FakeTable, run_of, stored
from tests.support.survival import survives
from tests.support.waiting import until

NODES = ("aaaaaaaa", "bbbbbbbb")
REVOKED = SessionRevoked(session_id=SOMEONE)

Disaster = Callable[[RedisServer], Awaitable[None]]


class Nodes:
    """Two nodes over one table; they come and go by themselves."""

    def __init__(self, stack: AsyncExitStack, server: RedisServer) -> None:
        self._stack = stack
        self._server = server
        self.table = FakeTable()

    async def join(self, node_id: str, epoch: str = EPOCH) -> tuple[Endpoint, RedisBroker]:
        """A node that follows the stream from its beginning."""
        redis = SharedRedis(self._server.url, epoch)
        await redis.open()
        self._stack.push_async_callback(redis.close)
        broker = RedisBroker(redis, epoch)
        self._stack.push_async_callback(broker.stop)
        endpoint = Endpoint(node_id, broker, self.table)
        following = asyncio.create_task(endpoint.follower.run())
        self._stack.callback(following.cancel)
        return endpoint, broker


@pytest.fixture
async def nodes(redis: RedisServer) -> AsyncIterator[Nodes]:
    async with AsyncExitStack() as stack:
        yield Nodes(stack, redis)


@pytest.fixture
async def two(nodes: Nodes) -> list[Endpoint]:
    """Two nodes that know of each other."""
    two = [(await nodes.join(node_id))[0] for node_id in NODES]
    await until(lambda: knows(two[0], NODES[1]) and knows(two[1], NODES[0]))
    return two


def knows(node: Endpoint, other: str) -> bool:
    return node.broker.is_whole and node.broker.reaches(other)


async def killed(server: RedisServer) -> None:
    await server.kill()


async def paused(server: RedisServer) -> None:
    server.pause()


async def restarted(server: RedisServer) -> None:
    await server.start()


async def resumed(server: RedisServer) -> None:
    server.go_on()


@survives("database: Redis killed, paused or flushed")
@pytest.mark.parametrize(("away", "back"), [(killed, restarted), (paused, resumed)], ids=["killed", "paused"])
async def test_events_come_from_the_table_while_redis_is_away(
    two: list[Endpoint], redis: RedisServer, away: Disaster, back: Disaster
) -> None:
    """And by Redis again when it is back, without anybody's help; none is lost, doubled or out of order."""
    await two[0].publish(run_of(1, 3))
    await away(redis)
    await two[0].publish(run_of(4, 6))
    await until(lambda: two[1].history.head == 6)
    await until(lambda: not any(node.broker.is_whole for node in two))
    await two[1].publish(run_of(7, 9))
    await until(lambda: two[0].history.head == 9)
    await back(redis)
    await until(lambda: all(node.broker.is_whole for node in two), within=20)
    await two[0].publish(run_of(10, 12))
    await until(lambda: two[1].history.head == 12)
    two[1].broker.signal(REVOKED)
    await until(lambda: two[0].signalled == [REVOKED])
    assert [node.positions for node in two] == [list(range(1, 13))] * 2


@survives("database: Redis killed, paused or flushed")
async def test_a_flush_does_not_disturb_the_stream(two: list[Endpoint], redis: RedisServer) -> None:
    """Ids go on ascending, as they are the table's positions."""
    await two[0].publish(run_of(1, 3))
    await until(lambda: two[1].history.head == 3)
    await redis.flush()
    await two[1].publish(run_of(4, 6))
    await until(lambda: two[0].history.head == 6)
    assert [node.positions for node in two] == [list(range(1, 7))] * 2


async def test_what_only_the_table_has_is_found_with_the_next_event(
    two: list[Endpoint], redis: RedisServer
) -> None:
    """A relay that died between its commit and Redis leaves a gap, which the next event shows."""
    two[0].table.events += run_of(1, 2)
    await two[1].publish([stored(3)])
    await until(lambda: all(node.positions == [1, 2, 3] for node in two))


async def test_a_new_node_reads_what_redis_has(nodes: Nodes, two: list[Endpoint]) -> None:
    """From its own head on; here the beginning."""
    await two[0].publish(run_of(1, 700))
    late, _ = await nodes.join("cccccccc")
    await until(lambda: late.history.head == 700)
    assert late.positions == list(range(1, 701))


async def test_a_table_that_was_put_back_is_the_truth(nodes: Nodes, redis: RedisServer) -> None:
    """Redis has events beyond it, which never were, and would refuse those that take their positions."""
    before, broker = await nodes.join(NODES[0])
    await until(lambda: before.broker.is_whole)
    await before.publish(run_of(1, 5))
    await broker.stop()
    del nodes.table.events[3:]

    async def head() -> int:
        return 3

    again = RedisBroker(broker._redis, EPOCH)
    for _ in range(2):  # the second time there is nothing to do
        await again.begin(head)
    node, other = [(await nodes.join(node_id))[0] for node_id in ("cccccccc", "dddddddd")]
    await until(lambda: knows(node, "dddddddd"))
    await until(lambda: node.history.head == other.history.head == 3)
    await node.publish([stored(4, "kitchen:7")])
    await until(lambda: other.history.head == 4)
    assert other.published[-1].channels == ("kitchen:7",)
    await again.stop()


async def test_an_entry_that_is_no_event_is_passed_over(two: list[Endpoint], redis: RedisServer) -> None:
    """The table has what should have been there."""
    async with redis.client() as client:
        await client.xadd(f"itcook:{{{EPOCH}}}:events", {"nonsense": "1"}, id="0-1")
    two[0].table.events.append(stored(1))
    await two[0].broker.publish([stored(2)])
    two[0].table.events.append(stored(2))
    await until(lambda: all(node.history.head == 2 for node in two))
    assert [node.positions for node in two] == [[1, 2], [1, 2]]


async def test_redis_keeps_the_last_events_only(
    nodes: Nodes, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """About as many as it is told to; who is further behind has the table."""
    monkeypatch.setattr(module, "CAPACITY", 100)
    node, _ = await nodes.join(NODES[0])
    await until(lambda: node.broker.is_whole)
    for first in range(1, 1001, 100):
        await node.publish(run_of(first, first + 99))
    async with redis.client() as client:
        assert await client.xlen(f"itcook:{{{EPOCH}}}:events") <= 200  # it cuts by whole blocks of entries
    late, _ = await nodes.join(NODES[1])
    await until(lambda: late.history.head == 1000)
    assert late.positions == list(range(1, 1001))


async def test_two_installations_share_one_redis(nodes: Nodes, redis: RedisServer) -> None:
    """Nothing of one reaches the other, and every key says whose it is."""
    ours, _ = await nodes.join(NODES[0])
    theirs, _ = await nodes.join(NODES[1], epoch="zzzzzzzz")
    await until(lambda: ours.broker.is_whole and theirs.broker.is_whole)
    await ours.broker.publish(run_of(1, 3))
    ours.broker.signal(REVOKED)
    sentinel = SessionRevoked(session_id=type(SOMEONE)(int=1))
    third, _ = await nodes.join("cccccccc")
    await until(lambda: knows(third, NODES[0]) and knows(ours, "cccccccc"))
    ours.broker.signal(sentinel)
    await until(lambda: sentinel in third.signalled and third.history.head == 3)
    assert (theirs.published, theirs.signalled) == ([], [])
    assert not theirs.broker.reaches(NODES[0])
    async with redis.client() as client:
        assert all(key.startswith("itcook:{") for key in await client.keys())


async def test_a_node_is_known_until_it_leaves_or_dies(nodes: Nodes, two: list[Endpoint]) -> None:
    """In good order within a second or so."""
    _, broker = await nodes.join("cccccccc")
    await until(lambda: knows(two[0], "cccccccc"))
    assert {snapshot.node_id for snapshot in two[0].broker.others()} <= {NODES[1], "cccccccc"}
    await broker.stop()
    await until(lambda: not knows(two[0], "cccccccc"))


@survives("database: Redis killed, paused or flushed")
async def test_nobody_waits_for_a_redis_that_hangs(two: list[Endpoint], redis: RedisServer) -> None:
    """Signals are here at once, and dropped for others; what would be a guess about them is refused."""
    redis.pause()
    await until(lambda: not two[0].broker.is_whole)
    for _ in range(100):
        two[0].broker.signal(REVOKED)
        two[0].broker.announce([stored(1)])
    assert len(two[0].signalled) == len(two[0].announced) == 100
    with pytest.raises(UnavailableError):
        two[0].broker.reaches(NODES[1])
    assert two[0].broker.reaches(NODES[0])
    assert isinstance(two[0].broker, RedisBroker)
    assert two[0].broker.dropped >= 200
    redis.go_on()
    await until(lambda: all(node.broker.is_whole for node in two))
    assert two[1].signalled == []


async def test_a_change_of_state_is_logged_once(nodes: Nodes, redis: RedisServer) -> None:
    """Not each second of a night."""
    with capture_logs() as logs:
        node, _ = await nodes.join(NODES[0])
        await until(lambda: node.broker.is_whole)
        await redis.kill()
        await until(lambda: not node.broker.is_whole)
        await asyncio.gather(*[node.publish([stored(number)]) for number in range(1, 50)])
        await redis.start()
        await until(lambda: node.broker.is_whole)
    assert [entry["log_level"] for entry in logs] == ["info", "warning", "info"]


async def test_a_node_starts_without_redis(nodes: Nodes, redis: RedisServer) -> None:
    """And finds it when it comes."""
    await redis.kill()
    node, _ = await nodes.join(NODES[0])
    assert not node.broker.is_whole
    await node.publish(run_of(1, 2))
    assert node.positions == [1, 2]
    await redis.start()
    await until(lambda: node.broker.is_whole)


async def test_nonsense_on_the_wire_is_passed_over(two: list[Endpoint], redis: RedisServer) -> None:
    """Redis may be shared with who knows whom."""
    async with redis.client() as client:
        for nonsense in ("", "nonsense", "[]", '{"sender": 1}', '{"sender":"x","signal":"{}"}'):
            await client.publish(f"itcook:{{{EPOCH}}}:all", nonsense)
    two[0].broker.signal(REVOKED)
    await until(lambda: two[1].signalled == [REVOKED])
