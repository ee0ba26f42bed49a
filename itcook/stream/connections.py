"""The connections of this process: who is here, how they begin, what they ask, how they end."""

import asyncio
import random
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from uuid import UUID

import structlog

from itcook.auth.principal import Principal
from itcook.clock import Clock
from itcook.errors import UnavailableError
from itcook.events import Heartbeat
from itcook.messages import MAX_CHANNELS, Message, Subscribe, Unsubscribe
from itcook.stream import channels, ends
from itcook.stream.access import ChannelRefusedError, resolve
from itcook.stream.broadcaster import Broadcaster
from itcook.stream.cursor import Cursor
from itcook.stream.ends import End
from itcook.stream.envelope import Envelope, control
from itcook.stream.history import History, NotCoveredError
from itcook.stream.limits import MESSAGE_BURST
from itcook.stream.session import Liveness, Resume, Session, Sink, TransportName
from itcook.stream.wheel import Wheel

REPLAY_PART = 256 * 1024  # bytes written before the client's pace is waited for; well below MAX_UNSENT
MAX_HELD = int(MESSAGE_BURST)  # messages of a client that is still joining, or asks faster than is answered
LET_IN_SECONDS = 60.0  # far longer than anything takes from the check of a token to the open connection
MAX_TICK = 1.0  # seconds; how late a heartbeat may be
STANDSTILL = 2.0  # seconds without a tick: the process did not run, so clients could not be heard

log = structlog.get_logger(__name__)


