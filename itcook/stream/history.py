"""History: what a client missed, from memory where it can be, else from the table.

Ten thousand clients that come back at once must not be ten thousand queries, so the last events are kept
in memory, and a fresh process loads them before it serves.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from itcook.stream.cursor import Cursor
from itcook.stream.envelope import Envelope

CAPACITY = 20_000  # events in memory; about 20 MB of average posts
# Of JSON in memory: 20,000 of the longest posts would be 400 MB, not counting what they are framed as.
MAX_BYTES = 32 * 1024 * 1024
PAGE = 1_000  # rows a query when the table is asked
MAX_REPLAY = 10_000  # events; who missed more is better off with fresh pages
MAX_REPLAY_BYTES = 16 * 1024 * 1024  # of JSON: what one client's replay may hold in memory

Read = Callable[[int, int], Awaitable[list[Envelope]]]
Reason = Literal["history_pruned", "unknown_cursor", "too_far_behind"]


class NotCoveredError(Exception):
    """History cannot give the whole of what was missed; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class _Replay:
    """What is collected for one client, within bounds."""

    channels: frozenset[str]
    envelopes: list[Envelope] = field(default_factory=list)
    size: int = 0

    def add(self, envelopes: Sequence[Envelope]) -> None:
        mine = [envelope for envelope in envelopes if not self.channels.isdisjoint(envelope.channels)]
        self.envelopes += mine
        self.size += _size(mine)
        if len(self.envelopes) > MAX_REPLAY or self.size > MAX_REPLAY_BYTES:
            raise NotCoveredError("too_far_behind")


class History:
    """The durable events up to `head`, in the order of their positions, without a gap."""

    def __init__(self, epoch: str, head: int, read: Read, *, capacity: int = CAPACITY) -> None:
        self.epoch = epoch
        self.head = head
        self._read = read
        self._capacity = capacity
        self._recent: list[Envelope] = []  # positions head - len + 1 … head
        self._size = 0  # bytes of JSON in them

    @property
    def cursor(self) -> str:
        """The cursor of everything up to `head`."""
        return str(Cursor(self.epoch, self.head))

    def extend(self, batch: Sequence[Envelope]) -> None:
        """Add the events that follow `head` immediately."""
        assert batch[0].position == self.head + 1, "history must not have a gap"
        self._recent.extend(batch)
        self._size += _size(batch)
        self.head = batch[-1].position
        # Cutting costs a copy of the whole list, so it is done once in a while and not each time.
        if len(self._recent) > self._capacity * 5 // 4 or self._size > MAX_BYTES * 5 // 4:
            self._keep(self._recent)

    def restart(self, head: int) -> None:
        """Begin anew after `head`, forgetting what was before."""
        self.head = head
        self._keep([])

    async def load(self) -> None:
        """Fill the memory with the last events of the table. Events may be added meanwhile."""
        until = self.head
        position = max(0, until - self._capacity)
        recent: list[Envelope] = []
        while position < until and (page := await self._read(position, PAGE)):
            recent += [envelope for envelope in page if envelope.position <= until]
            recent = _newest(recent, self._capacity)
            position = page[-1].position
        self._keep(recent + self._recent)

    def recent(self, after: int) -> Sequence[Envelope] | None:
        """All events above the position `after`; None if memory does not reach back so far."""
        start = len(self._recent) - (self.head - after)
        return self._recent[start:] if start >= 0 else None

    async def missed(self, cursor: str, channels: frozenset[str]) -> list[Envelope]:
        """All events above `cursor`, and up to the head as it is now, that are in one of `channels`.

        The result is whole or `NotCoveredError` is raised.
        """
        position = self._position(cursor)
        until = self.head
        replay = _Replay(channels)
        while position < until:
            page = self.recent(position)
            if page is None:
                page = await self._page(position)
            position = page[-1].position
            replay.add(page if position <= until else [one for one in page if one.position <= until])
        return replay.envelopes

    def _keep(self, envelopes: Sequence[Envelope]) -> None:
        self._recent = _newest(envelopes, self._capacity)
        self._size = _size(self._recent)

    def _position(self, text: str) -> int:
        cursor = Cursor.parse(text)
        if cursor is None or cursor.epoch != self.epoch or cursor.position > self.head:
            raise NotCoveredError("unknown_cursor")
        return cursor.position

    async def _page(self, after: int) -> list[Envelope]:
        page = await self._read(after, PAGE)
        # Positions are dense, so a first one that is not the next says that retention was here.
        if not page or page[0].position != after + 1:
            raise NotCoveredError("history_pruned")
        return page


def _newest(envelopes: Sequence[Envelope], count: int) -> list[Envelope]:
    """The last of `envelopes`, at most `count` and within `MAX_BYTES`."""
    size = 0
    start = len(envelopes)
    while start > max(0, len(envelopes) - count):
        size += envelopes[start - 1].size
        if size > MAX_BYTES:
            break
        start -= 1
    return list(envelopes[start:])


def _size(envelopes: Sequence[Envelope]) -> int:
    return sum(envelope.size for envelope in envelopes)
