"""The direct sink: finished bytes, written straight to the connection that the handshake was answered on.

One object for each connection and nothing else: no task, no queue, no copy. What a thousand clients get alike
is framed once, and handing it to one of them is one call of its transport; the event loop then sends what one
turn has brought in one system call. The transport's write buffer is the backpressure.
"""

import asyncio
import contextlib
from abc import abstractmethod
from collections.abc import Coroutine
from typing import Any

from itcook.stream import ends
from itcook.stream.connections import Connections
from itcook.stream.ends import End
from itcook.stream.envelope import Batch, Envelope
from itcook.stream.session import Session
from transports.connection import Connection
from transports.frames import LAST_CHUNK, Framing, chunk, chunked, sse_retry, websocket_frames
from transports.inbound import Answer, Inbound, close_frame
from transports.parameters import StreamParameters

ROOM = 256 * 1024  # bytes unsent at which a replay waits for the client's pace
LINGER_SECONDS = 3.0  # from our last byte until a client that does not close is dropped

_PING = b"\x89\x00"  # an empty ping, RFC 6455 section 5.5.2


class DirectSink(asyncio.Protocol):
    """A `Sink` that owns its connection. Its session leaves when the connection is lost."""

    __slots__ = (
        "_connection",
        "_framing",
        "_gone",
        "_here",
        "_lingering",
        "_moved_at",
        "_over",
        "_room",
        "_tasks",
        "_transport",
        "_written",
        "session",
    )

    session: Session

    def __init__(self, here: Connections, connection: Connection, framing: Framing) -> None:
        self._here = here
        self._connection = connection
        self._transport = connection.transport
        self._framing = framing
        self._written = 0  # bytes, in all
        self._gone = 0  # bytes that had left the process when that was last looked at
        self._moved_at = _now()
        self._room: asyncio.Future[None] | None = None  # while there is none: whoever waits for it
        self._tasks: set[asyncio.Task[None]] | None = None  # what is at work for the client, if anything
        self._over = False  # the last words are said
        self._lingering: asyncio.TimerHandle | None = None

    def begin(self, session: Session, parameters: StreamParameters) -> None:
        """Take the connection over for `session`, whose sink this is, and begin its stream."""
        self.session = session
        self._transport.set_write_buffer_limits(ROOM)
        self._connection.take_over(self)
        self._start(self._here.join(session, parameters.names, parameters.cursor))

    @property
    def unsent(self) -> int:
        return self._transport.get_write_buffer_size()

    @property
    @abstractmethod
    def heard_at(self) -> float | None: ...

    def stuck_for(self, now: float) -> float:
        unsent = self._transport.get_write_buffer_size()
        gone = self._written - unsent
        if gone > self._gone or not unsent:
            self._moved_at = now
        self._gone = gone
        return now - self._moved_at

    def write(self, batch: Batch) -> None:
        data = batch.framed(self._framing)  # as `_send`, but this is called for each client of each event
        self._written += len(data)
        self._transport.write(data)

    async def drained(self) -> None:
        if self._room is not None:
            await asyncio.shield(self._room)

    @abstractmethod
    def ping(self) -> None: ...

    def end(self, end: End, last: Envelope) -> None:
        if not self._over:
            self._send(self._framing((last,)) + self._farewell(end))
            self._finish()

    def cut(self) -> None:
        self._transport.abort()

    def pause_writing(self) -> None:
        self._room = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        if self._room is not None:
            self._room.set_result(None)
            self._room = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._over = True
        if self._lingering is not None:
            self._lingering.cancel()
        for task in self._tasks or ():
            task.cancel()
        self._here.leave(self.session)
        self.resume_writing()  # a message that came by POST may wait for room, and would for ever

    def _may_close(self) -> bool:
        """Whether the client sends nothing more. TLS knows no half of a close: whatever comes after ours
        resets the connection.
        """
        return True

    @abstractmethod
    def _farewell(self, end: End) -> bytes:
        """What the transport itself says in the end."""

    def _send(self, data: bytes) -> None:
        self._written += len(data)
        self._transport.write(data)

    def _finish(self) -> None:
        """Say that nothing more comes, and let the client close: closing with its bytes unread would reset
        the connection, and it would lose the last words.
        """
        self._over = True
        self._lingering = asyncio.get_running_loop().call_later(LINGER_SECONDS, self._transport.abort)
        with contextlib.suppress(OSError):  # of a client that has just gone; that is told as any other loss
            if self._transport.can_write_eof():
                self._transport.write_eof()
            elif self._may_close():
                self._transport.close()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks = self._tasks or set()
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        assert self._tasks is not None, "this task was in it"
        self._tasks.discard(task)
        self._tasks = self._tasks or None


class WebSocketSink(DirectSink):
    """A WebSocket of which the handshake is done."""

    __slots__ = ("_heard_at", "_inbound")

    def __init__(self, here: Connections, connection: Connection) -> None:
        super().__init__(here, connection, websocket_frames)
        self._heard_at = _now()
        self._inbound = Inbound(self._heard_at)

    @property
    def heard_at(self) -> float:
        return self._heard_at

    def ping(self) -> None:
        self._send(_PING)

    def data_received(self, data: bytes) -> None:
        if self._lingering is not None:
            self._hear_out(data)
            return
        self._heard_at = now = _now()
        for received in self._inbound.feed(data, now):
            if isinstance(received, Answer):
                self._answer(received)
            elif (message := self.session.receive(received, now)) is not None:
                self._start(self._here.handle(self.session, message))
            if self._over:
                self._hear_out(b"")
                return

    def _hear_out(self, data: bytes) -> None:
        """Read it, so that it is not unread when the connection closes; over TLS, until the client leaves."""
        if not self._transport.can_write_eof():
            for _ in self._inbound.feed(data, _now()):
                pass
            if self._may_close():
                self._transport.close()

    def _may_close(self) -> bool:
        return self._inbound.has_left

    def _answer(self, answer: Answer) -> None:
        self._send(answer.data)
        if answer.closing:
            self._finish()
            self.session.end(ends.NORMAL)

    def _farewell(self, end: End) -> bytes:
        return close_frame(end.code, end.reason)


class SSESink(DirectSink):
    """A `text/event-stream` of which the head is out. What the client still sends means nothing."""

    __slots__ = ("_chunked",)

    def __init__(
        self, here: Connections, connection: Connection, framing: Framing, http_version: str
    ) -> None:
        # HTTP/1.0 knows no chunks: there the body ends with the connection.
        self._chunked = http_version != "1.0"
        super().__init__(here, connection, chunked(framing) if self._chunked else framing)

    def begin(self, session: Session, parameters: StreamParameters) -> None:
        if not self._over:
            self._send(chunk(sse_retry()) if self._chunked else sse_retry())
        super().begin(session, parameters)

    @property
    def heard_at(self) -> None:
        return None

    def ping(self) -> None:
        """There is none to send."""

    def _farewell(self, end: End) -> bytes:
        return LAST_CHUNK if self._chunked else b""


def _now() -> float:
    return asyncio.get_running_loop().time()
