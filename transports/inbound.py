"""What a WebSocket client sends: whole messages out of frames, within bounds (RFC 6455). No I/O.

The frames themselves are wsproto's to read; what is added are the bounds on messages and on frames that are
none, and a close code for whatever breaks the rules.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import CloseConnection, Message, Ping, Pong
from wsproto.events import Event as Frame
from wsproto.frame_protocol import CloseReason

from itcook.stream.ends import TOO_MANY_MESSAGES
from itcook.stream.limits import TokenBucket

MAX_MESSAGE = 64 * 1024  # bytes of a client's message; the contract's bound
# Of pings, pongs and fragments, which no session sees and each of which costs as much as a message. A message
# of 64 KiB may come in fragments of 128 bytes.
FRAMES_PER_SECOND = 100.0
FRAME_BURST = 512.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Bytes that the protocol itself owes the client; the last ones if it is `closing`."""

    data: bytes
    closing: bool = False


class Inbound:
    """One client's side of a WebSocket."""

    __slots__ = ("_frames", "_is_deaf", "_is_over", "_limit", "_parts", "_size")

    def __init__(self, now: float) -> None:
        self._frames = Connection(ConnectionType.SERVER)
        self._limit = TokenBucket(FRAMES_PER_SECOND, FRAME_BURST, now)
        self._parts: list[str | bytes] = []  # of a message that is not complete
        self._size = 0  # bytes in them
        self._is_over = False  # the last answer was given
        self._is_deaf = False  # what follows cannot be read any more, or means nothing

    @property
    def has_left(self) -> bool:
        """Whether the client has said that it closes: it sends nothing more, and waits for the end."""
        return self._frames.state in {ConnectionState.REMOTE_CLOSING, ConnectionState.CLOSED}

    def feed(self, data: bytes, now: float) -> Iterator[str | bytes | Answer]:
        """What `data` completes: messages, and answers to send; nothing after a closing one, but whether the
        client `has_left`.
        """
        if self._is_deaf:
            return
        self._frames.receive_data(data)
        for frame in self._frames.events():
            if self._is_over:
                if not self._limit.take(now):
                    self._is_deaf = True  # not even its close is worth reading a flood for
                    return
                continue
            if _is_overhead(frame) and not self._limit.take(now):
                yield self._close(TOO_MANY_MESSAGES.code, "too many frames")
                return
            if isinstance(frame, Ping):
                yield Answer(self._frames.send(frame.response()))
            elif isinstance(frame, CloseConnection):
                # The client's own, or what wsproto makes of a frame that breaks the rules.
                self._is_over = self._is_deaf = True
                yield Answer(self._frames.send(frame.response()), closing=True)
                return
            elif isinstance(frame, Message):
                self._add(frame)
                if self._size > MAX_MESSAGE:
                    yield self._close(CloseReason.MESSAGE_TOO_BIG, "messages have at most 64 KiB")
                    return
                if frame.message_finished:
                    yield self._message()

    def _add(self, part: Message[Any]) -> None:
        self._parts.append(part.data)
        self._size += len(part.data.encode()) if isinstance(part.data, str) else len(part.data)

    def _message(self) -> str | bytes:
        parts, self._parts, self._size = self._parts, [], 0
        if isinstance(parts[0], str):
            return "".join(part for part in parts if isinstance(part, str))
        return b"".join(part for part in parts if isinstance(part, bytes))

    def _close(self, code: int, reason: str) -> Answer:
        self._is_over = True
        return Answer(self._frames.send(CloseConnection(code, reason)), closing=True)


def close_frame(code: int, reason: str) -> bytes:
    """The frame that closes from our side."""
    return Connection(ConnectionType.SERVER).send(CloseConnection(code, reason))


def _is_overhead(frame: Frame) -> bool:
    if isinstance(frame, Message):
        return frame.frame_finished and not frame.message_finished
    return isinstance(frame, Ping | Pong)
