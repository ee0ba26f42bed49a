"""A client that comes from another node, which has heard of the last events already."""

import asyncio
from collections.abc import Sequence
from typing import cast

import pytest

from itcook.messages import Subscribe
from itcook.stream.broadcaster import Broadcaster
from itcook.stream.connections import Connections
from itcook.stream.envelope import Envelope
from itcook.stream.follower import Follower
from itcook.stream.history import History
from itcook.stream.session import Liveness
from itcook.stream.table import StreamTable
from tests.support.stream import EPOCH, NODE, NOON, FakeSink, FakeTable, cursor, run_of, someone, verifying

HEARD = 3
AHEAD = 5
ALL = 8


class Node:
    """Has heard of three events; the table has eight, and the client's node had told of five."""

    def __init__(self) -> None:
        self.table = FakeTable(run_of(1, ALL))
        self.history = History(
            EPOCH, 0, self.table.read, reach=lambda position: self.follower.reach(position)
        )
        self.broadcaster = Broadcaster()
        self.follower = Follower(cast("StreamTable", self.table), self.history, self._publish, lambda: None)
        self.follower.receive(self.table.events[:HEARD])
        self.connections = Connections(
            NODE, self.history, self.broadcaster, Liveness(10, 30), lambda: NOON, verifying()
        )

    def _publish(self, batch: Sequence[Envelope]) -> None:
        self.broadcaster.publish(batch)

    async def connect(self, name: str, after: str | None) -> FakeSink:
        sink = FakeSink()
        await self.connections.join(self.connections.open(someone(), "sse", sink), [name], after)
        return sink


@pytest.fixture
async def node() -> Node:
    return Node()


async def test_it_resumes_where_it_was(node: Node) -> None:
    """What this node does not have yet it reads, and nothing comes twice."""
    sink = await node.connect("community", cursor(AHEAD))
    assert sink.last("Connected")["resume"] == "resumed"
    assert sink.positions == list(range(AHEAD + 1, ALL + 1))


async def test_a_poll_goes_on_where_it_was(node: Node) -> None:
    """Likewise."""
    polled = await node.connections.polling.poll(someone(), ["community"], cursor(AHEAD), limit=100, wait=0)
    assert polled.resync is None
    assert [envelope.position for envelope in polled.events] == list(range(AHEAD + 1, ALL + 1))


async def test_a_channel_is_added_from_where_it_was(node: Node) -> None:
    """Likewise, for a page that was loaded from the other node."""
    sink = FakeSink()
    session = node.connections.open(someone(), "websocket", sink)
    await node.connections.join(session, ["personal"], None)
    message = Subscribe(type="Subscribe", channels=["community"], since=cursor(AHEAD), ref="r1")
    await node.connections.handle(session, message)
    assert "ResyncRequired" not in sink.types
    assert sink.positions == list(range(AHEAD + 1, ALL + 1))


async def test_those_who_come_together_have_the_table_read_once(node: Node) -> None:
    """A page that is not full is the last."""
    sinks = await asyncio.gather(*(node.connect("community", cursor(AHEAD)) for _ in range(20)))
    assert {sink.last("Connected")["resume"] for sink in sinks} == {"resumed"}
    assert node.table.reads == 1


@pytest.mark.parametrize("unknown", [cursor(ALL + 1), cursor(AHEAD, "other"), "nonsense"])
async def test_what_no_node_has_told_of_is_still_unknown(node: Node, unknown: str) -> None:
    """Of another history, or of no event."""
    sink = await node.connect("community", unknown)
    assert sink.last("ResyncRequired")["reason"] == "unknown_cursor"


async def test_who_is_not_ahead_costs_no_look_into_the_table(node: Node) -> None:
    """As nearly everybody."""
    await node.connect("community", cursor(HEARD))
    await node.connect("community", None)
    assert node.table.reads == 0
