"""What every broker promises, in memory, through PostgreSQL and through Redis."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr

from itcook.clock import utc_now
from itcook.database import connect
from itcook.errors import UnavailableError
from itcook.events import Typing
from itcook.redis import SharedRedis, end
from itcook.settings import Settings
from itcook.stream.broker import Broker
from itcook.stream.envelope import Envelope, ephemeral
from itcook.stream.memory import MemoryBroker
from itcook.stream.postgresql.broker import NotifyBroker
from itcook.stream.redis.broker import RedisBroker
from itcook.stream.signals import MessageAnswered, Refusal, SessionRevoked
from tests.support.nodes import Endpoint
from tests.support.postgres import SECRET, Cluster
from tests.support.redis_server import redis_server
from tests.support.stream import EPOCH, SOMEONE, FakeTable, run_of, stored
from tests.support.waiting import until

REVOKED = SessionRevoked(session_id=SOMEONE)
NODES = ("aaaaaaaa", "bbbbbbbb", "cccccccc")
NOBODY = "dddddddd"


def typing(name: str) -> Envelope:
    event = Typing(post_id=SOMEONE, user_id=SOMEONE, user_name=name, state="started")
    return ephemeral(event, f"post:{SOMEONE}", utc_now(), left_out=SOMEONE)


@pytest.fixture(params=["memory", "postgresql", "redis"])
async def nodes(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[list[Endpoint]]:
    """Three nodes that know of each other, over one table."""
    async with AsyncExitStack() as stack:
        if request.param == "memory":
            memory = MemoryBroker()
            brokers: list[Broker] = [memory for _ in NODES]
        elif request.param == "postgresql":
            cluster: Cluster = request.getfixturevalue("postgresql")
            url = await stack.enter_async_context(cluster.database())
            brokers = [_notify_broker(stack, url) for _ in NODES]
        else:
            server = await stack.enter_async_context(redis_server(tmp_path))
            brokers = [await _redis_broker(stack, server.url) for _ in NODES]
        table = FakeTable()
        nodes = [Endpoint(node_id, broker, table) for node_id, broker in zip(NODES, brokers, strict=True)]
        for node in nodes:
            stack.push_async_callback(end, [asyncio.create_task(node.follower.run())])
        await until(lambda: all(_knows_everyone(node.broker) for node in nodes))
        yield nodes


def _notify_broker(stack: AsyncExitStack, url: str) -> NotifyBroker:
    settings = Settings(_env_file=None, database_url=url, secret=SecretStr(SECRET))
    broker = NotifyBroker(partial(connect, settings))
    stack.push_async_callback(broker.stop)
    return broker


async def _redis_broker(stack: AsyncExitStack, url: str) -> RedisBroker:
    redis = SharedRedis(url, EPOCH)
    await redis.open()
    stack.push_async_callback(redis.close)
    broker = RedisBroker(redis, EPOCH)
    stack.push_async_callback(broker.stop)
    return broker


def _knows_everyone(broker: Broker) -> bool:
    try:
        knows_all = all(broker.reaches(node_id) for node_id in NODES) and not broker.reaches(NOBODY)
    except UnavailableError:
        return False
    return broker.is_whole and knows_all


async def everywhere(nodes: list[Endpoint], condition: Callable[[Endpoint], bool]) -> None:
    await until(lambda: all(condition(node) for node in nodes))


async def test_events_reach_every_node_in_order(nodes: list[Endpoint]) -> None:
    """Whichever node publishes them; byte for byte the same, with the same channels and cursors."""
    log = run_of(1, 20) + run_of(21, 30, "community", f"post:{SOMEONE}") + [stored(31, "kitchen:1")]
    for start in range(0, len(log), 7):
        await nodes[start % 3].publish(log[start : start + 7])
    await everywhere(nodes, lambda node: len(node.published) == len(log))
    for node in nodes:
        for sent, received in zip(log, node.published, strict=True):
            assert (received.text, received.type, received.cursor, received.position, received.channels) == (
                (sent.text, sent.type, sent.cursor, sent.position, sent.channels)
            )


async def test_the_sender_has_durable_events_at_once(nodes: list[Endpoint]) -> None:
    """Nobody waits for the way back."""
    await nodes[0].publish(run_of(1, 3))
    assert nodes[0].positions == [1, 2, 3]


async def test_what_is_published_twice_is_passed_on_once(nodes: list[Endpoint]) -> None:
    """Two relays may do the same; an older batch after a newer one does no harm either."""
    log = run_of(1, 6)
    for batch in (log[:3], log[:3], log[3:], log[:2], log):
        await nodes[0].publish(batch)
        await nodes[1].broker.publish(batch)
    await everywhere(nodes, lambda node: node.history.head == 6)
    await nodes[2].publish([stored(7)])
    await everywhere(nodes, lambda node: node.history.head == 7)
    assert [node.positions for node in nodes] == [list(range(1, 8))] * 3


async def test_ephemeral_events_come_once_and_in_order(nodes: list[Endpoint]) -> None:
    """At the sender before the call returns; with whom they leave out."""
    sent = [typing(f"Zoë {number}") for number in range(20)]
    nodes[1].broker.announce(sent[:1])
    assert [envelope.text for envelope in nodes[1].announced] == [sent[0].text]
    for envelope in sent[1:]:
        nodes[1].broker.announce([envelope])
    await everywhere(nodes, lambda node: len(node.announced) >= 20)
    for node in nodes:
        assert [envelope.text for envelope in node.announced] == [envelope.text for envelope in sent]
        received = node.announced[7]
        assert (received.left_out, received.channels, received.type, received.cursor, received.position) == (
            (SOMEONE, (f"post:{SOMEONE}",), "Typing", None, 0)
        )


async def test_signals_come_once_and_in_order(nodes: list[Endpoint]) -> None:
    """At the sender before the call returns; what comes last shows that nothing came twice."""
    nodes[0].broker.signal(REVOKED)
    assert nodes[0].signalled == [REVOKED]
    last = SessionRevoked(session_id=type(SOMEONE)(int=7))
    nodes[0].broker.signal(last)
    await everywhere(nodes, lambda node: last in node.signalled)
    assert [node.signalled for node in nodes] == [[REVOKED, last]] * 3


async def test_a_signal_to_one_node_reaches_it(nodes: list[Endpoint]) -> None:
    """With all that is in it, text of any script included."""
    answer = MessageAnswered(to=NODES[2], request_id="r", refusal=Refusal(code="x", message='Щи "\n\u2028'))
    nodes[0].broker.signal(answer)
    await until(lambda: nodes[2].signalled == [answer])


async def test_which_nodes_there_are(nodes: list[Endpoint]) -> None:
    """Itself included; nobody knows the one that is not."""
    for node in nodes:
        assert [node.broker.reaches(node_id) for node_id in (*NODES, NOBODY)] == [True, True, True, False]
