"""Envelopes: exact bytes, encoded once."""

import json
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from itcook.events import Disconnecting, NewComment, Typing
from itcook.stream.channels import personal
from itcook.stream.cursor import Cursor
from itcook.stream.envelope import Envelope, control, durable, encode_body, ephemeral
from tests.support.stream import NOON, SOMEONE, stored

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def comment(content: str) -> NewComment:
    return NewComment(
        post_id=SOMEONE, comment_id=SOMEONE, author_id=SOMEONE, author_name="Ада", content=content
    )


def test_the_json_of_a_durable_event_to_the_byte() -> None:
    """The order of the keys, the timestamp's form and raw Unicode are what clients and fixtures rely on."""
    envelope = durable(
        Cursor("k3f9", 1042), ("community", "x"), encode_body(comment("Борщ"), ("community",), NOON)
    )
    assert envelope.text == (
        '{"id":"k3f9.1042","type":"NewComment","channel":"community","timestamp":"2026-11-23T12:00:00.000Z",'
        f'"data":{{"post_id":"{SOMEONE}","comment_id":"{SOMEONE}","author_id":"{SOMEONE}",'
        '"author_name":"Ада","content":"Борщ"}}'
    )
    assert (envelope.type, envelope.cursor, envelope.position) == ("NewComment", "k3f9.1042", 1042)
    assert envelope.channels == ("community", "x")


def test_a_control_event_has_no_id() -> None:
    """Only durable events have one, also where a cursor is left behind."""
    event = Disconnecting(code=1012, reason="r", reconnect=True, retry_after_ms=5)
    envelope = control(event, NOON, cursor="k3f9.7")
    assert envelope.text == (
        '{"type":"Disconnecting","timestamp":"2026-11-23T12:00:00.000Z",'
        '"data":{"code":1012,"reason":"r","reconnect":true,"retry_after_ms":5}}'
    )
    assert (envelope.cursor, envelope.position) == ("k3f9.7", 0)


def test_a_personal_event_names_nobody() -> None:
    """Whose personal channel it is stays inside."""
    owner = uuid4()
    envelope = stored(1, personal(owner))
    assert json.loads(envelope.text)["channel"] == "personal"
    assert str(owner) not in envelope.text
    assert envelope.channels == (personal(owner),)


@given(TEXT)
def test_any_text_is_one_line_and_comes_back(content: str) -> None:
    """CR, LF, NUL and U+2028 included: the JSON reads back the same and holds no control character."""
    envelope = durable(Cursor("k3f9", 1), ("community",), encode_body(comment(content), ("community",), NOON))
    assert json.loads(envelope.text)["data"]["content"] == content
    assert not any(character < " " for character in envelope.text)
    assert envelope.size == len(envelope.text.encode())
    assert envelope.type == "NewComment"


def test_each_framing_is_made_once() -> None:
    """Ten thousand clients share the bytes."""
    made: list[Envelope] = []

    def framing(envelope: Envelope) -> bytes:
        made.append(envelope)
        return envelope.text.encode()

    def other(envelope: Envelope) -> bytes:
        return b"other"

    envelope = stored(1)
    assert envelope.framed(framing) is envelope.framed(framing)
    assert envelope.framed(other) == b"other"
    assert made == [envelope]


def test_an_ephemeral_event_names_its_channel_and_leaves_no_cursor() -> None:
    """It cannot be resumed after; who is left out is not on the wire."""
    event = Typing(post_id=SOMEONE, user_id=SOMEONE, user_name="Ada", state="started")
    envelope = ephemeral(event, f"post:{SOMEONE}", NOON, left_out=SOMEONE)
    assert json.loads(envelope.text) == {
        "type": "Typing",
        "channel": f"post:{SOMEONE}",
        "timestamp": "2026-11-23T12:00:00.000Z",
        "data": {
            "post_id": str(SOMEONE),
            "user_id": str(SOMEONE),
            "user_name": "Ada",
            "state": "started",
        },
    }
    assert (envelope.cursor, envelope.position, envelope.left_out) == (None, 0, SOMEONE)
