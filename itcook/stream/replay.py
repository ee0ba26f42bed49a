"""Replay: what a client missed, at its pace, and then the way back to what comes."""

from collections.abc import Iterator, Sequence

from itcook.stream import ends
from itcook.stream.envelope import Envelope
from itcook.stream.history import History
from itcook.stream.session import Session

REPLAY_PART = 256 * 1024  # bytes written before the client's pace is waited for; well below MAX_UNSENT


class Replay:
    """Serves sessions whose gate is closed: history holds what is published until they have caught up."""

    def __init__(self, history: History) -> None:
        self._history = history

    async def send(self, session: Session, missed: Sequence[Envelope]) -> None:
        """Send what of `missed` the session reads, which may be less than when it was looked up."""
        for part in _parts(missed):
            await session.sink.drained()
            session.replay(_readable(session, part))

    async def go_live(self, session: Session) -> None:
        """Follow history from the session's position to its head, then open the gate in the same turn."""
        while session.ended is None:
            recent = self._history.recent(session.position)
            if recent is None:
                session.end(ends.TOO_SLOW)
                return
            mine = _readable(session, recent)
            part = next(_parts(mine), [])
            session.replay(part)
            if len(part) == len(mine):
                session.open_gate(self._history.head)
                return
            session.position = part[-1].position
            await session.sink.drained()


def _readable(session: Session, envelopes: Sequence[Envelope]) -> list[Envelope]:
    return [envelope for envelope in envelopes if session.reading.covers(envelope)]


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
