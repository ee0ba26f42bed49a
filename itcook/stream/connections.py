"""The connections of this process: who is here, and how they end."""

import asyncio
import random
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from uuid import UUID

import structlog
from structlog.contextvars import bound_contextvars

from itcook.auth.principal import Principal
from itcook.clock import Clock
from itcook.errors import UnavailableError
from itcook.messages import Message
from itcook.stream import ends
from itcook.stream.asking import Asking
from itcook.stream.attendance import Attendance
from itcook.stream.audit import Audit
from itcook.stream.broadcaster import Broadcaster
from itcook.stream.counters import Counters
from itcook.stream.ends import End
from itcook.stream.history import History
from itcook.stream.joining import Joining
from itcook.stream.polling import Polling
from itcook.stream.registry import Registry
from itcook.stream.renewal import Renewal, Verify
from itcook.stream.revocations import Revocations
from itcook.stream.session import Liveness, Session, TransportName
from itcook.stream.sink import Sink
from itcook.stream.subscriptions import Subscriptions
from itcook.stream.timers import Timers
from itcook.stream.typists import Typists

LIMIT = 10_000  # connections
LEASE_SECONDS = 12 * 3600  # then a client connects again: deploys and proxies shed what nobody reads any more
LEASE_JITTER = 0.2  # so that those who came together, after a restart, do not leave together
RETRY_SECONDS = (2, 10)  # after which those who found no room come back, spread
CUT_SECONDS = 1.0  # until connections that were cut off are gone; they are in the next turn of the loop

log = structlog.get_logger(__name__)


