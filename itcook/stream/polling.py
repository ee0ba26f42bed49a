"""Polling: the same events as plain answers, for clients that can hold no stream open."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from itcook.auth.principal import Principal
from itcook.clock import Clock
from itcook.errors import FieldError, UnavailableError, ValidationError
from itcook.messages import MAX_CHANNELS
from itcook.stream.access import ChannelRefusedError, resolve
from itcook.stream.broadcaster import Broadcaster
from itcook.stream.envelope import Batch, Envelope
from itcook.stream.history import History, NotCoveredError, Reason
from itcook.stream.reading import Reading
from itcook.stream.revocations import Revocations

MAX_EVENTS = 100  # of one answer
MAX_WAIT = 25.0  # seconds; proxies cut what is silent for 30 or 60


@dataclass(frozen=True, slots=True)
class Polled:
    """What there is after a cursor.

    `cursor` is the one to ask with next; `resync` says why the last one could not be honoured.
    """

    events: tuple[Envelope, ...]
    cursor: str
    has_more: bool = False
    resync: Reason | None = None


class _Waiter:
    """Reads channels for one request, to be woken by their first event, or stopped."""

    transport = "poll"

    def __init__(self, principal: Principal) -> None:
        self.principal = principal
        self.stopped = False
        self._woken = asyncio.Event()

    @property
    def user_id(self) -> UUID:
        return self.principal.user_id

    def deliver(self, batch: Batch) -> None:
        self._woken.set()

    def offer(self, batch: Batch) -> None:
        """Ephemeral events are not in history, and so in no answer."""

    def stop(self) -> None:
        """Answer at once, with nothing: what was asked for may no longer be the person's to see."""
        self.stopped = True
        self._woken.set()

    async def wait(self, seconds: float) -> bool:
        """Whether it was woken within `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return False
        return True


class Polling:
    """Answers polls from history, and has them wait where it has nothing; of one person `per_person` at once,
    of which the oldest makes room.
    """

    def __init__(
        self,
        history: History,
        broadcaster: Broadcaster,
        revocations: Revocations,
        clock: Clock,
        per_person: int,
    ) -> None:
        self._history = history
        self._broadcaster = broadcaster
        self._revocations = revocations
        self._clock = clock
        self._per_person = per_person
        self._waiting: dict[UUID, dict[_Waiter, None]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    async def poll(
        self, principal: Principal, names: Sequence[str], after: str | None, *, limit: int, wait: float
    ) -> Polled:
        """At most `limit` events of the channels `names` after the cursor `after`, or from now on.

        If there is none, the first that come within `wait` seconds, which the end of the token cuts short.

        Raises `ValidationError` for channels that cannot be read.
        """
        with self._asking(principal) as waiter:
            channels = await _resolve(principal, names)
            self._broadcaster.subscribe(waiter, channels)
            try:
                if after is None:
                    polled = Polled((), self._history.cursor)
                else:
                    polled = await self._look(after, channels, limit)
                nothing = Polled((), after or polled.cursor)
                left = (principal.expires_at - self._clock()).total_seconds()
                if not polled.events and polled.resync is None and await waiter.wait(min(wait, left)):
                    polled = await self._look(polled.cursor, channels, limit)
                return nothing if waiter.stopped else polled
            finally:
                self._broadcaster.unsubscribe(waiter, channels)

    def stop_person(self, user_id: UUID) -> None:
        """Have the person's polls answer at once: who they are or what they may read has changed."""
        for waiter in self._waiting.get(user_id, ()):
            waiter.stop()

    def stop_login(self, session_id: UUID) -> None:
        """The same for the polls of one login."""
        for theirs in self._waiting.values():
            for waiter in theirs:
                if waiter.principal.session_id == session_id:
                    waiter.stop()

    def stop(self) -> None:
        """Have every poll answer at once: the server drains."""
        for user_id in self._waiting:
            self.stop_person(user_id)

    @contextmanager
    def _asking(self, principal: Principal) -> Iterator[_Waiter]:
        waiter = _Waiter(principal)
        theirs = self._waiting.setdefault(principal.user_id, {})
        theirs[waiter] = None
        for oldest in list(theirs)[: -self._per_person]:  # those that were told before may not be gone yet
            oldest.stop()
        if self._revocations.may_concern(principal):
            waiter.stop()  # from now on it would be told, and this was before
        try:
            yield waiter
        finally:
            del theirs[waiter]
            if not theirs:
                self._waiting.pop(principal.user_id, None)

    async def _look(self, after: str, channels: frozenset[str], limit: int) -> Polled:
        await self._history.reach(after)
        head = self._history.cursor
        try:
            missed = await self._history.missed(after, channels)
        except NotCoveredError as error:
            return Polled((), self._history.cursor, resync=error.reason)
        shown = tuple(missed[:limit])
        if len(missed) <= limit:
            return Polled(shown, head)
        cursor = shown[-1].cursor
        assert cursor is not None, "what history holds is durable"
        return Polled(shown, cursor, has_more=True)


async def _resolve(principal: Principal, names: Sequence[str]) -> frozenset[str]:
    """The channels that `names` stand for, with `system`. Raises `ValidationError`, `UnavailableError`."""
    reading = Reading()
    refused: list[FieldError] = []
    for name in dict.fromkeys(names):
        try:
            if len(refused) == MAX_CHANNELS or not reading.add(name, await resolve(name, principal)):
                refused.append(FieldError("/channels", f"a poll reads at most {MAX_CHANNELS} channels"))
                break
        except ChannelRefusedError as error:
            if error.code == UnavailableError.code:
                raise UnavailableError(error.message, retry_after=1) from error
            refused.append(FieldError("/channels", error.message))
    if refused:
        raise ValidationError("a channel cannot be read; `errors` names each", errors=tuple(refused[:20]))
    reading.follow(0)
    return reading.channels
