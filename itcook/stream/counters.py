"""Counters: what happened on this node. Nothing here is done for each delivery."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime

from itcook.clock import Clock
from itcook.stream.ends import End
from itcook.stream.envelope import Envelope
from itcook.stream.histogram import RecentHistogram
from itcook.stream.history import Reason
from itcook.stream.session import Resume

_TIMESTAMP = '"timestamp":"'
_LENGTH = len("2026-11-23T07:25:40.123Z")


class Counters:
    """Since the start, but for `sent_today`, which is since midnight UTC, and `latencies`, which are recent.

    `time` gives seconds of a clock that never goes back.
    """

    def __init__(self, clock: Clock, time: Callable[[], float]) -> None:
        self.events: Counter[str] = Counter()  # durable ones, by type
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

    def published(self, batch: Sequence[Envelope], deliveries: int) -> None:
        """A batch was handed to the sinks, `deliveries` in all.

        What took longest, from the transaction to here, is its first event; all count as that.
        """
        now = self._clock()
        self._turn_day(now.date())
        self._sent_today += deliveries
        self.events.update([envelope.type for envelope in batch])
        if deliveries:
            self.delivered_at = self._time()
            taken = (now - _recorded_at(batch[0])).total_seconds()
            self.latencies.add(taken, deliveries, self.delivered_at)

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
