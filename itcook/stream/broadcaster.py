"""The broadcaster: from a channel to the sessions of this process that read it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Protocol

from itcook.stream.channels import kind
from itcook.stream.envelope import Envelope


class Subscriber(Protocol):
    """Who reads channels. `deliver` neither waits nor raises: one slow reader never delays another."""

    def deliver(self, envelopes: Sequence[Envelope]) -> None: ...


class Broadcaster:
    """Who reads what, and the way from an event to them. It knows nothing of sockets and never waits."""

    def __init__(self) -> None:
        self._readers: defaultdict[str, dict[Subscriber, None]] = defaultdict(dict)

    def subscribe(self, subscriber: Subscriber, channels: Iterable[str]) -> None:
        for channel in channels:
            self._readers[channel][subscriber] = None

    def unsubscribe(self, subscriber: Subscriber, channels: Iterable[str]) -> None:
        for channel in channels:
            readers = self._readers.get(channel)
            if readers is not None:
                readers.pop(subscriber, None)
                if not readers:
                    del self._readers[channel]

    def publish(self, batch: Sequence[Envelope]) -> int:
        """Hand each event once to everyone who reads one of its channels; how many deliveries."""
        if len({envelope.channels for envelope in batch}) == 1:
            # The usual case, and the fast one: everybody gets the same, so nothing is sorted out.
            readers = self._readers_of(batch[0].channels)
            for reader in readers:
                reader.deliver(batch)
            return len(readers) * len(batch)
        return self._publish_mixed(batch)

    def counts(self) -> dict[str, int]:
        """Subscriptions by kind of channel. Ids are left out: they would tell who is there."""
        counts: Counter[str] = Counter()
        for channel, readers in self._readers.items():
            counts[kind(channel)] += len(readers)
        return dict(counts)

    def _publish_mixed(self, batch: Sequence[Envelope]) -> int:
        views: defaultdict[Subscriber, list[Envelope]] = defaultdict(list)
        for envelope in batch:
            for reader in self._readers_of(envelope.channels):
                views[reader].append(envelope)
        for reader, view in views.items():
            reader.deliver(view)
        return sum(map(len, views.values()))

    def _readers_of(self, channels: tuple[str, ...]) -> list[Subscriber]:
        # A copy: delivering may end a session, and that takes it out of the very dict walked here.
        if len(channels) == 1:
            return list(self._readers.get(channels[0], ()))
        merged: dict[Subscriber, None] = {}
        for channel in channels:
            merged.update(self._readers.get(channel, {}))
        return list(merged)
