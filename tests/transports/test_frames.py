"""Framing: any event is one event on the other side, with its text intact."""

import json
import re

import httpx
from httpx_sse import EventSource, ServerSentEvent
from hypothesis import given
from hypothesis import strategies as st

from itcook.events import Heartbeat, NewComment
from itcook.stream.cursor import Cursor
from itcook.stream.envelope import Envelope, control, durable, encode_body
from tests.support.stream import NOON, SOMEONE, cursor, stored
from transports import frames
from transports.frames import sse_block, sse_named_block, sse_retry, websocket_text

TEXT = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\r\n\u2028\u2029\x85\x00:\ufeff"))


def parsed(stream: bytes) -> list[ServerSentEvent]:
    """What an independent client makes of the bytes."""
    response = httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=stream)
    return list(EventSource(response).iter_sse())


def comment(position: int, text: str) -> Envelope:
    """A durable event with people's text in it."""
    event = NewComment(post_id=SOMEONE, comment_id=SOMEONE, author_id=SOMEONE, author_name=text, content=text)
    return durable(Cursor("k3f9", position), ("community",), encode_body(event, ("community",), NOON))


@given(st.lists(TEXT, min_size=1, max_size=5), st.booleans())
def test_any_text_is_one_event(texts: list[str], named: bool) -> None:
    """CR, LF, NUL and U+2028 forge no event and no field; id and text come back."""
    framing = sse_named_block if named else sse_block
    envelopes = [comment(number, text) for number, text in enumerate(texts, 1)]
    events = parsed(b"".join(envelope.framed(framing) for envelope in envelopes))
    assert [event.id for event in events] == [envelope.cursor for envelope in envelopes]
    assert [event.data for event in events] == [envelope.text for envelope in envelopes]
    assert [json.loads(event.data)["data"]["content"] for event in events] == texts
    assert {event.event for event in events} == {"NewComment" if named else "message"}


def test_the_bytes() -> None:
    """`id:` only where there is a cursor, `event:` only where it was asked for."""
    envelope = stored(7)
    assert sse_block(envelope) == f"id: k3f9.7\ndata: {envelope.text}\n\n".encode()
    assert sse_named_block(envelope) == b"event: PostDeleted\n" + sse_block(envelope)
    heartbeat = Heartbeat(timestamp=NOON, cursor=cursor(7))
    assert sse_block(control(heartbeat, NOON)).startswith(b'data: {"type":"Heartbeat"')
    assert sse_block(control(heartbeat, NOON, cursor=cursor(7))).startswith(b"id: k3f9.7\ndata: {")


def test_the_json_is_the_same_on_both_transports() -> None:
    """Byte for byte."""
    envelope = comment(1, "Борщ\n🍲")
    assert parsed(sse_block(envelope))[0].data == websocket_text(envelope)


def test_retry_has_jitter_and_is_no_event() -> None:
    """Browsers cut at the same moment do not come back at the same moment."""
    lines = {sse_retry() for _ in range(100)}
    assert len(lines) > 50
    for line in lines:
        found = re.fullmatch(rb"retry: (\d+)\n\n", line)
        assert found
        assert frames.RETRY_MS[0] <= int(found[1]) <= frames.RETRY_MS[1]
