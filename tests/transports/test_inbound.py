"""What a client's bytes come to, however they are cut. Frames that break the rules are tested end to end."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, Event, Ping, Pong, TextMessage

from itcook.stream.ends import TOO_MANY_MESSAGES
from tests.support.raw_websocket import BINARY, CLOSE, PING, TEXT, frame
from tests.support.survival import survives
from transports.inbound import FRAME_BURST, FRAMES_PER_SECOND, MAX_MESSAGE, Answer, Inbound

CONTINUATION = 0x0
NOT_LAST = 0x00

Got = list[str | bytes | Answer]


def received(*pieces: bytes, now: float = 0.0) -> Got:
    """What comes of `pieces`, which arrive one after the other."""
    inbound = Inbound(now)
    got: Got = []
    for piece in pieces:
        got += inbound.feed(piece, now)
        if got and isinstance(got[-1], Answer) and got[-1].closing:
            break
    return got


def close_code(got: Got) -> int:
    """The code of the one answer, which closes."""
    (answer,) = got
    assert isinstance(answer, Answer)
    assert answer.closing
    assert answer.data[0] == 0x80 | CLOSE
    return int.from_bytes(answer.data[2:4])


@st.composite
def conversations(draw: st.DrawFn) -> tuple[list[bytes], Got]:
    """Messages in fragments, with pings between them, cut anywhere; and what they are."""
    client = Connection(ConnectionType.CLIENT)
    sent: list[Event] = []
    expected: Got = []
    server = Connection(ConnectionType.SERVER)
    for text in draw(st.lists(st.text() | st.binary(), max_size=5)):
        cuts = sorted({0, len(text), *draw(st.lists(st.integers(0, len(text)), max_size=3))})
        parts = [text[start:stop] for start, stop in pairwise(cuts)] or [text]
        for number, part in enumerate(parts, 1):
            if draw(st.booleans()):
                payload = draw(st.binary(max_size=125))
                sent.append(Ping(payload))
                expected.append(Answer(server.send(Pong(payload))))
            last = number == len(parts)
            sent.append(
                TextMessage(part, True, last) if isinstance(part, str) else BytesMessage(part, True, last)
            )
        expected.append(text)
    data = b"".join(client.send(event) for event in sent)
    cuts = sorted({0, len(data), *draw(st.lists(st.integers(0, len(data)), max_size=8))})
    return [data[start:stop] for start, stop in pairwise(cuts)], expected


@given(conversations())
def test_messages_come_whole_and_in_order(conversation: tuple[list[bytes], Got]) -> None:
    """Text as text and binary as binary; each ping is answered, in its place, with what it carried."""
    pieces, expected = conversation
    assert received(*pieces) == expected


def test_a_close_is_answered_with_its_code_and_is_the_last() -> None:
    """What a client sends behind its close is not looked at."""
    assert close_code(received(frame(CLOSE, b"\x03\xe9") + frame(TEXT, b"more"))) == 1001


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_the_longest_message(opcode: int) -> None:
    """Of exactly 64 KiB, counted in bytes also where a character has four of them."""
    longest = "🍲".encode() * (MAX_MESSAGE // 4)
    (message,) = received(frame(opcode, longest))
    assert not isinstance(message, Answer)
    assert len(message if isinstance(message, bytes) else message.encode()) == MAX_MESSAGE


@pytest.mark.parametrize("fragment", [MAX_MESSAGE + 1, 4096, 200])
def test_a_longer_message_ends_the_connection(fragment: int) -> None:
    """With 1009 as soon as it is too long, in one frame or in many, and not when it is complete."""
    data = b"x" * (MAX_MESSAGE + 1)
    parts = [data[start : start + fragment] for start in range(0, len(data), fragment)]
    first, *others = parts
    frames = [frame(TEXT, first, first=NOT_LAST)]
    frames += [frame(CONTINUATION, part, first=NOT_LAST) for part in others]
    assert close_code(received(*frames)) == 1009


def test_whoever_is_sent_away_is_heard_to_leave() -> None:
    """Nothing else that comes behind our close means anything, but the client's own does."""
    inbound = Inbound(0.0)
    assert close_code(list(inbound.feed(frame(TEXT, b"x" * (MAX_MESSAGE + 1)), 0.0))) == 1009
    assert list(inbound.feed(frame(TEXT, b"{}") + frame(PING) * 100, 0.0)) == []
    assert not inbound.has_left
    assert list(inbound.feed(frame(CLOSE, b"\x03\xf1"), 0.0)) == []
    assert inbound.has_left


@survives("frames: a flood of pings or fragments")
def test_a_flood_behind_our_close_is_not_read() -> None:
    """Each frame costs as much as before it; whoever floods is not waited for."""
    inbound = Inbound(0.0)
    assert close_code(list(inbound.feed(frame(TEXT, b"x" * (MAX_MESSAGE + 1)), 0.0))) == 1009
    assert list(inbound.feed(frame(PING) * 600, 0.0)) == []
    assert list(inbound.feed(frame(CLOSE, b"\x03\xf1"), 0.0)) == []
    assert not inbound.has_left


@survives("frames: a flood of pings or fragments")
def test_a_flood_of_frames_that_are_no_messages() -> None:
    """Is ended with 4429, at the burst or above the rate; below it is not."""
    assert close_code(received(*[frame(PING)] * 600)[int(FRAME_BURST) :]) == TOO_MANY_MESSAGES.code
    inbound = Inbound(0.0)
    for second in range(60):
        for _ in range(int(FRAMES_PER_SECOND)):
            (pong,) = inbound.feed(frame(PING), float(second))
            assert pong == Answer(b"\x8a\x00")
