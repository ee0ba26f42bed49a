"""One client's life on the stream, without any I/O.

    joining   registered, but its gate is closed: what is published waits in history
    live      what is published goes straight to its sink; the gate may close again for a replay
    ended     nothing more is accepted; the sink sends `Disconnecting` and closes

A session decides, a sink writes. Every method is told the time, in seconds of the loop's clock, so that a
test can play a client's whole day in a millisecond.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from itcook.auth.principal import Principal
from itcook.clock import Clock
from itcook.events import (
    Connected,
    ControlEvent,
    Disconnecting,
    Error,
    Heartbeat,
    ResyncRequired,
    Subscribed,
    TokenRefreshed,
    Unsubscribed,
)
from itcook.messages import InvalidMessageError, Message, parse
from itcook.stream import ends
from itcook.stream.ends import End
from itcook.stream.envelope import Batch, Envelope, control
from itcook.stream.history import Reason
from itcook.stream.limits import (
    INVALID_MESSAGES,
    INVALID_WINDOW,
    MESSAGE_BURST,
    MESSAGES_PER_SECOND,
    Strikes,
    TokenBucket,
)
from itcook.stream.reading import Reading
from itcook.stream.sink import Sink

# Bytes a client may be behind when more comes; 10,000 such clients still fit into 10 GiB.
MAX_UNSENT = 1024 * 1024

# Bytes a client may be behind before ephemeral events are spared it; far from being ended.
SKIP_UNSENT = 64 * 1024

TransportName = Literal["websocket", "sse"]


@dataclass(frozen=True, slots=True)
class Liveness:
    """The pace of a connection, in seconds."""

    heartbeat: float
    timeout: float


@dataclass(frozen=True, slots=True)
class Resume:
    """How a connection begins: after `position`, whose text is `cursor`.

    `replayed` events follow at once; `reason` says why a cursor could not be honoured.
    """

    how: Literal["fresh", "resumed", "reset"]
    position: int
    cursor: str
    replayed: int = 0
    reason: Reason | None = None


class Session:
    """One connection of one person, for at most `lease` seconds. `on_end` is called once, when it ends."""

    __slots__ = (
        "_clock",
        "_early",
        "_heard_at",
        "_heartbeat_at",
        "_invalid",
        "_lease_ends",
        "_liveness",
        "_messages",
        "_on_end",
        "address",
        "ended",
        "held",
        "id",
        "live",
        "position",
        "principal",
        "reading",
        "since",
        "sink",
        "transport",
        "untold",
    )

    def __init__(
        self,
        connection_id: str,
        principal: Principal,
        transport: TransportName,
        sink: Sink,
        liveness: Liveness,
        *,
        now: float,
        lease: float,
        clock: Clock,
        on_end: "Callable[[Session], None]",
        address: str = "",
    ) -> None:
        self.id = connection_id
        self.principal = principal
        self.transport = transport
        self.address = address
        self.since = clock()
        self.live = False
        self.ended: End | None = None
        self.position = 0  # while the gate is closed: everything up to it is with the sink
        self.held: list[Message] = []  # what the client asked for; the first may be at work
        self.untold = False  # that a name was taken from it, while its gate was closed
        self.sink = sink
        self.reading = Reading()
        self._liveness = liveness
        self._clock = clock
        self._on_end = on_end
        self._heard_at = now
        self._lease_ends = now + lease
        self._heartbeat_at = now + liveness.heartbeat
        self._messages = TokenBucket(MESSAGES_PER_SECOND, MESSAGE_BURST, now)
        self._invalid = Strikes(INVALID_MESSAGES, INVALID_WINDOW)
        self._early: list[Envelope] | None = []  # what waits for `Connected` to go first; then None

    @property
    def user_id(self) -> UUID:
        """Whose connection it is."""
        return self.principal.user_id

    @property
    def heard_at(self) -> float | None:
        """When anything last came from the client; None where the transport cannot tell."""
        heard_at = self.sink.heard_at
        return None if heard_at is None else max(heard_at, self._heard_at)

    def receive(self, message: object, now: float) -> Message | None:
        """What the client said, if it is something to act on; a refusal is answered here."""
        self._heard_at = now
        if self.ended is not None:
            return None
        if not isinstance(message, str):
            self.end(ends.BINARY)
            return None
        try:
            return self.read(message, now)
        except InvalidMessageError as error:
            self.refuse(error.code, error.message, error.ref)
            self.strike(now)  # after the refusal: the last one, too, is told what is wrong with it
            return None

    def read(self, text: str, now: float) -> Message | None:
        """The message that `text` is; None if it is one too many, which ends the session.

        Raises `InvalidMessageError`, for which whoever answers it has to `strike`.
        """
        if not self._messages.take(now):
            self.end(ends.TOO_MANY_MESSAGES)
            return None
        return parse(text)

    def refuse(self, code: str, message: str, ref: str | None) -> None:
        """Answer with `Error`."""
        self._send(Error(code=code, message=message, ref=ref))

    def strike(self, now: float) -> None:
        """Count a message that could not be honoured; too many of them end the session."""
        if self._invalid.strike(now):
            self.end(ends.TOO_MANY_INVALID)

    def subscribed(self, cursor: str, ref: str | None, *, replayed: int = 0) -> None:
        """Acknowledge `Subscribe`; `replayed` events follow at once."""
        event = Subscribed(channels=self.reading.names, cursor=cursor, replayed=replayed, ref=ref)
        self._send(event, cursor=cursor)

    def unsubscribed(self, cursor: str, ref: str | None) -> None:
        """Acknowledge `Unsubscribe`."""
        self._send(Unsubscribed(channels=self.reading.names, cursor=cursor, ref=ref))

    def renewed(self, ref: str | None) -> None:
        """Acknowledge `Authenticate`."""
        self._send(TokenRefreshed(expires_at=self.principal.expires_at, ref=ref))

    def connected(self, resume: Resume) -> None:
        """Send the first event, and `ResyncRequired` where the client must begin anew."""
        self.position = resume.position
        early, self._early = self._early or [], None
        event = Connected(
            connection_id=self.id,
            user_id=self.principal.user_id,
            transport=self.transport,
            channels=self.reading.names,
            cursor=resume.cursor,
            resume=resume.how,
            replayed=resume.replayed,
            heartbeat_seconds=self._liveness.heartbeat,
            timeout_seconds=self._liveness.timeout,
            expires_at=self.principal.expires_at,
        )
        if resume.reason is None:
            self._send(event, cursor=resume.cursor)
        else:
            # A browser that is cut between the two must ask with its old cursor again, or it would never
            # learn that it has to begin anew: so the first leaves no cursor behind.
            self._send(event)
            self.resync(resume.reason, resume.cursor)
        if early:
            self._write(Batch(early))

    def resync(self, reason: Reason, cursor: str, ref: str | None = None) -> None:
        """Tell the client to begin anew; with the `ref` of a `Subscribe`, with the channels that it named."""
        self._send(ResyncRequired(reason=reason, cursor=cursor, ref=ref), cursor=cursor)

    def replay(self, batch: Batch) -> None:
        """Send what was missed."""
        self._write(batch)

    def caught_up(self, cursor: str) -> None:
        """Tell the client that it has everything up to `cursor` now."""
        self._send(Heartbeat(timestamp=self._clock(), cursor=cursor), cursor=cursor)

    def close_gate(self, position: int) -> None:
        """Hold back what is published above `position`: the rest is with the sink."""
        self.live = False
        self.position = position

    def open_gate(self, position: int) -> None:
        """Let through what is published above `position`: the rest is with the sink."""
        self.position = position
        self.live = self.ended is None

    def deliver(self, batch: Batch) -> None:
        """Send what was published, unless history gave it: until the session is live, and up to where it was
        when the gate opened, which may be past what the broadcaster has got to.
        """
        if self.live and batch.position > self.position:
            # As `_write` does, but this is called for each client of each event.
            if self.sink.unsent > MAX_UNSENT:
                self.end(ends.TOO_SLOW)
            else:
                self.sink.write(batch)

    def offer(self, batch: Batch) -> None:
        """Send what may be skipped, unless the client is behind already."""
        if self.live and self.sink.unsent <= SKIP_UNSENT:
            self._write(batch)

    def wake(self, now: float, heartbeat: Callable[[], Batch], *, awake_since: float) -> None:
        """Do what time asks for. `awake_since` is when the process last came back from a standstill:
        silence during one is not the client's.
        """
        end = self._overdue(now, awake_since)
        if end is not None:
            self.end(end)
        elif now >= self._heartbeat_at:
            self._heartbeat_at = now + self._liveness.heartbeat
            if self.live:
                self.sink.ping()
                self._write(heartbeat())

    def wake_at(self, now: float) -> float:
        """When `wake` is next needed."""
        return min(self._heartbeat_at, self._lease_ends, now + self._seconds_left())

    def end(self, end: End) -> None:
        """End the session, once; later ends are too late to matter."""
        if self.ended is not None:
            return
        self.ended = end
        self.live = False
        last = Disconnecting(
            code=end.code,
            reason=end.reason,
            reconnect=end.reconnect,
            retry_after_ms=end.retry_after_ms,
        )
        self.sink.end(end, control(last, self._clock()))
        self._on_end(self)

    def _overdue(self, now: float, awake_since: float) -> End | None:
        timeout = self._liveness.timeout
        if self._seconds_left() <= 0:
            return ends.TOKEN_EXPIRED
        if min(self.sink.stuck_for(now), now - awake_since) > timeout:
            return ends.TOO_SLOW
        heard_at = self.sink.heard_at
        if heard_at is not None and now - max(heard_at, self._heard_at, awake_since) > timeout:
            return ends.SILENT
        if now >= self._lease_ends:
            return ends.LEASE_OVER
        return None

    def _seconds_left(self) -> float:
        return (self.principal.expires_at - self._clock()).total_seconds()

    def _send(self, event: ControlEvent, *, cursor: str | None = None) -> None:
        envelope = control(event, self._clock(), cursor=cursor)
        if self._early is None:
            self._write(Batch([envelope]))
        else:
            self._early.append(envelope)

    def _write(self, batch: Batch) -> None:
        if self.ended is not None:
            return
        if self.sink.unsent > MAX_UNSENT:
            # Judged by what was there before: a burst of more than the bound is no fault of its readers.
            self.end(ends.TOO_SLOW)
        else:
            self.sink.write(batch)
