"""Messages that come by POST, on the node of the connection and on another."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from itcook.errors import NotFoundError, RateLimitedError, ValidationError
from itcook.stream import ends
from itcook.stream import posting as module
from itcook.stream.broadcaster import Broadcaster
from itcook.stream.broker import Receiver
from itcook.stream.connections import Connections
from itcook.stream.history import History
from itcook.stream.limits import MESSAGE_BURST
from itcook.stream.memory import MemoryBroker
from itcook.stream.posting import Posting
from itcook.stream.session import Liveness, Session
from itcook.stream.signals import MessageAnswered, MessagePosted, Signal, decode, encode
from tests.support.nodes import empty_snapshot
from tests.support.stream import EPOCH, NOON, FakeSink, FakeTable, someone, verifying
from tests.support.waiting import until

HEARTBEAT = '{"type":"Heartbeat"}'


@dataclass
class Node:
    """Connections, and a way to them; deaf on request."""

    connections: Connections
    posting: Posting
    deaf: bool = False

    @classmethod
    def of(cls, node_id: str, broker: MemoryBroker) -> "Node":
        history = History(EPOCH, 0, FakeTable().read)
        connections = Connections(
            node_id, history, Broadcaster(), Liveness(10, 30), lambda: NOON, verifying()
        )
        node = cls(connections, Posting(node_id, connections, broker))
        broker.subscribe(
            Receiver(
                node_id,
                lambda batch: None,
                lambda envelopes: None,
                node.signalled,
                lambda position: None,
                lambda: 0,
                lambda: empty_snapshot(node_id),
            )
        )
        return node

    def signalled(self, signal: Signal) -> None:
        received = decode(encode(signal))
        if self.deaf:
            return
        if isinstance(received, MessagePosted):
            self.posting.posted(received)
        elif isinstance(received, MessageAnswered):
            self.posting.answered(received)

    async def join(self) -> tuple[Session, FakeSink]:
        sink = FakeSink()
        session = self.connections.open(someone(1), "sse", sink)
        await self.connections.join(session, [], None)
        return session, sink


@pytest.fixture
async def nodes() -> AsyncIterator[list[Node]]:
    """Two nodes, as if each was a process."""
    broker = MemoryBroker()
    nodes = [Node.of(node_id, broker) for node_id in ("aaaaaaaa", "bbbbbbbb")]
    yield nodes
    for node in nodes:
        await node.posting.stop()


@pytest.fixture(params=[0, 1], ids=["here", "elsewhere"])
def asked(nodes: list[Node], request: pytest.FixtureRequest) -> Posting:
    """Where the request lands; the connections are on the first node."""
    where: int = request.param
    return nodes[where].posting


async def test_a_message_is_acted_on(nodes: list[Node], asked: Posting) -> None:
    """Wherever it lands; the answer is on the stream."""
    session, sink = await nodes[0].join()
    message = {"type": "Subscribe", "channels": ["community"], "ref": "r1"}
    await asked.post(someone(1), session.id, json.dumps(message))
    await until(lambda: "Subscribed" in sink.types)
    assert sink.last("Subscribed")["ref"] == "r1"


async def test_messages_are_acted_on_in_their_order(nodes: list[Node], asked: Posting) -> None:
    """The one that was accepted first is done first."""
    session, sink = await nodes[0].join()
    for number in range(20):
        message = {"type": "Unsubscribe", "channels": ["community"], "ref": str(number)}
        await asked.post(someone(1), session.id, json.dumps(message))
    await until(lambda: sink.types.count("Unsubscribed") == 20)
    refs = [json.loads(envelope.text)["data"].get("ref") for envelope in sink.written[1:]]
    assert refs == [str(number) for number in range(20)]


async def test_nobody_speaks_for_another(nodes: list[Node], asked: Posting) -> None:
    """What is not one's own is not there, like what has ended and what never was."""
    session, sink = await nodes[0].join()
    ended, _ = await nodes[0].join()
    ended.end(ends.RESTARTING)
    for who, connection_id in (
        (someone(2), session.id),
        (someone(1), ended.id),
        (someone(1), "aaaaaaaa-nobody"),
        (someone(1), "cccccccc-nobody"),
        (someone(1), ""),
    ):
        with pytest.raises(NotFoundError):
            await asked.post(who, connection_id, HEARTBEAT)
    assert sink.types == ["Connected"]


async def test_what_is_no_message_says_where(nodes: list[Node], asked: Posting) -> None:
    """A problem instead of an `Error`, and a strike all the same."""
    session, sink = await nodes[0].join()
    for _ in range(20):
        with pytest.raises(ValidationError) as refused:
            await asked.post(someone(1), session.id, '{"type":"Subscribe","channels":[]}')
        assert [error.pointer for error in refused.value.errors] == ["/channels"]
    assert sink.types == ["Connected", "Disconnecting"]
    assert session.ended is ends.TOO_MANY_INVALID


async def test_one_message_too_many(nodes: list[Node], asked: Posting) -> None:
    """Ends the connection, and says so to whoever posted it."""
    session, _ = await nodes[0].join()

    async def flood() -> None:
        for _ in range(2 * int(MESSAGE_BURST)):
            await asked.post(someone(1), session.id, HEARTBEAT)

    with pytest.raises(RateLimitedError):
        await flood()
    assert session.ended is ends.TOO_MANY_MESSAGES


async def test_a_node_that_does_not_answer_has_lost_its_clients(
    nodes: list[Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for ever, and nothing is left of it."""
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.01)
    session, _ = await nodes[0].join()
    nodes[0].deaf = True
    with pytest.raises(NotFoundError):
        await nodes[1].posting.post(someone(1), session.id, HEARTBEAT)
    assert nodes[1].posting._asked == {}


async def test_the_work_outlives_the_request(nodes: list[Node], monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that gives up its request has said its message; the next one is acted on too."""
    release = asyncio.Event()

    async def slow(name: str, principal: object) -> tuple[str, ...]:
        await release.wait()
        return (name,)

    monkeypatch.setattr("itcook.stream.subscriptions.resolve", slow)
    session, sink = await nodes[0].join()
    for ref in ("r1", "r2"):
        message = {"type": "Subscribe", "channels": ["community"], "ref": ref}
        await nodes[0].posting.post(someone(1), session.id, json.dumps(message))
    release.set()
    await until(lambda: sink.types.count("Subscribed") == 2)
