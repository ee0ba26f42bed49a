"""What the clients of the chaos take for an event is one, wherever the network cuts the bytes."""

import pytest

from tests.chaos.wire import EventStreamWire, WebSocketWire, Wire
from transports.frames import LAST_CHUNK, chunk
from transports.inbound import close_frame

EVENTS = [b'{"n":1}', b'{"n":"%s"}' % (b"x" * 300), b'{"n":"%s"}' % (b"y" * 70_000)]


def frame(opcode: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < 126:
        return bytes([0x80 | opcode, length]) + payload
    size, wide = (126, 2) if length < 2**16 else (127, 8)
    return bytes([0x80 | opcode, size]) + length.to_bytes(wide) + payload


WEBSOCKET = (
    b"HTTP/1.1 101 \r\nUpgrade: websocket\r\n\r\n"
    + b"".join(frame(0x1, event) + b"\x89\x00" for event in EVENTS)
    + close_frame(1012, "later")
)
EVENT_STREAM = (
    b"HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n"
    + chunk(b"retry: 1000\n\n")
    + chunk(b"id: a.1\ndata: %s\n\ndata: %s\n\nid: a.2\nda" % (EVENTS[0], EVENTS[1]))
    + chunk(b"ta: %s\n\n" % EVENTS[2])
    + LAST_CHUNK
)


@pytest.mark.parametrize("size", [7, 64, 1000, 10**6])
@pytest.mark.parametrize(
    ("wire", "stream"), [(WebSocketWire, WEBSOCKET), (EventStreamWire, EVENT_STREAM)], ids=["ws", "sse"]
)
def test_each_event_is_found_once(wire: type[Wire], stream: bytes, size: int) -> None:
    """In pieces of any size, and the end is seen."""
    cut = wire()
    found: list[bytes] = []
    for start in range(0, len(stream), size):
        assert not cut.ended
        found += cut.feed(stream[start : start + size])
    assert found == EVENTS
    assert cut.ended
    assert cut.answer == (b"\x8a\x80\x00\x00\x00\x00" * 3 if wire is WebSocketWire else b"")


def test_a_refusal_holds_no_events() -> None:
    """Whatever its body says."""
    wire = EventStreamWire()
    assert wire.feed(b"HTTP/1.1 503 \r\nContent-Length: 9\r\n\r\ndata: {}\n\n") == []
    assert wire.status == 503
