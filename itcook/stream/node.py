"""The node: this process's end of the stream, put together and kept running."""

import asyncio
import secrets
from collections.abc import Sequence
from time import monotonic, time_ns

import structlog

from itcook import __version__
from itcook.auth import cookies, sessions
from itcook.capacity import capacity
from itcook.clock import Clock, utc_now
from itcook.redis import end
from itcook.settings import Settings
from itcook.stream import ends, outbox
from itcook.stream.broadcaster import Broadcaster, Subscriber
from itcook.stream.broker import Broker, Receiver
from itcook.stream.connections import Connections
from itcook.stream.envelope import Batch, Envelope
from itcook.stream.ephemera import Ephemera
from itcook.stream.follower import Follower
from itcook.stream.history import History
from itcook.stream.posting import Posting
from itcook.stream.presence import Presence
from itcook.stream.relay import Relay
from itcook.stream.renewal import Verify
from itcook.stream.session import Liveness
from itcook.stream.signals import (
    ConnectionDisplaced,
    ConnectionRevoked,
    CredentialReplaced,
    MembershipChanged,
    MessageAnswered,
    MessagePosted,
    PersonRevoked,
    SessionRevoked,
    Signal,
)
from itcook.stream.stats import Snapshot
from itcook.stream.table import StreamTable
from itcook.stream.traces import Flushes
from itcook.tracing import tracer

log = structlog.get_logger(__name__)


