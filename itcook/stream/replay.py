"""Replay: what a client missed, at its pace, and then the way back to what comes."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence

from itcook.stream import ends
from itcook.stream.envelope import Batch, Envelope
from itcook.stream.history import History
from itcook.stream.session import Session

REPLAY_PART = 256 * 1024  # bytes written before the client's pace is waited for; well below MAX_UNSENT
SHARED = 64  # parts kept for the next client that misses the same: of two framings at most 32 MiB


class Replay:
    """Serves sessions whose gate is closed: history holds what is published until they have caught up."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._batches: OrderedDict[tuple[int, ...], Batch] = OrderedDict()  # by the positions in them

    async def send(self, session: Session, missed: Sequence[Envelope]) -> None:
        """Send what of `missed` the session reads, which may be less than when it was looked up."""
        for part in _parts(missed):
            await session.sink.drained()
            readable = session.reading.readable(part)
            if readable:
                session.replay(self._shared(readable))

    async def go_live(self, session: Session) -> None:
        """Follow history from the session's position to its head, then open the gate in the same turn."""
        while session.ended is None:
            recent = self._history.recent(session.position)
            if recent is None:
                session.end(ends.TOO_SLOW)
                return
            mine = session.reading.readable(recent)
            part = next(_parts(mine), [])
            if part:
                session.replay(self._shared(part))
            if len(part) == len(mine):
                session.open_gate(self._history.head)
                if session.untold:
                    session.untold = False
                    session.unsubscribed(self._history.cursor, None)
                return
            session.position = part[-1].position
            await session.sink.drained()

    def _shared(self, envelopes: Sequence[Envelope]) -> Batch:
        """A batch of `envelopes`: the same one, and so the same bytes, for all who miss the same. When a
        server restarts, ten thousand clients do.
        """
        positions = tuple([envelope.position for envelope in envelopes])
        batch = self._batches.get(positions)
        if batch is None:
            batch = self._batches[positions] = Batch(envelopes)
            if len(self._batches) > SHARED:
                self._batches.popitem(last=False)
        else:
            self._batches.move_to_end(positions)
        return batch


def _parts(envelopes: Sequence[Envelope]) -> Iterator[list[Envelope]]:
    """`envelopes` in parts of about `REPLAY_PART` bytes."""
    part: list[Envelope] = []
    size = 0
    for envelope in envelopes:
        part.append(envelope)
        size += envelope.size
        if size >= REPLAY_PART:
            yield part
            part, size = [], 0
    if part:
        yield part
