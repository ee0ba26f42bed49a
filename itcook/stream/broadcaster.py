"""The broadcaster: from a channel to the sessions of this process that read it.

Who gets an event is settled when it is published; handing it to very many of them is spread over several
turns of the event loop, so that requests and heartbeats are not kept waiting meanwhile.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, Protocol
from uuid import UUID

from itcook.stream.channels import kind
from itcook.stream.envelope import Batch, Envelope

FAIR_SHARE = 1_000  # readers at a stretch: some 12 ms of a core, writing included

Later = Callable[[Callable[[], None]], object]


class Flight(NamedTuple):
    """A batch on its way to those `readers` who do not have it yet. `is_offer`: they may skip it. `at`: when
    it was published.
    """

    batch: Batch
    readers: "Iterator[Subscriber]"
    is_offer: bool
    at: float = 0.0


class Subscriber(Protocol):
    """Who reads channels. Nothing here waits or raises: one slow reader never delays another."""

    @property
    def transport(self) -> str: ...

    @property
    def user_id(self) -> UUID: ...

    def deliver(self, batch: Batch) -> None: ...

    def offer(self, batch: Batch) -> None:
        """Like `deliver`, for what may be skipped."""


Delivered = Callable[[Batch, Sequence[Subscriber], float], object]


class Broadcaster:
    """Who reads what, and the way from an event to them. It knows nothing of sockets and never waits.

    `later` has a call made in the loop's next turn; without it everybody is handed everything at once.
    `delivered` is called with those who were just handed a batch, and when that was published.
    """

    def __init__(self, later: Later | None = None, delivered: Delivered | None = None) -> None:
        self._readers: defaultdict[str, dict[Subscriber, None]] = defaultdict(dict)
        self._later = later
        self._delivered = delivered
        self._flights: deque[Flight] = deque()  # the earliest first
        self._is_due = False  # `_go_on`, in the loop's next turn

    def subscribe(self, subscriber: Subscriber, channels: Iterable[str]) -> list[str]:
        """Have `subscriber` read `channels`; those that it did not read before."""
        new = [channel for channel in channels if subscriber not in self._readers.get(channel, ())]
        for channel in new:
            self._readers[channel][subscriber] = None
        return new

    def unsubscribe(self, subscriber: Subscriber, channels: Iterable[str]) -> list[str]:
        """Have `subscriber` read `channels` no more; those that it did read."""
        left = [channel for channel in channels if subscriber in self._readers.get(channel, ())]
        for channel in left:
            del self._readers[channel][subscriber]
            if not self._readers[channel]:
                del self._readers[channel]
        return left

    def publish(self, envelopes: Sequence[Envelope], now: float = 0.0) -> int:
        """Hand each event once to everyone who reads one of its channels now; how many deliveries that is."""
        views = self._views(envelopes)
        self._send(Flight(batch, iter(readers), is_offer=False, at=now) for batch, readers in views)
        return sum(len(readers) * len(batch.envelopes) for batch, readers in views)

    def announce(self, envelopes: Sequence[Envelope]) -> int:
        """Offer ephemeral events to everyone who reads one of their channels, but for the person that each
        leaves out; how many offers.
        """
        offered = [(envelope, self._others(envelope)) for envelope in envelopes]
        self._send(Flight(Batch([envelope]), iter(readers), is_offer=True) for envelope, readers in offered)
        return sum(len(readers) for _, readers in offered)

    def settle(self) -> None:
        """Hand over at once what is on its way: whoever is told a cursor next must have all before it."""
        while self._flights:
            self._deliver(FAIR_SHARE)

    def _send(self, flights: Iterable[Flight]) -> None:
        waiting = self._is_due or bool(self._flights)
        self._flights.extend(flights)
        if not waiting:
            self._go_on()

    def _go_on(self) -> None:
        self._is_due = False
        if self._later is None:
            self.settle()
            return
        self._deliver(FAIR_SHARE)
        if self._flights:
            self._is_due = True
            self._later(self._go_on)

    def _deliver(self, count: int) -> None:
        """Hand what was published first to its next `count` readers, and so on while there are fewer."""
        while count and self._flights:
            batch, readers, is_offer, at = self._flights[0]
            share = list(islice(readers, count))
            if is_offer:
                for reader in share:
                    reader.offer(batch)
            else:
                for reader in share:
                    reader.deliver(batch)
                if share and self._delivered is not None:
                    self._delivered(batch, share, at)
            if len(share) < count:
                self._flights.popleft()  # only now: what a delivery itself publishes goes behind it
            count -= len(share)

    def counts(self) -> dict[str, int]:
        """Subscriptions by kind of channel. Ids are left out: they would tell who is there."""
        counts: Counter[str] = Counter()
        for channel, readers in self._readers.items():
            counts[kind(channel)] += len(readers)
        return dict(counts)

    def _views(self, envelopes: Sequence[Envelope]) -> list[tuple[Batch, list[Subscriber]]]:
        """Who gets which of `envelopes`: those who get the same share one batch, and so its bytes."""
        if len({envelope.channels for envelope in envelopes}) == 1:
            # The usual case, and the fast one: everybody gets the same, so nothing is sorted out.
            return [(Batch(envelopes), self._readers_of(envelopes[0].channels))]
        views: dict[Subscriber, tuple[int, ...]] = {}
        both: dict[tuple[tuple[int, ...], tuple[int, ...]], tuple[int, ...]] = {}
        for channel, places in _places(envelopes).items():
            for reader in self._readers.get(channel, ()):
                known = views.get(reader)
                if known is None:
                    views[reader] = places
                elif (merged := both.get((known, places))) is not None:
                    views[reader] = merged
                else:
                    views[reader] = both[known, places] = tuple(sorted({*known, *places}))
        readers: defaultdict[tuple[int, ...], list[Subscriber]] = defaultdict(list)
        for reader, view in views.items():
            readers[view].append(reader)
        return [(Batch([envelopes[place] for place in view]), same) for view, same in readers.items()]

    def _others(self, envelope: Envelope) -> list[Subscriber]:
        """Its readers but for the person whom it leaves out."""
        readers = self._readers_of(envelope.channels)
        return [reader for reader in readers if reader.user_id != envelope.left_out]

    def _readers_of(self, channels: tuple[str, ...]) -> list[Subscriber]:
        # A copy: delivering may end a session, and that takes it out of the very dict walked here.
        if len(channels) == 1:
            return list(self._readers.get(channels[0], ()))
        merged: dict[Subscriber, None] = {}
        for channel in channels:
            merged.update(self._readers.get(channel, {}))
        return list(merged)


def _places(envelopes: Sequence[Envelope]) -> dict[str, tuple[int, ...]]:
    """Where in `envelopes` the events of each channel are."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, envelope in enumerate(envelopes):
        for channel in envelope.channels:
            places[channel].append(place)
    return {channel: tuple(found) for channel, found in places.items()}
