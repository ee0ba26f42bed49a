"""History: what a client missed, from memory where it can be, else from the table.

Ten thousand clients that come back at once must not be ten thousand queries, so the last events are kept
in memory, and a fresh process loads them before it serves.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Literal

from itcook.stream.cursor import Cursor
from itcook.stream.envelope import Envelope
from itcook.stream.recent import Recent, newest

CAPACITY = 20_000  # events in memory; about 20 MB of average posts
PAGE = 1_000  # rows a query when the table is asked
MAX_REPLAY = 10_000  # events; who missed more is better off with fresh pages
# Events read from the table for one client, as many as are kept by default: a second of CPU.
MAX_READ = 100_000
READERS = 2  # clients for whom the table is read at once: a page holds the loop for 13 ms
TURN_SECONDS = 10.0  # that a client waits for that; then it is better off with fresh pages, too
MAX_REPLAY_BYTES = 16 * 1024 * 1024  # of JSON: what one client's replay may hold in memory

Read = Callable[[int, int], Awaitable[list[Envelope]]]
Reach = Callable[[int], Awaitable[None]]
Reason = Literal["history_pruned", "unknown_cursor", "too_far_behind"]


class NotCoveredError(Exception):
    """History cannot give the whole of what was missed; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class _Replay:
    """What is collected for one client, within bounds."""

    envelopes: list[Envelope] = field(default_factory=list)
    size: int = 0

    def add(self, envelopes: Sequence[Envelope]) -> None:
        self.envelopes += envelopes
        self.size += sum(envelope.size for envelope in envelopes)
        if len(self.envelopes) > MAX_REPLAY or self.size > MAX_REPLAY_BYTES:
            raise NotCoveredError("too_far_behind")


async def _stay(position: int) -> None:
    """What is not here is nowhere: there is one node."""


class History:
    """The durable events up to `head`, in the order of their positions, without a gap.

    `reach` has what the table has up to a position added, if it has that much.
    """

    def __init__(
        self, epoch: str, head: int, read: Read, *, reach: Reach = _stay, capacity: int = CAPACITY
    ) -> None:
        self.epoch = epoch
        self.head = head
        self._read = read
        self._reach = reach
        self._capacity = capacity
        self._recent = Recent(capacity)  # positions head - len + 1 … head
        self._turns = asyncio.Semaphore(READERS)

    @property
    def cursor(self) -> str:
        """The cursor of everything up to `head`."""
        return str(Cursor(self.epoch, self.head))

    def extend(self, batch: Sequence[Envelope]) -> None:
        """Add the events that follow `head` immediately."""
        assert batch[0].position == self.head + 1, "history must not have a gap"
        self._recent.extend(batch)
        self.head = batch[-1].position

    def restart(self, head: int) -> None:
        """Begin anew after `head`, forgetting what was before."""
        self.head = head
        self._recent.replace([])

    async def load(self) -> None:
        """Fill the memory with the last events of the table. Events may be added meanwhile."""
        until = self.head
        position = max(0, until - self._capacity)
        recent: list[Envelope] = []
        while position < until and (page := await self._read(position, PAGE)):
            recent += [envelope for envelope in page if envelope.position <= until]
            recent = newest(recent, self._capacity)
            position = page[-1].position
        self._recent.replace([*recent, *self._recent.after(until)])

    def recent(self, after: int) -> Sequence[Envelope] | None:
        """All events above the position `after`; None if memory does not reach back so far."""
        return self._recent.after(after) if self._reaches(after) else None

    async def reach(self, cursor: str) -> None:
        """Have `head` be at `cursor` at least, unless that is of no event that there ever was.

        To be awaited before a client's cursor is looked at: it may come from another node, which heard of
        the last events earlier.
        """
        place = Cursor.parse(cursor)
        if place is not None and place.epoch == self.epoch and place.position > self.head:
            await self._reach(place.position)

    async def missed(self, cursor: str, channels: frozenset[str]) -> list[Envelope]:
        """All events above `cursor`, and up to the head as it is now, that are in one of `channels`.

        The result is whole or `NotCoveredError` is raised.
        """
        position = self._position(cursor)
        until = self.head
        replay = _Replay()
        if not self._reaches(position):
            async with self._turn():
                position = await self._collect(replay, channels, position, until)
        remembered = self._recent.among(channels, position, until, MAX_REPLAY)
        if remembered is None:
            raise NotCoveredError("too_far_behind")
        replay.add(remembered)
        return replay.envelopes

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Have the table read for one client."""
        patience = asyncio.timeout(TURN_SECONDS) if self._turns.locked() else nullcontext()
        try:
            async with patience:
                await self._turns.acquire()
        except TimeoutError:
            raise NotCoveredError("too_far_behind") from None
        try:
            yield
        finally:
            self._turns.release()

    async def _collect(self, replay: _Replay, channels: frozenset[str], position: int, until: int) -> int:
        """Add what the table has above `position`, as far as memory does not reach; up to where that is.

        Few of the events may be of `channels`, and all have to be read to find them.
        """
        if self._oldest - position > MAX_READ:
            raise NotCoveredError("too_far_behind")
        while position < until and not self._reaches(position):
            page = await self._page(position)
            position = page[-1].position
            mine = [one for one in page if not channels.isdisjoint(one.channels)]
            replay.add([one for one in mine if one.position <= until])
        return position

    @property
    def _oldest(self) -> int:
        """The position behind which memory has everything."""
        return self.head - len(self._recent)

    def _reaches(self, after: int) -> bool:
        """Whether memory has everything above the position `after`."""
        return after >= self._oldest

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