class Connections:
    """All sessions of this process, at most `limit`, and at most `per_person` of one person.

    `on_opened` and `on_ended` are called with each that begins, and ends. Times are seconds of the loop's
    clock unless they say otherwise.
    """

    def __init__(
        self,
        node_id: str,
        history: History,
        broadcaster: Broadcaster,
        liveness: Liveness,
        clock: Clock,
        verify: Verify,
        *,
        limit: int = LIMIT,
        per_person: int = LIMIT,
    ) -> None:
        self.limit = limit
        self._per_person = per_person
        self._node_id = node_id
        self._liveness = liveness
        self._clock = clock
        self._time: Callable[[], float] = asyncio.get_running_loop().time
        self.attendance = Attendance(self._time())
        self.typists = Typists(self._time())
        self._subscriptions = Subscriptions(history, broadcaster, self.attendance)
        self.counters = Counters(clock, monotonic)
        self._joining = Joining(history, self._subscriptions, self.counters)
        self._revocations = Revocations(self._time)
        self.polling = Polling(history, broadcaster, self._revocations, clock, per_person)
        self.timers = Timers(self._subscriptions.cursor, liveness, clock)
        self._registry = Registry()
        self.audit = Audit(self._registry, self._subscriptions, clock)
        renewal = Renewal(verify, self._registry, self._revocations, self.audit, self.timers)
        self._asking = Asking(self._joining, self._subscriptions, renewal, self.typists)
        self.on_opened: Callable[[Session], None] = lambda session: None
        self.on_ended: Callable[[Session], None] = lambda session: None
        self._draining = False
        self._spread = 0.0  # seconds over which clients come back
        self._all_left = asyncio.Event()

    def __len__(self) -> int:
        return len(self._registry)

    @property
    def late(self) -> float:
        """How many seconds late the latest turn of the loop was that had been asked for in advance."""
        return self.timers.late

    def by_transport(self) -> dict[str, int]:
        """How many connections there are, by transport."""
        counts = Counter(session.transport for session in self._registry)
        return {"websocket": counts["websocket"], "sse": counts["sse"]}

    def logins(self) -> set[UUID]:
        """The login sessions that are connected here."""
        return {session.principal.session_id for session in self._registry}

    def __iter__(self) -> Iterator[Session]:
        return iter(self._registry)

    def new_id(self) -> str:
        """An id for a connection that is about to open, for what is said of it before."""
        return f"{self._node_id}-{secrets.token_urlsafe(12)}"

    def open(
        self,
        principal: Principal,
        transport: TransportName,
        sink: Sink,
        address: str = "",
        connection_id: str | None = None,
    ) -> Session:
        """Take in a connection; while the server drains, if there is no room, or if its login was revoked or
        its credential replaced after it was let in, one that has ended already. `address` is the client's.

        Never raises: by then a transport may have begun to answer. `check_room` is for before.
        """
        session = Session(
            connection_id or self.new_id(),
            principal,
            transport,
            sink,
            self._liveness,
            now=self._time(),
            lease=LEASE_SECONDS * random.uniform(1 - LEASE_JITTER, 1 + LEASE_JITTER),  # noqa: S311 # no secret
            clock=self._clock,
            on_end=self._ended,
            address=address,
        )
        self._registry.add(session)
        if self._draining:
            session.end(self._restarting())
        elif len(self._registry) > self.limit:
            session.end(ends.OVERLOADED.after(1_000 * random.randint(*RETRY_SECONDS)))  # noqa: S311 # no secret
        elif self._revocations.are_certain(principal):
            session.end(ends.REVOKED)
        elif self._revocations.are_of_the_credential(principal):
            session.end(ends.TOKEN_EXPIRED)
        else:
            self.timers.start(session)
            self._make_room(principal.user_id)
            self.on_opened(session)
            if self._revocations.are_possible(principal):
                self.audit.doubt(session)
        return session

    def find(self, connection_id: str) -> Session | None:
        """The connection with this id, if it is here; it may have ended."""
        return self._registry.find(connection_id)

    def check_open(self) -> None:
        """Raises `UnavailableError` while the server drains."""
        if self._draining:
            raise UnavailableError("the server restarts; connect again", retry_after=2)

    def check_room(self) -> None:
        """The same for whoever wants to connect, also if there is no room for another connection."""
        self.check_open()
        if len(self._registry) >= self.limit:
            raise UnavailableError(
                "the server has as many connections as it takes; connect again",
                code="overloaded",
                retry_after=random.randint(*RETRY_SECONDS),  # noqa: S311 # no secret
            )

    async def join(self, session: Session, names: Sequence[str], cursor: str | None) -> None:
        """Begin the stream of `session`: subscribe, resume after `cursor`, go live. A failure ends it."""
        with bound_contextvars(connection_id=session.id), _defects_end(session):
            await self._joining.join(session, names, cursor)
            await self._asking.act_on_held(session)

    async def handle(self, session: Session, message: Message) -> None:
        """Do what the client asks and acknowledge it. A failure ends the session."""
        with bound_contextvars(connection_id=session.id), _defects_end(session):
            await self._asking.handle(session, message)

    def leave(self, session: Session) -> None:
        """Forget a connection whose client is gone."""
        session.end(ends.NORMAL)
        self._registry.remove(session)
        if not self._registry:
            self._all_left.set()

    def end_all(self, end: End) -> None:
        """End every connection."""
        for session in self._registry:
            session.end(end)

    def end_login(self, session_id: UUID) -> None:
        """End the connections of a login session that was revoked, also those that are about to open."""
        self._revocations.login_revoked(session_id)
        self.polling.stop_login(session_id)
        for session in self._registry.of_login(session_id):
            session.end(ends.REVOKED)

    def end_person(self, user_id: UUID, kept: UUID | None) -> None:
        """End the connections of all logins of a person but the one that is `kept`, also those that are about
        to open.
        """
        self._revocations.person_revoked(user_id)
        self.polling.stop_person(user_id)
        for session in self._registry.of_person(user_id):
            if session.principal.session_id != kept:
                session.end(ends.REVOKED)

    def expire_login(self, session_id: UUID) -> None:
        """End the connections of a login session whose credential was replaced, also those that are about to
        open; who has the new one comes back.
        """
        self._revocations.credential_replaced(session_id)
        self.polling.stop_login(session_id)
        for session in self._registry.of_login(session_id):
            session.end(ends.TOKEN_EXPIRED)

    def end_connection(self, connection_id: str, end: End) -> None:
        """End one connection, if it is here."""
        session = self._registry.find(connection_id)
        if session is not None:
            session.end(end)

    def membership_changed(self, user_id: UUID, kitchen_id: UUID, joined: bool) -> None:
        """Have the person's connections read the kitchen's channel, or no longer."""
        self.polling.stop_person(user_id)
        self._subscriptions.membership_changed(self._registry.of_person(user_id), kitchen_id, joined)

    async def drain(self, seconds: float) -> None:
        """Take nobody in any more, send everybody away, and cut off who has not left after `seconds`.

        Clients are told to come back at different times, so that the next process is not run over.
        """
        self._draining = True
        self._spread = seconds
        self.polling.stop()
        for session in self._registry:
            session.end(self._restarting())
        if not await self._left_within(seconds):
            log.warning("clients did not leave in time", connections=len(self._registry))
            for session in self._registry:
                session.sink.cut()
            await self._left_within(CUT_SECONDS)

    async def _left_within(self, seconds: float) -> bool:
        self._all_left.clear()
        if not self._registry:
            return True
        try:
            async with asyncio.timeout(seconds):
                return await self._all_left.wait()
        except TimeoutError:
            return False

    def _make_room(self, user_id: UUID) -> None:
        """End the person's oldest connections, where they have too many.

        The newest is the one somebody looks at; the oldest may be a phone that is gone. Refusing the newest
        would lock out whoever has ten forgotten tabs.
        """
        theirs = self._registry.of_person(user_id)
        for session in theirs[: -self._per_person]:
            session.end(ends.TOO_MANY)

    def _restarting(self) -> End:
        return ends.RESTARTING.after(random.randint(200, 200 + int(self._spread * 1000)))  # noqa: S311 # no secret

    def _ended(self, session: Session) -> None:
        self._registry.ended(session)
        self.on_ended(session)
        self._subscriptions.drop(session)
        if not self._registry.of_person(session.user_id):
            self.typists.leave(session.user_id)
        self.timers.stop(session)
        assert session.ended is not None, "it says so itself"
        self.counters.ended(session.ended)
        log.info(
            "connection ended",
            connection_id=session.id,
            user_id=str(session.principal.user_id),
            transport=session.transport,
            code=session.ended.code,
        )


@contextmanager
def _defects_end(session: Session) -> Iterator[None]:
    """Have a defect in serving `session` be its end, and nobody else's."""
    try:
        yield
    except Exception:
        log.exception("a session met a defect", connection_id=session.id)
        session.end(ends.DEFECT)
