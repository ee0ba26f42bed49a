"""The bytes of a stream, cut into the events that are in them. It does no I/O.

Three hundred clients made of the usual libraries cost more than the nodes they follow: here an event costs a
few slices of what came.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator

_CLOSE, _PING, _TEXT = 0x8, 0x9, 0x1  # opcodes, RFC 6455 section 5.2
_PONG = b"\x8a\x80\x00\x00\x00\x00"  # empty, masked with zeros
_NORMAL = b"\x88\x82\x00\x00\x00\x00\x03\xe8"  # a close frame with 1000, likewise
_DATA = b"data: "


class Wire(ABC):
    """One connection's bytes. `status` is of the answer to the handshake, once its head has come; `ended` is
    whether the server has said that it ends the stream; `answer` is what the client owes it; `farewell` is
    what a client says that leaves, and then waits for the server.
    """

    farewell = b""

    def __init__(self) -> None:
        self.status: int | None = None
        self.ended = False
        self.answer = b""
        self._unread = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The events, as JSON, that are complete with `data`."""
        self._unread += data
        if self.status is None:
            self._read_head()
        return list(self._events()) if self.status in {101, 200} else []

    def _read_head(self) -> None:
        head, end, rest = self._unread.partition(b"\r\n\r\n")
        if end:
            self.status = int(head.split(b" ", 2)[1])
            self._unread = rest

    @abstractmethod
    def _events(self) -> Iterator[bytes]: ...


class WebSocketWire(Wire):
    """Frames of a server: whole and unmasked."""

    farewell = _NORMAL

    def _events(self) -> Iterator[bytes]:
        at = 0
        while (frame := self._frame(at)) is not None:
            opcode, start, at = frame
            if opcode == _TEXT:
                yield self._unread[start:at]
            elif opcode == _PING:
                self.answer += _PONG
            elif opcode == _CLOSE:
                self.ended = True
        self._unread = self._unread[at:]

    def _frame(self, at: int) -> tuple[int, int, int] | None:
        """The opcode of the frame at this place, and where its payload starts and stops; None if a part of it
        is still to come.
        """
        data = self._unread
        if len(data) < at + 2:
            return None
        length, start = data[at + 1], at + 2
        if length >= 126:
            start += 2 if length == 126 else 8
            length = int.from_bytes(data[at + 2 : start])
        return (data[at] & 0x0F, start, start + length) if len(data) >= start + length else None


class EventStreamWire(Wire):
    """Blocks of an event stream, in chunks of HTTP/1.1 (RFC 9112 section 7.1)."""

    def __init__(self) -> None:
        super().__init__()
        self._text = b""

    def _events(self) -> Iterator[bytes]:
        self._text += b"".join(self._chunks())
        *blocks, self._text = self._text.split(b"\n\n")
        for block in blocks:
            for line in block.split(b"\n"):
                if line.startswith(_DATA):
                    yield line[len(_DATA) :]

    def _chunks(self) -> Iterator[bytes]:
        at = 0
        while (end := self._unread.find(b"\r\n", at)) >= 0:
            size, start = int(self._unread[at:end], 16), end + 2
            if len(self._unread) < start + size + 2:
                break
            yield self._unread[start : start + size]
            self.ended = not size
            at = start + size + 2
        self._unread = self._unread[at:]
