"""The last events in memory, and where among them those of each channel are.

Whoever comes back asks for the events of a few channels among those of all. Looking at each of 20,000 took
10 ms of the loop, which anyone could ask for twenty times a second.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence

from itcook.stream.envelope import Envelope

# Of JSON in memory: 20,000 of the longest posts would be 400 MB, not counting what they are framed as.
MAX_BYTES = 32 * 1024 * 1024


class Recent:
    """Events without a gap between their positions, in order: at most about `capacity` and `MAX_BYTES`."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._events: list[Envelope] = []
        self._places: defaultdict[str, list[int]] = defaultdict(list)  # channel -> positions, ascending
        self._size = 0  # bytes of JSON

    def __len__(self) -> int:
        return len(self._events)

    def extend(self, batch: Sequence[Envelope]) -> None:
        """Add the events that follow."""
        self._events.extend(batch)
        self._add(batch)
        # Cutting costs a copy of everything, so it is done once in a while and not each time.
        if len(self._events) > self._capacity * 5 // 4 or self._size > MAX_BYTES * 5 // 4:
            self.replace(self._events)

    def replace(self, events: Sequence[Envelope]) -> None:
        """Hold the last of `events`, and nothing else."""
        self._events = newest(events, self._capacity)
        self._places.clear()
        self._size = 0
        self._add(self._events)

    def after(self, position: int) -> Sequence[Envelope]:
        """All events above `position`."""
        return self._events[self._index(position) :]

    def among(self, channels: Iterable[str], after: int, until: int, most: int) -> list[Envelope] | None:
        """The events of `channels` above `after` and up to `until`, in their order; None if one channel alone
        has more than `most`. What it takes is in proportion to the events.
        """
        positions: set[int] = set()
        for channel in channels:
            places = self._places.get(channel, ())
            start, stop = bisect_right(places, after), bisect_right(places, until)
            if stop - start > most:
                return None
            positions.update(places[start:stop])
        return [self._events[self._index(position - 1)] for position in sorted(positions)]

    def _index(self, after: int) -> int:
        """Where the first event above `after` is, or would be."""
        return max(0, after + 1 - self._events[0].position) if self._events else 0

    def _add(self, events: Sequence[Envelope]) -> None:
        for envelope in events:
            self._size += envelope.size
            for channel in envelope.channels:
                self._places[channel].append(envelope.position)


def newest(envelopes: Sequence[Envelope], count: int) -> list[Envelope]:
    """The last of `envelopes`, at most `count` and within `MAX_BYTES`."""
    size = 0
    start = len(envelopes)
    while start > max(0, len(envelopes) - count):
        size += envelopes[start - 1].size
        if size > MAX_BYTES:
            break
        start -= 1
    return list(envelopes[start:])
