"""Framing: any event is one event on the other side, with its text intact."""

import json
import re

import httpx
import pytest
from httpx_sse import EventSource, ServerSentEvent
from hypothesis import given
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import TextMessage

from itcook.events import Disconnecting, Heartbeat, NewComment
from itcook.stream.cursor import Cursor
from itcook.stream.envelope import Envelope, control, durable, encode_body
from tests.support.stream import NOON, SOMEONE, cursor, stored
from tests.support.survival import survives
from transports import frames
from transports.frames import chunked, sse_blocks, sse_named_blocks, sse_retry, websocket_frames

TEXT = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\r\n\u2028\u2029\x85\x00:\ufeff"))


def parsed(stream: bytes) -> list[ServerSentEvent]:
    """What an independent client makes of the bytes."""
    response = httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=stream)
    return list(EventSource(response).iter_sse())


def comment(position: int, text: str) -> Envelope:
    """A durable event with people's text in it."""
    event = NewComment(post_id=SOMEONE, comment_id=SOMEONE, author_id=SOMEONE, author_name=text, content=text)
    return durable(Cursor("k3f9", position), ("community",), encode_body(event, ("community",), NOON))


@survives("sse: line breaks and NUL in text")
@given(st.lists(TEXT, min_size=1, max_size=5), st.booleans())
def test_any_text_is_one_event(texts: list[str], named: bool) -> None:
    """CR, LF, NUL and U+2028 forge no event and no field; id and text come back."""
    framing = sse_named_blocks if named else sse_blocks
    envelopes = [comment(number, text) for number, text in enumerate(texts, 1)]
    events = parsed(framing(envelopes))
    assert [event.id for event in events] == [envelope.cursor for envelope in envelopes]
    assert [event.data for event in events] == [envelope.text for envelope in envelopes]
    assert [json.loads(event.data)["data"]["content"] for event in events] == texts
    assert {event.event for event in events} == {"NewComment" if named else "message"}


def test_the_bytes() -> None:
    """`id:` only where there is a cursor, `event:` only where it was asked for."""
    envelope = stored(7)
    assert sse_blocks([envelope]) == f"id: k3f9.7\ndata: {envelope.text}\n\n".encode()
    assert sse_named_blocks([envelope]) == b"event: PostDeleted\n" + sse_blocks([envelope])
    heartbeat = Heartbeat(timestamp=NOON, cursor=cursor(7))
    assert sse_blocks([control(heartbeat, NOON)]).startswith(b'data: {"type":"Heartbeat"')
    assert sse_blocks([control(heartbeat, NOON, cursor=cursor(7))]).startswith(b"id: k3f9.7\ndata: {")


@pytest.mark.parametrize("reconnect", [True, False])
def test_an_event_source_that_is_not_wanted_stays_away(reconnect: bool) -> None:
    """It would come back in seconds, and take the place of another connection of the same person."""
    last = Disconnecting(code=4409, reason="too many", reconnect=reconnect, retry_after_ms=0)
    (event,) = parsed(sse_blocks([control(last, NOON)]))
    assert event.retry == (None if reconnect else 24 * 3600 * 1000)
    assert json.loads(event.data)["data"]["code"] == 4409


@given(st.lists(TEXT | st.integers(0, 70_000).map("x".__mul__), min_size=1, max_size=3))
def test_the_json_is_the_same_on_both_transports(texts: list[str]) -> None:
    """Byte for byte, whatever its length: a WebSocket writes lengths in three ways."""
    envelopes = [comment(number, text) for number, text in enumerate(texts, 1)]
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(websocket_frames(envelopes))
    messages = [event.data for event in client.events() if isinstance(event, TextMessage)]
    assert messages == [event.data for event in parsed(sse_blocks(envelopes))]
    assert messages == [envelope.text for envelope in envelopes]


@pytest.mark.parametrize("length", [0, 125, 126, 2**16 - 1, 2**16])
def test_the_lengths_at_which_a_frame_changes_its_form(length: int) -> None:
    """RFC 6455 section 5.2: the shortest form that holds the length."""
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(websocket_frames([Envelope("x" * length, "T")]))
    assert "".join(event.data for event in client.events() if isinstance(event, TextMessage)) == "x" * length


def test_a_chunk_holds_all_that_goes_out_together() -> None:
    """RFC 9112 section 7.1: the length in hexadecimal, and CRLF twice."""
    blocks = sse_blocks([stored(1), stored(2)])
    assert chunked(sse_blocks) is chunked(sse_blocks)
    assert chunked(sse_blocks)([stored(1), stored(2)]) == b"%x\r\n" % len(blocks) + blocks + b"\r\n"


def test_retry_has_jitter_and_is_no_event() -> None:
    """Browsers cut at the same moment do not come back at the same moment."""
    lines = {sse_retry() for _ in range(100)}
    assert len(lines) > 50
    for line in lines:
        found = re.fullmatch(rb"retry: (\d+)\n\n", line)
        assert found
        assert frames.RETRY_MS[0] <= int(found[1]) <= frames.RETRY_MS[1]
