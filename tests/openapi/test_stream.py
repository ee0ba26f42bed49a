"""The AsyncAPI document: both transports, every message in both directions, and every end."""

from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from itcook import messages
from itcook.stream import ends
from openapi.schema import kinds
from openapi.stream import stream_document
from openapi.words import closes

EVENTS = {event.__name__ for classes in kinds().values() for event in classes}
SAID = {f"{message.__name__}Message" for message in get_args(messages.Message)}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return stream_document()


def test_every_event_is_sent_on_both_transports(document: dict[str, Any]) -> None:
    """And client messages come over the WebSocket, or by POST."""
    carried = {name: channel["messages"].keys() for name, channel in document["channels"].items()}
    assert carried == {"websocket": EVENTS | SAID, "sse": EVENTS, "messages": SAID}


def test_operations_carry_what_their_channels_do(document: dict[str, Any]) -> None:
    """All events are sent, and all messages received, over each channel that has them."""
    done: dict[tuple[str, str], set[str]] = {}
    for operation in document["operations"].values():
        channel = _last(operation["channel"])
        done.setdefault((operation["action"], channel), set()).update(map(_last, operation["messages"]))
    assert done == {
        ("send", "websocket"): EVENTS,
        ("send", "sse"): EVENTS,
        ("receive", "websocket"): SAID,
        ("receive", "messages"): SAID,
    }


def test_answers_come_on_the_stream(document: dict[str, Any]) -> None:
    """A message over the WebSocket is answered there, one by POST on the event stream."""
    operations = document["operations"]
    replies = {name: operation["reply"] for name, operation in operations.items() if "reply" in operation}
    over_websocket, by_post = replies["receiveSubscribe"], replies["receiveSubscribeByPost"]
    assert _last(over_websocket["channel"]) == "websocket"
    assert _last(by_post["channel"]) == "sse"
    for reply in (over_websocket, by_post):
        assert list(map(_last, reply["messages"])) == ["Subscribed", "Error"]
    assert list(map(_last, replies["receiveAuthenticate"]["messages"])) == ["TokenRefreshed", "Error"]


def test_every_example_is_one(document: dict[str, Any]) -> None:
    """Of each message, by its own schema."""
    for name, message in document["components"]["messages"].items():
        schema = {**message["payload"], "components": document["components"]}
        validator = Draft202012Validator(schema, format_checker=FormatChecker())
        for example in message["examples"]:
            assert validator.is_valid(example["payload"]), name


def test_every_end_is_in_the_document(document: dict[str, Any]) -> None:
    """On both transports; and how a WebSocket is closed without one."""
    known = {
        (end.code, end.reason, end.reconnect) for end in vars(ends).values() if isinstance(end, ends.End)
    }
    for name in ("websocket", "sse"):
        told = document["channels"][name]["x-ends"]
        assert {(end["code"], end["reason"], end["reconnect"]) for end in told} == known
    assert {close["code"] for close in document["channels"]["websocket"]["x-closes"]} == closes().keys()


def _last(part: dict[str, str]) -> str:
    return part["$ref"].rpartition("/")[2]