class Node:
    """Made by `start`, ended by `stop`. `connections` is what the transports work with, `posting` where
    client messages that come by POST go, and `ephemera` knows who is there. `relay` and `broker` are there to
    be asked how they are.
    """

    def __init__(
        self,
        settings: Settings,
        table: StreamTable,
        head: int,
        broker: Broker,
        presence: Presence,
        verify: Verify,
        clock: Clock,
    ) -> None:
        self.id = secrets.token_hex(4)
        self.table = table
        self._clock = clock
        self._call_soon = asyncio.get_running_loop().call_soon
        self._started_at = monotonic()
        self._flushes = None if tracer() is None else Flushes(self.id)
        self._history = History(
            table.epoch, head, table.read, reach=lambda position: self._follower.reach(position)
        )
        self._broadcaster = Broadcaster(asyncio.get_running_loop().call_soon, self._delivered)
        self.connections = Connections(
            self.id,
            self._history,
            self._broadcaster,
            Liveness(settings.heartbeat_seconds, settings.timeout_seconds),
            clock,
            verify,
            limit=capacity(settings).streams,
            per_person=settings.connections_per_user,
        )
        self.counters = self.connections.counters
        self.relay = Relay(table, broker.publish)
        self._follower = Follower(table, self._history, self._publish, self._lost, lambda: broker.is_whole)
        self.broker = broker
        self.posting = Posting(self.id, self.connections, broker)
        broker.subscribe(
            Receiver(
                node_id=self.id,
                published=self._follower.receive,
                announced=self._announced,
                signalled=self._signalled,
                behind=self._follower.behind,
                head=lambda: self._history.head,
                snapshot=self.snapshot,
            )
        )
        self.ephemera = Ephemera(
            self.connections.attendance,
            self.connections.typists,
            presence,
            broker.announce,
            self._announced,
            clock,
        )
        self._stop_listening = (
            outbox.on_commit(self.relay.nudge),
            sessions.on_revoked(lambda session_id: self.signal(SessionRevoked(session_id=session_id))),
            sessions.on_person_revoked(
                lambda user_id, kept: self.signal(PersonRevoked(user_id=user_id, kept=kept))
            ),
            cookies.on_replaced(lambda session_id: self.signal(CredentialReplaced(session_id=session_id))),
        )
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def start(
        cls, settings: Settings, broker: Broker, presence: Presence, verify: Verify, clock: Clock = utc_now
    ) -> "Node":
        """Join the stream where the table's head is, with the last events in memory.

        `verify` says who an access token is.
        """
        table = StreamTable()
        node = cls(settings, table, await table.open(), broker, presence, verify, clock)
        await node._history.load()
        loops = (
            node.relay.run(),
            node._follower.run(),
            node.connections.timers.run(),
            node.connections.audit.run(),
            node.ephemera.run(),
        )
        node._tasks = [asyncio.create_task(loop) for loop in loops]
        return node

    async def stop(self) -> None:
        """End what is left and stop relaying; what is in the outbox is relayed by the next process."""
        await self.connections.drain(0)
        for stop in self._stop_listening:
            stop()
        await end(self._tasks)
        await self.posting.stop()

    def announce(self, envelopes: Sequence[Envelope]) -> None:
        """Have ephemeral events delivered on every node, on this one before the call returns."""
        self.broker.announce(envelopes)

    def signal(self, signal: Signal) -> None:
        """Have every node act on `signal`, this one before the call returns."""
        self.broker.signal(signal)

    def cursor(self) -> str:
        """The cursor of everything that was published on this node."""
        return self._history.cursor

    @property
    def position(self) -> int:
        """The position of the last event that was published on this node."""
        return self._history.head

    def subscriptions(self) -> dict[str, int]:
        """How many subscriptions there are on this node, by kind of channel."""
        return self._broadcaster.counts()

    def snapshot(self) -> Snapshot:
        """What this node can say of the service."""
        counted, now = self.counters, monotonic()
        return Snapshot(
            node_id=self.id,
            version=__version__,
            uptime_seconds=round(now - self._started_at, 3),
            by_transport=self.connections.by_transport(),
            channels=self.subscriptions(),
            events=counted.events,
            events_sent_today=counted.sent_today,
            ends=counted.ends,
            resumes=counted.resumes,
            resyncs=counted.resyncs,
            replayed_events=counted.replayed,
            refused_handshakes=counted.refused,
            latencies=counted.latencies.buckets(now),
            delivered_seconds_ago=None
            if counted.delivered_at is None
            else round(now - counted.delivered_at, 3),
        )

    def snapshots(self) -> list[Snapshot]:
        """What all nodes can say together; the others' numbers are some seconds old at most."""
        return [self.snapshot(), *self.broker.others()]

    def _publish(self, batch: Sequence[Envelope]) -> None:
        self.counters.published(batch)
        now = monotonic()
        if self._flushes is None:
            self._broadcaster.publish(batch, now)
        else:
            began_at = time_ns()
            self._flushes.began(batch, now, began_at, self._broadcaster.publish(batch, now))

    def _delivered(self, batch: Batch, readers: Sequence[Subscriber], published_at: float) -> None:
        # In the next turn: with uvloop what one turn writes goes to the kernel at its end.
        self._call_soon(self.counters.delivered, batch, readers, published_at)
        if self._flushes is not None:
            self._call_soon(self._flushes.delivered, batch, readers, published_at)

    def _announced(self, envelopes: Sequence[Envelope]) -> None:
        self.counters.announced(envelopes, self._broadcaster.announce(envelopes))

    def _signalled(self, signal: Signal) -> None:
        match signal:
            case SessionRevoked():
                self.connections.end_login(signal.session_id)
            case PersonRevoked():
                self.connections.end_person(signal.user_id, signal.kept)
            case CredentialReplaced():
                self.connections.expire_login(signal.session_id)
            case ConnectionRevoked():
                self.connections.end_connection(signal.connection_id, ends.SENT_AWAY)
            case ConnectionDisplaced():
                self.connections.end_connection(signal.connection_id, ends.TOO_MANY)
            case MembershipChanged():
                self.connections.membership_changed(signal.user_id, signal.kitchen_id, signal.joined)
            case MessagePosted():
                self.posting.posted(signal)
            case MessageAnswered():
                self.posting.answered(signal)

    def _lost(self) -> None:
        self.connections.end_all(ends.RESTARTING)
