"""What a node has to say of itself: its stream, its database, what it shares with others."""

from collections.abc import Iterator
from typing import get_args

from prometheus_client.core import InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from itcook import __version__, database
from itcook.events import DurableEvent, EphemeralEvent
from itcook.metrics.families import counter, counters, gauge, gauges, histogram
from itcook.services import Services
from itcook.stream import ends
from itcook.stream.ends import End
from itcook.stream.history import Reason
from itcook.stream.session import TransportName

TRANSPORTS = get_args(TransportName)
POLL = "poll"  # a waiting poll is woken by events, and is no connection
CODES = sorted({end.code for end in vars(ends).values() if isinstance(end, End)})
RESUMES = ("fresh", "resumed", "reset")


class NodeCollector(Collector):
    """Reads the counters of a running node on each scrape."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def describe(self) -> list[Metric]:
        """Nothing in advance: the registry need not ask before the server runs."""
        return []

    def collect(self) -> Iterator[Metric]:
        yield self._node()
        yield from self._connections()
        yield from self._handshakes()
        yield from self._events()
        yield from self._way()
        yield from self._database()

    def _node(self) -> Metric:
        info = {
            "version": __version__,
            "node_id": self._services.stream.id,
            "broker": self._services.shared.kind,
        }
        return InfoMetricFamily("itcook_node", "This node; its id is new at each start.", value=info)

    def _connections(self) -> Iterator[Metric]:
        connections = self._services.stream.connections
        counts = dict.fromkeys(TRANSPORTS, 0)
        unsent = dict.fromkeys(TRANSPORTS, 0)
        largest = 0
        for session in connections:
            bytes_unsent = session.sink.unsent
            counts[session.transport] += 1
            unsent[session.transport] += bytes_unsent
            largest = max(largest, bytes_unsent)
        yield gauges("itcook_connections", "Open streams.", "transport", counts)
        yield gauge("itcook_connections_limit", "Streams that this process takes at most.", connections.limit)
        yield gauge("itcook_polls_waiting", "Polls that wait for an event.", len(connections.polling))
        yield gauges("itcook_unsent_bytes", "Bytes that wait to be sent.", "transport", unsent)
        yield gauge("itcook_unsent_bytes_largest", "Bytes that wait for the slowest client.", largest)
        subscriptions = self._services.stream.subscriptions()
        yield gauges("itcook_subscriptions", "Subscriptions, by kind of channel.", "channel", subscriptions)

    def _handshakes(self) -> Iterator[Metric]:
        counted = self._services.stream.counters
        yield counters(
            "itcook_connections_begun", "Streams that began.", ["resume"], counted.resumes, RESUMES
        )
        yield counters("itcook_connections_ended", "Streams that ended.", ["code"], counted.ends, CODES)
        yield counters(
            "itcook_handshakes_refused", "Streams that were refused.", ["status"], counted.refused, [401, 503]
        )
        yield counters(
            "itcook_resyncs",
            "Clients that were told to begin anew.",
            ["reason"],
            counted.resyncs,
            get_args(Reason),
        )
        yield counter("itcook_events_replayed", "Events sent to who had missed them.", counted.replayed)

    def _events(self) -> Iterator[Metric]:
        counted = self._services.stream.counters
        durable = [event.__name__ for event in DurableEvent.__subclasses__()]
        ephemeral = [event.__name__ for event in EphemeralEvent.__subclasses__()]
        yield counters(
            "itcook_events_published",
            "Durable events that came to this node, once each.",
            ["type"],
            counted.events,
            durable,
        )
        yield counters(
            "itcook_events_delivered",
            "Durable events, once for each who got them.",
            ["type", "transport"],
            counted.deliveries,
        )
        yield counters(
            "itcook_events_offered",
            "Ephemeral events, once for each who was to have them.",
            ["type"],
            counted.offered,
            ephemeral,
        )
        yield histogram(
            "itcook_delivery_seconds", "From the transaction to the connection.", counted.delivery
        )
        yield histogram("itcook_fan_out_seconds", "From the broker to the connection.", counted.fan_out)

    def _way(self) -> Iterator[Metric]:
        """The way of an event to this node, and what may be wrong with it."""
        stream = self._services.stream
        yield gauge("itcook_stream_position", "Position of the last event published here.", stream.position)
        yield gauge("itcook_relay_lag_seconds", "Age of what waits for its position.", stream.relay.lag)
        yield counter("itcook_events_relayed", "Events given a position by this node.", stream.relay.relayed)
        yield counter("itcook_relay_failures", "Attempts to relay that failed.", stream.relay.failures)
        yield gauge(
            "itcook_broker_up", "Whether what other nodes publish arrives here.", int(stream.broker.is_whole)
        )
        yield counter(
            "itcook_broker_messages_dropped", "Messages to other nodes, never sent.", stream.broker.dropped
        )
        yield gauge("itcook_nodes", "Nodes that this one knows of, with itself.", len(stream.snapshots()))
        yield gauge(
            "itcook_loop_late_seconds", "What waits its turn, waits so long.", stream.connections.late
        )

    def _database(self) -> Iterator[Metric]:
        pool = self._services.database.pool()
        states = {"used": pool.used, "idle": pool.open - pool.used}
        yield gauges("itcook_database_connections", "Connections to the database.", "state", states)
        yield gauge("itcook_database_connections_limit", "Of those, the most there can be.", pool.limit)
        yield gauge("itcook_transactions_running", "Transactions at work, or waiting.", database.running())
        yield counters(
            "itcook_transactions",
            "Transactions.",
            ["outcome"],
            database.outcomes,
            ["committed", "rolled_back", "retried", "failed"],
        )
