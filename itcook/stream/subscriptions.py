"""Subscriptions: what sessions read, kept in agreement with the broadcaster and with their memberships."""

import asyncio
from collections.abc import Iterable, Sequence, Set
from uuid import UUID

from itcook.messages import MAX_CHANNELS
from itcook.stream import channels, ends
from itcook.stream.access import ChannelRefusedError, resolve
from itcook.stream.attendance import Attendance
from itcook.stream.broadcaster import Broadcaster
from itcook.stream.history import History
from itcook.stream.session import Session


class Subscriptions:
    """Adds and removes channels. A session that has ended is never put back into the broadcaster."""

    def __init__(self, history: History, broadcaster: Broadcaster, attendance: Attendance) -> None:
        self._history = history
        self._attendance = attendance
        self._broadcaster = broadcaster
        self._time = asyncio.get_running_loop().time

    async def add(self, session: Session, names: Sequence[str]) -> list[ChannelRefusedError]:
        """Subscribe to each of `names` that may be read; why the others may not.

        Each name may cost a query, so the first one without room is the last one looked at, and refused
        names are counted like others.
        """
        refused: list[ChannelRefusedError] = []
        for name in dict.fromkeys(names):
            try:
                full = len(refused) == MAX_CHANNELS
                if full or not session.reading.add(name, await _resolve(session, name)):
                    refused.append(_too_many())
                    break
            except ChannelRefusedError as error:
                refused.append(error)
        self._follow(session)
        return refused

    def cursor(self) -> str:
        """The cursor of everything that was published, all of which is then with those who read it."""
        self._broadcaster.settle()
        return self._history.cursor

    def remove(self, session: Session, names: Iterable[str]) -> None:
        """Stop reading `names`."""
        for name in names:
            session.reading.remove(name)
        self._follow(session)

    def refuse(self, session: Session, refused: Sequence[ChannelRefusedError], ref: str | None) -> None:
        """Tell the client which names it cannot read; all of them count as one refused message."""
        for error in refused:
            session.refuse(error.code, error.message, ref)
        if refused:
            session.strike(self._time())

    def drop(self, session: Session) -> None:
        """Have the broadcaster forget a session that has ended."""
        self._unsubscribe(session, session.reading.channels, at_once=_was_sent_away(session))

    def membership_changed(self, sessions: Iterable[Session], kitchen_id: UUID, joined: bool) -> None:
        """Have one person's `sessions` read the kitchen's channel, those that read `kitchens`; or, if the
        person is in it no more, none of them, from this very moment.
        """
        change = self._let_in if joined else self._put_out
        for session in sessions:
            change(session, channels.kitchen(kitchen_id))

    def correct(self, session: Session, believed: Set[str], true: Set[str]) -> None:
        """Put right what the session reads of kitchens: the channels `believed` to be its person's, where
        only those in `true` are.
        """
        for channel in believed - true:
            self._put_out(session, channel)
        for channel in true - believed:
            self._let_in(session, channel)

    def _follow(self, session: Session) -> None:
        self._unsubscribe(session, session.reading.follow(self._history.head))
        if session.ended is None:
            self._subscribe(session, session.reading.channels)

    def _let_in(self, session: Session, channel: str) -> None:
        if session.ended is None and session.reading.gain(channel, self._history.head):
            self._subscribe(session, [channel])

    def _put_out(self, session: Session, channel: str) -> None:
        cursor = self.cursor()
        self._unsubscribe(session, [channel], at_once=True)
        if session.reading.lose(channel):
            if session.live:
                session.unsubscribed(cursor, None)
            else:
                session.untold = True  # not all before the cursor is sent yet

    def _subscribe(self, session: Session, names: Iterable[str]) -> None:
        self._attendance.enter(session.principal, self._broadcaster.subscribe(session, names))

    def _unsubscribe(self, session: Session, names: Iterable[str], *, at_once: bool = False) -> None:
        left = self._broadcaster.unsubscribe(session, names)
        self._attendance.leave(session.principal, left, self._time(), at_once=at_once)


async def _resolve(session: Session, name: str) -> tuple[str, ...]:
    """What `name` means for the session's person, now: a membership that ended while the database was
    asked would otherwise be believed, and nobody would come to end it again.
    """
    while True:
        asked_at = session.reading.memberships_changed
        resolved = await resolve(name, session.principal)
        if session.reading.memberships_changed == asked_at:
            return resolved


def _was_sent_away(session: Session) -> bool:
    """Whether the client must not come back: then nobody waits for it."""
    end = session.ended
    return end is not None and end is not ends.NORMAL and not end.reconnect


def _too_many() -> ChannelRefusedError:
    return ChannelRefusedError("too_many_channels", f"a connection reads at most {MAX_CHANNELS} channels")
