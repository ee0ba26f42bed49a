"""Counters: what happened on this node. Of each delivery nothing is done here but to ask its transport."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import Protocol

from itcook.clock import Clock
from itcook.stream.ends import End
from itcook.stream.envelope import Batch, Envelope
from itcook.stream.histogram import Histogram, RecentHistogram
from itcook.stream.history import Reason
from itcook.stream.session import Resume

_TIMESTAMP = '"timestamp":"'
_LENGTH = len("2026-11-23T07:25:40.123Z")

_transport = attrgetter("transport")


class Reader(Protocol):
    """Who has got something."""

    @property
    def transport(self) -> str: ...


class Counters:
    """Since the start, but for `sent_today`, which is since midnight UTC, and `latencies`, which are recent.

    `time` gives seconds of a clock that never goes back.
    """

    def __init__(self, clock: Clock, time: Callable[[], float]) -> None:
        self.events: Counter[str] = Counter()  # durable ones, by type
        self.offered: Counter[str] = Counter()  # ephemeral ones, by type, once for each who was to have it
        self.deliveries: Counter[tuple[str, str]] = Counter()  # of durable events, by type and transport
        self.delivery = Histogram()  # from the transaction to the connections
        self.fan_out = Histogram()  # from the broker to the connections
        self.ends: Counter[int] = Counter()  # of connections, by code
        self.resumes: Counter[str] = Counter()  # how connections began
        self.resyncs: Counter[str] = Counter()  # by reason
        self.refused: Counter[int] = Counter()  # handshakes, by HTTP status
        self.replayed = 0  # events
        self.latencies = RecentHistogram()
        self.delivered_at: float | None = None
        self._time = time
        self._clock = clock
        self._sent_today = 0  # deliveries
        self._today = clock().date()

    @property
    def sent_today(self) -> int:
        """Deliveries since midnight UTC."""
        self._turn_day(self._clock().date())
        return self._sent_today

    def published(self, batch: Sequence[Envelope]) -> None:
        """Events came from the broker, in their turn."""
        self.events.update([envelope.type for envelope in batch])

    def announced(self, envelopes: Sequence[Envelope], offers: int) -> None:
        """Ephemeral events of one type were offered to so many."""
        if offers:
            self.offered[envelopes[0].type] += offers

    def delivered(self, batch: Batch, readers: Sequence[Reader], published_at: float) -> None:
        """What came from the broker at `published_at` is with `readers`' connections: of very many, these
        are some.

        What took longest, from the transaction to here, is the first event; all count as that.
        """
        now, self.delivered_at = self._clock(), self._time()
        deliveries = len(readers) * len(batch.envelopes)
        self._turn_day(now.date())
        self._sent_today += deliveries
        transports = [*map(_transport, readers)]
        for transport in set(transports):
            count = transports.count(transport)
            for envelope in batch.envelopes:
                self.deliveries[envelope.type, transport] += count
        taken = (now - _recorded_at(batch.envelopes[0])).total_seconds()
        self.latencies.add(taken, deliveries, self.delivered_at)
        self.delivery.add(taken, deliveries)
        self.fan_out.add(self.delivered_at - published_at, deliveries)

    def began(self, resume: Resume) -> None:
        """A connection begins."""
        self.resumes[resume.how] += 1
        self.replays(resume.replayed)
        if resume.reason is not None:
            self.resynced(resume.reason)

    def replays(self, count: int) -> None:
        """A connection is sent so many events that it had missed."""
        self.replayed += count

    def resynced(self, reason: Reason) -> None:
        """A connection cannot be given what it had missed."""
        self.resyncs[reason] += 1

    def ended(self, end: End) -> None:
        """A connection ended."""
        self.ends[end.code] += 1

    def refused_with(self, status: int) -> None:
        """A handshake was refused."""
        self.refused[status] += 1

    def _turn_day(self, today: date) -> None:
        if today != self._today:
            self._today = today
            self._sent_today = 0


def _recorded_at(envelope: Envelope) -> datetime:
    """When the transaction of a durable event began to write it: its timestamp."""
    start = envelope.text.index(_TIMESTAMP) + len(_TIMESTAMP)
    return datetime.fromisoformat(envelope.text[start : start + _LENGTH])
