"""Joining: how a connection begins, from its cursor over what it missed to what comes."""

from collections.abc import Iterator, Sequence

from itcook.stream import ends
from itcook.stream.cursor import Cursor
from itcook.stream.envelope import Envelope
from itcook.stream.history import History, NotCoveredError
from itcook.stream.session import Resume, Session
from itcook.stream.subscriptions import Subscriptions

REPLAY_PART = 256 * 1024  # bytes written before the client's pace is waited for; well below MAX_UNSENT


class Joining:
    """Takes sessions from their opening to being live."""

    def __init__(self, history: History, subscriptions: Subscriptions) -> None:
        self._history = history
        self._subscriptions = subscriptions

    async def join(self, session: Session, names: Sequence[str], cursor: str | None) -> None:
        """Subscribe, resume after `cursor`, go live.

        Until the gate opens, history holds what is published: what is missed and what is new then meet
        without a gap and without a double.
        """
        refused = await self._subscriptions.add(session, names)
        until = self._history.head
        resume, missed = await self._resume(session, cursor)
        session.connected(resume)
        self._subscriptions.refuse(session, refused, None)
        for part in _parts(missed):
            await session.sink.drained()
            session.replay(_readable(session, part), part[-1].position)
        session.replay((), max(until, resume.position))
        await self._go_live(session)

    async def _resume(self, session: Session, cursor: str | None) -> tuple[Resume, Sequence[Envelope]]:
        if cursor is None:
            return Resume("fresh", self._history.head, self._history.cursor), ()
        try:
            missed = await self._history.missed(cursor, session.reading.channels)
        except NotCoveredError as error:
            head = self._history.head
            return Resume("reset", head, self._history.cursor, reason=error.reason), ()
        start = Cursor.parse(cursor)
        assert start is not None, "history gave events after a cursor that is none"
        return Resume("resumed", start.position, cursor, replayed=len(missed)), missed

    async def _go_live(self, session: Session) -> None:
        """Follow history up to its head, then open the gate in the same turn of the loop."""
        while session.ended is None:
            recent = self._history.recent(session.position)
            if recent is None:
                session.end(ends.TOO_SLOW)
                return
            mine = _readable(session, recent)
            part = next(_parts(mine), [])
            if len(part) == len(mine):
                session.replay(part, self._history.head)
                session.live = session.ended is None
                return
            session.replay(part, part[-1].position)
            await session.sink.drained()


def _readable(session: Session, envelopes: Sequence[Envelope]) -> list[Envelope]:
    """What of `envelopes` the session reads now, which may be less than when they were looked up."""
    reads = session.reading.channels
    return [envelope for envelope in envelopes if not reads.isdisjoint(envelope.channels)]


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
