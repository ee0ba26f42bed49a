"""Nodes: what one says reaches all of them."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from itcook.database import Database
from itcook.settings import Settings
from itcook.stream import ends
from itcook.stream.memory import MemoryBroker
from itcook.stream.node import Node
from itcook.stream.presence import MemoryPresence
from itcook.stream.session import Session
from itcook.stream.signals import ConnectionRevoked, MembershipChanged, PersonRevoked, SessionRevoked, Signal
from tests.support.stream import FakeSink, someone, stored, verifying


@pytest.fixture
async def nodes(settings: Settings, database: Database) -> AsyncIterator[list[Node]]:
    """Two nodes on one database."""
    broker = MemoryBroker()
    nodes = [await Node.start(settings, broker, MemoryPresence(), verifying()) for _ in range(2)]
    yield nodes
    for node in nodes:
        await node.stop()


def connect(node: Node) -> tuple[Session, FakeSink]:
    sink = FakeSink()
    return node.connections.open(someone(1), "sse", sink), sink


@pytest.mark.parametrize(
    "signal",
    [SessionRevoked(session_id=someone(1).session_id), PersonRevoked(user_id=someone(1).user_id)],
    ids=lambda signal: signal.type,
)
async def test_a_revocation_reaches_every_node(nodes: list[Node], signal: Signal) -> None:
    """The connections of the person end wherever they are."""
    sessions = [connect(node)[0] for node in nodes]
    nodes[0].signal(signal)
    assert [session.ended for session in sessions] == [ends.REVOKED, ends.REVOKED]


async def test_a_connection_is_sent_away_wherever_it_is(nodes: list[Node]) -> None:
    """Whichever node was asked for it."""
    here, there = (connect(node)[0] for node in nodes)
    nodes[0].signal(ConnectionRevoked(connection_id=there.id))
    assert (here.ended, there.ended) == (None, ends.SENT_AWAY)


async def test_a_membership_changes_on_every_node(nodes: list[Node]) -> None:
    """Whoever reads `kitchens` somewhere reads the new one."""
    kitchen_id = UUID(int=7)
    for node in nodes:
        session, _ = connect(node)
        await node.connections.join(session, ["kitchens"], None)
    signal = MembershipChanged(user_id=someone(1).user_id, kitchen_id=kitchen_id, joined=True)
    nodes[0].signal(signal)
    assert [node.snapshot().channels["kitchen"] for node in nodes] == [1, 1]


async def test_what_is_announced_reaches_every_node(nodes: list[Node]) -> None:
    """Whoever reads the channel gets it, on whichever node."""
    sinks = []
    for node in nodes:
        session, sink = connect(node)
        await node.connections.join(session, ["community"], None)
        sinks.append(sink)
    nodes[1].announce([stored(1)])
    assert [sink.types for sink in sinks] == [["Connected", "PostDeleted"]] * 2
