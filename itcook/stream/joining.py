"""Joining: how a connection begins, and how channels are added to it, from a cursor over what was missed to
what comes.
"""

from collections.abc import Sequence

from itcook.messages import Subscribe
from itcook.stream.counters import Counters
from itcook.stream.cursor import Cursor
from itcook.stream.envelope import Envelope
from itcook.stream.history import History, NotCoveredError
from itcook.stream.replay import Replay
from itcook.stream.session import Resume, Session
from itcook.stream.subscriptions import Subscriptions


class Joining:
    """Takes sessions from a cursor to being live.

    Until the gate opens, history holds what is published: what was missed and what is new then meet without
    a gap and without a double.
    """

    def __init__(self, history: History, subscriptions: Subscriptions, counters: Counters) -> None:
        self._counters = counters
        self._history = history
        self._subscriptions = subscriptions
        self._replay = Replay(history)

    async def join(self, session: Session, names: Sequence[str], cursor: str | None) -> None:
        """Subscribe, resume after `cursor`, go live."""
        refused = await self._subscriptions.add(session, names)
        if cursor is not None:
            await self._history.reach(cursor)
        until = self._history.head
        resume, missed = await self._resume(session, cursor)
        session.connected(resume)
        self._counters.began(resume)
        self._subscriptions.refuse(session, refused, None)
        await self._replay.send(session, missed)
        session.position = max(until, resume.position)
        await self._replay.go_live(session)

    async def subscribe(self, session: Session, message: Subscribe) -> None:
        """Read more channels: from now on, or after `since`, as what was read already is not sent again.

        The gate closes for the replay, so that the new channels' past stands before everybody's future: what
        the client sees is in order but for this one step back, and `Subscribed` announces it.
        """
        if message.since is not None:
            await self._history.reach(message.since)
        refused = await self._subscriptions.add(session, message.channels)
        self._subscriptions.refuse(session, refused, message.ref)
        if set(message.channels).isdisjoint(session.reading.names):
            return
        here = self._subscriptions.cursor()
        if message.since is None:
            session.subscribed(here, message.ref)
            return
        session.close_gate(self._history.head)
        await self._catch_up(session, message, message.since, here)
        await self._replay.go_live(session)

    async def _catch_up(self, session: Session, message: Subscribe, since: str, here: str) -> None:
        wanted = session.reading.behind(message.channels)
        try:
            missed = await self._history.missed(since, wanted)
        except NotCoveredError as error:
            session.subscribed(here, message.ref)
            session.resync(error.reason, here, message.ref)
            self._counters.resynced(error.reason)
            return
        unseen = [envelope for envelope in missed if not session.reading.covers(envelope)]
        session.reading.rewind(wanted, _position(since))
        # With nothing to replay the client goes on from here; else what it was cut in must come again.
        session.subscribed(since if unseen else here, message.ref, replayed=len(unseen))
        self._counters.replays(len(unseen))
        await self._replay.send(session, unseen)
        if unseen:
            session.caught_up(here)

    async def _resume(self, session: Session, cursor: str | None) -> tuple[Resume, Sequence[Envelope]]:
        if cursor is None:
            return Resume("fresh", self._history.head, self._history.cursor), ()
        wanted = session.reading.channels
        try:
            missed = await self._history.missed(cursor, wanted)
        except NotCoveredError as error:
            head = self._history.head
            session.reading.skip(head)
            return Resume("reset", head, self._history.cursor, reason=error.reason), ()
        position = _position(cursor)
        session.reading.rewind(wanted, position)
        return Resume("resumed", position, cursor, replayed=len(missed)), missed


def _position(cursor: str) -> int:
    parsed = Cursor.parse(cursor)
    assert parsed is not None, "history gave events after a cursor that is none"
    return parsed.position
