"""Nodes without a database: a stream's end on a broker, over a table that is a list."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from itcook.stream.broker import Broker, Receiver
from itcook.stream.envelope import Envelope
from itcook.stream.follower import Follower
from itcook.stream.history import History
from itcook.stream.signals import Signal
from itcook.stream.stats import Snapshot
from itcook.stream.table import StreamTable
from tests.support.stream import EPOCH, FakeTable


def empty_snapshot(node_id: str) -> Snapshot:
    """What a node says of itself on which nothing has happened."""
    return Snapshot(
        node_id=node_id,
        version="0",
        uptime_seconds=0,
        by_transport={},
        channels={},
        events={},
        events_sent_today=0,
        ends={},
        resumes={},
        resyncs={},
        replayed_events=0,
        refused_handshakes={},
        latencies={},
        delivered_seconds_ago=None,
    )


@dataclass
class Endpoint:
    """What arrives at one node; durable events by way of a real follower."""

    node_id: str
    broker: Broker
    table: FakeTable
    published: list[Envelope] = field(default_factory=list)
    announced: list[Envelope] = field(default_factory=list)
    signalled: list[Signal] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.history = History(EPOCH, 0, self.table.read)
        self.follower = Follower(
            cast("StreamTable", self.table), self.history, self.published.extend, _lost, self._is_whole
        )
        self.broker.subscribe(
            Receiver(
                self.node_id,
                published=self.follower.receive,
                announced=self.announced.extend,
                signalled=self.signalled.append,
                behind=self.follower.behind,
                head=lambda: self.history.head,
                snapshot=lambda: empty_snapshot(self.node_id),
            )
        )

    @property
    def positions(self) -> list[int]:
        """Of the durable events that were passed on."""
        return [envelope.position for envelope in self.published]

    async def publish(self, batch: Sequence[Envelope]) -> None:
        """As the relay does: into the table, then to everyone."""
        self.table.events += batch
        await self.broker.publish(batch)

    def _is_whole(self) -> bool:
        return self.broker.is_whole


def _lost() -> None:
    raise AssertionError("nothing here takes events out of the table")
