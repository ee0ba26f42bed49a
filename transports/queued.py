"""The queued sink: for connections that cannot be taken over (HTTP/2, other servers), a queue that the
connection's handler drains.

The session keeps it within bounds (`MAX_UNSENT`), which is why nothing here refuses: what is accepted is
sent or, when the session has ended because of it, given up as a whole.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from itcook.stream import ends
from itcook.stream.ends import End
from itcook.stream.envelope import Batch, Envelope

ROOM = 256 * 1024  # bytes unsent at which the next part of a replay is welcome
BATCH = 64 * 1024  # bytes taken from the queue at once; they count as unsent until all of them are sent
CLOSE_SECONDS = 2.0  # for the last words; a client that does not read them in that time is cut off


class QueuedSink:
    """A `Sink` that holds events until its handler, iterating over `batches`, has sent them.

    Made in the task of that handler. ASGI does not say when bytes or pongs came from the client.
    """

    heard_at = None

    def __init__(self) -> None:
        handler = asyncio.current_task()
        assert handler is not None, "a handler runs in a task"
        self.ended: End | None = None
        self._handler = handler
        self._loop = asyncio.get_running_loop()
        self._queue: deque[Envelope] = deque()
        self._queued = 0  # bytes, those of the batch being sent included
        self._sent = 0  # bytes, in all
        self._gone = 0  # bytes that had been sent when that was last looked at
        self._moved_at = self._loop.time()
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._closing: asyncio.TimerHandle | None = None

    @property
    def unsent(self) -> int:
        return self._queued

    def stuck_for(self, now: float) -> float:
        if self._sent > self._gone or not self._queued:
            self._moved_at = now
        self._gone = self._sent
        return now - self._moved_at

    def write(self, batch: Batch) -> None:
        self._put(*batch.envelopes)

    async def drained(self) -> None:
        await self._room.wait()

    def ping(self) -> None:
        """ASGI has no way to."""

    def end(self, end: End, last: Envelope) -> None:
        if end is ends.TOO_SLOW:
            # What waits would only keep the last words from arriving; the client resumes and gets it.
            self._queued -= sum(envelope.size for envelope in self._queue)
            self._queue.clear()
        self.ended = end
        self._put(last)
        self._room.set()
        self._closing = self._loop.call_later(CLOSE_SECONDS, self.cut)

    def cut(self) -> None:
        self._handler.cancel()

    async def batches(self) -> AsyncIterator[list[Envelope]]:
        """What to send next, until the session has ended and all is sent.

        A batch counts as sent when the next one is asked for.
        """
        while True:
            while self._queue:
                batch, size = self._take()
                yield batch
                self._passed(size)
            if self.ended is not None:
                return
            self._changed.clear()
            await self._changed.wait()

    def close(self) -> None:
        """The connection is closed: nothing is left to cut."""
        if self._closing is not None:
            self._closing.cancel()

    def _put(self, *envelopes: Envelope) -> None:
        if not self._queued:
            self._moved_at = self._loop.time()
        for envelope in envelopes:
            self._queue.append(envelope)
            self._queued += envelope.size
        if self._queued > ROOM:
            self._room.clear()
        self._changed.set()

    def _take(self) -> tuple[list[Envelope], int]:
        batch: list[Envelope] = []
        size = 0
        while self._queue and size < BATCH:
            envelope = self._queue.popleft()
            batch.append(envelope)
            size += envelope.size
        return batch, size

    def _passed(self, size: int) -> None:
        self._sent += size
        self._queued -= size
        if self._queued <= ROOM:
            self._room.set()