class Connections:
    """All sessions of this process. Times are seconds of the loop's clock unless they say otherwise."""

    def __init__(self, history: History, broadcaster: Broadcaster, liveness: Liveness, clock: Clock) -> None:
        self._history = history
        self._broadcaster = broadcaster
        self._liveness = liveness
        self._clock = clock
        self._time: Callable[[], float] = asyncio.get_running_loop().time
        self._sessions: dict[str, Session] = {}
        self._wheel: Wheel[Session] = Wheel(min(MAX_TICK, liveness.heartbeat / 10), self._time())
        self._revoked: dict[UUID, float] = {}  # lately, and when; the earliest first
        self._draining = False
        self._spread = 0.0  # seconds over which clients come back
        self._all_left = asyncio.Event()

    def __len__(self) -> int:
        return len(self._sessions)

    def by_transport(self) -> dict[str, int]:
        """How many connections there are, by transport."""
        counts = Counter(session.transport for session in self._sessions.values())
        return {"websocket": counts["websocket"], "sse": counts["sse"]}

    def open(self, principal: Principal, transport: TransportName, sink: Sink) -> Session:
        """Take in a connection; while the server drains, or if its login was revoked after it was let in, one
        that has ended already.

        Never raises: by then a transport may have begun to answer. `check_open` is for before.
        """
        session = Session(
            secrets.token_urlsafe(12),
            principal,
            transport,
            sink,
            self._liveness,
            now=self._time(),
            clock=self._clock,
            on_end=self._ended,
        )
        self._sessions[session.id] = session
        if self._draining:
            session.end(self._restarting())
        elif principal.session_id in self._revoked:
            session.end(ends.REVOKED)
        else:
            self._wheel.schedule(session, session.wake_at(self._time()))
        return session

    def check_open(self) -> None:
        """Raises `UnavailableError` while the server drains."""
        if self._draining:
            raise UnavailableError("the server restarts; connect again", retry_after=2)

    async def join(self, session: Session, names: Sequence[str], cursor: str | None) -> None:
        """Begin the stream of `session`: subscribe, resume after `cursor`, go live.

        Until the gate opens, history holds what is published: what is missed and what is new then meet
        without a gap and without a double. A failure ends the session.
        """
        await self._guarded(session, self._join(session, names, cursor))

    async def _guarded(self, session: Session, work: Awaitable[None]) -> None:
        try:
            await work
        except Exception:
            log.exception("a session met a defect", connection_id=session.id)
            session.end(ends.DEFECT)

    async def _join(self, session: Session, names: Sequence[str], cursor: str | None) -> None:
        refused = await self._subscribe(session, names)
        until = self._history.head
        resume, missed = await self._resume(session, cursor)
        session.connected(resume)
        self._refuse(session, refused, None)
        for part in _parts(missed):
            await session.sink.drained()
            session.replay(_readable(session, part), part[-1].position)
        session.replay((), max(until, resume.position))
        await self._go_live(session)
        await self._act_on_held(session)

    async def handle(self, session: Session, message: Message) -> None:
        """Do what the client asks and acknowledge it, in order: while another message is at work it is held,
        and until the session is live.

        A channel added in the middle of a replay would begin somewhere in it, and there would be no
        cursor that its acknowledgement could name.
        """
        if len(session.held) == MAX_HELD:
            session.end(ends.TOO_MANY_MESSAGES)
            return
        session.held.append(message)
        if session.live and len(session.held) == 1:
            await self._guarded(session, self._act_on_held(session))

    async def _act_on_held(self, session: Session) -> None:
        while session.live and session.held:
            await self._act(session, session.held[0])
            session.held.popleft()

    async def _act(self, session: Session, message: Message) -> None:
        if isinstance(message, Subscribe):
            refused = await self._subscribe(session, message.channels)
            self._refuse(session, refused, message.ref)
            if not set(message.channels).isdisjoint(session.names):
                session.subscribed(self._history.cursor, message.ref)
        elif isinstance(message, Unsubscribe):
            for name in message.channels:
                self._broadcaster.unsubscribe(session, session.remove(name))
            session.unsubscribed(self._history.cursor, message.ref)

    def leave(self, session: Session) -> None:
        """Forget a connection whose client is gone."""
        session.end(ends.NORMAL)
        self._sessions.pop(session.id, None)
        if not self._sessions:
            self._all_left.set()

    def end_all(self, end: End) -> None:
        """End every connection."""
        for session in list(self._sessions.values()):
            session.end(end)

    def end_login(self, session_id: UUID) -> None:
        """End the connections of a login session that was revoked, also those that are about to open: the
        database answered that it lives, and the revocation overtook the answer.
        """
        now = self._time()
        for known, revoked_at in list(self._revoked.items()):
            if now - revoked_at <= LET_IN_SECONDS:
                break
            del self._revoked[known]
        self._revoked[session_id] = now
        for session in list(self._sessions.values()):
            if session.principal.session_id == session_id:
                session.end(ends.REVOKED)

    def membership_changed(self, user_id: UUID, kitchen_id: UUID, joined: bool) -> None:
        """Have the person's connections read the kitchen's channel, those that read `kitchens`; or, if they
        are in it no more, none of them, from this very moment.
        """
        change = self._let_in if joined else self._put_out
        for session in list(self._sessions.values()):
            if session.principal.user_id == user_id:
                change(session, channels.kitchen(kitchen_id))

    def _let_in(self, session: Session, channel: str) -> None:
        if session.gain(channel):
            self._broadcaster.subscribe(session, [channel])

    def _put_out(self, session: Session, channel: str) -> None:
        self._broadcaster.unsubscribe(session, [channel])
        if session.lose(channel):
            session.unsubscribed(self._history.cursor, None)

    async def drain(self, seconds: float) -> None:
        """Take nobody in any more, send everybody away, wait at most `seconds` until they have left.

        Clients are told to come back at different times, so that the next process is not run over.
        """
        self._draining = True
        self._spread = seconds
        for session in list(self._sessions.values()):
            session.end(self._restarting())
        self._all_left.clear()
        if self._sessions:
            try:
                async with asyncio.timeout(seconds):
                    await self._all_left.wait()
            except TimeoutError:
                log.warning("clients did not leave in time", connections=len(self._sessions))

    def _restarting(self) -> End:
        return ends.RESTARTING.after(random.randint(200, 200 + int(self._spread * 1000)))  # noqa: S311 # no secret

    async def run(self) -> None:
        """Wake sessions when they are due, until cancelled."""
        awake_since = ticked_at = self._time()
        while True:
            await asyncio.sleep(self._wheel.tick)
            now = self._time()
            if now - ticked_at > self._wheel.tick + STANDSTILL:
                log.warning("the process stood still", seconds=round(now - ticked_at, 1))
                awake_since = now
            ticked_at = now
            self.tick(now, awake_since)

    def tick(self, now: float, awake_since: float) -> None:
        """Wake the sessions that are due at `now`."""
        beat: Envelope | None = None

        def heartbeat() -> Envelope:
            nonlocal beat
            if beat is None:
                beat = self._heartbeat()
            return beat

        for session in self._wheel.due(now):
            try:
                session.wake(now, heartbeat, awake_since=awake_since)
            except Exception:
                log.exception("a session could not be woken", connection_id=session.id)
                session.end(ends.DEFECT)
            if session.ended is None:
                self._wheel.schedule(session, session.wake_at(now))

    def _heartbeat(self) -> Envelope:
        now = self._clock()
        cursor = self._history.cursor
        return control(Heartbeat(timestamp=now, cursor=cursor), now, cursor=cursor)

    async def _subscribe(self, session: Session, names: Sequence[str]) -> list[ChannelRefusedError]:
        """Subscribe to each of `names` that may be read; why the others may not.

        Each name may cost a query, so the first one without room is the last one looked at, and refused
        names are counted like others.
        """
        refused: list[ChannelRefusedError] = []
        for name in dict.fromkeys(names):
            try:
                full = len(refused) == MAX_CHANNELS
                if full or not session.add(name, await _resolve(session, name)):
                    refused.append(_too_many())
                    break
            except ChannelRefusedError as error:
                refused.append(error)
        if session.ended is None:
            self._broadcaster.subscribe(session, session.channels)
        return refused

    def _refuse(self, session: Session, refused: Sequence[ChannelRefusedError], ref: str | None) -> None:
        for error in refused:
            session.refuse(error.code, error.message, ref)
        if refused:
            session.strike(self._time())

    async def _resume(self, session: Session, cursor: str | None) -> tuple[Resume, Sequence[Envelope]]:
        if cursor is None:
            return Resume("fresh", self._history.head, self._history.cursor), ()
        try:
            missed = await self._history.missed(cursor, session.channels)
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

    def _ended(self, session: Session) -> None:
        self._broadcaster.unsubscribe(session, session.channels)
        self._wheel.cancel(session)
        log.info(
            "connection ended",
            connection_id=session.id,
            user_id=str(session.principal.user_id),
            transport=session.transport,
            code=session.ended.code if session.ended else None,
        )


async def _resolve(session: Session, name: str) -> tuple[str, ...]:
    """What `name` means for the session's person, now: a membership that ended while the database was
    asked would otherwise be believed, and nobody would come to end it again.
    """
    while True:
        asked_at = session.memberships_changed
        resolved = await resolve(name, session.principal)
        if session.memberships_changed == asked_at:
            return resolved


def _readable(session: Session, envelopes: Sequence[Envelope]) -> list[Envelope]:
    """What of `envelopes` the session reads now, which may be less than when they were looked up."""
    reads = session.channels
    return [envelope for envelope in envelopes if not reads.isdisjoint(envelope.channels)]


def _too_many() -> ChannelRefusedError:
    return ChannelRefusedError("too_many_channels", f"a connection reads at most {MAX_CHANNELS} channels")


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
