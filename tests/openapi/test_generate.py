"""The generated documents: fresh, and true to what goes over the wire."""

import json
from datetime import date
from typing import Any, get_args

import pytest

from itcook import messages
from itcook.events import ExpiringItem, ExpiringItems, Heartbeat
from itcook.stream.cursor import Cursor
from itcook.stream.envelope import control, durable, encode_body
from openapi.generate import ROOT, documents
from openapi.schema import event_schema, kinds
from openapi.typescript import typescript
from tests.support.stream import NOON, SOMEONE

EXPIRING = ExpiringItems(
    kitchen_id=SOMEONE,
    items=[ExpiringItem(id=SOMEONE, name="milk", expires_on=date(2026, 11, 24), days_left=1)],
    days_left=1,
)


@pytest.mark.parametrize("path", documents())
def test_generated_documents_are_fresh(path: str) -> None:
    """Whoever changes an event or a message also runs `make generate`."""
    assert (ROOT / path).read_text() == documents()[path], f"{path} is stale: run `make generate`"


def test_every_event_and_message_is_in_the_schema() -> None:
    """Each as what it is in full, and each in a union that can be reached from the root."""
    definitions = event_schema()["$defs"]
    for kind, classes in kinds().items():
        assert _options(definitions[f"{kind}Event"]) == [event.__name__ for event in classes]
    said = [f"{message.__name__}Message" for message in get_args(messages.Message)]
    assert _options(definitions["ClientMessage"]) == said
    assert _options(event_schema()) == [f"{kind}Event" for kind in kinds()]


@pytest.mark.parametrize(
    "text",
    [
        durable(Cursor("k3f9", 7), ("community",), encode_body(EXPIRING, ("community",), NOON)).text,
        control(Heartbeat(timestamp=NOON, cursor="k3f9.7"), NOON).text,
    ],
    ids=["durable", "control"],
)
def test_an_event_on_the_wire_has_the_members_of_its_schema(text: str) -> None:
    """In their order, down to the items of lists: the schema describes what is sent, not the classes."""
    event = json.loads(text)
    _check(event, event_schema()["$defs"][event["type"]])


def test_events_may_grow_and_messages_may_not() -> None:
    """A client ignores members that it does not know; the server refuses them."""
    definitions = event_schema()["$defs"]
    assert "additionalProperties" not in definitions["HeartbeatData"]
    assert definitions["HeartbeatMessage"]["additionalProperties"] is False


def test_typescript_types_from_schemas() -> None:
    """Optional and nullable members, constants, lists of unions, and comments."""
    cat: dict[str, Any] = {
        "description": "A cat.",
        "properties": {
            "kind": {"const": "cat"},
            "lives": {"type": "integer"},
            "names": {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
            "owner": {"$ref": "#/$defs/Owner"},
        },
        "required": ["kind", "lives"],
    }
    owner = {"enum": ["nobody", "everybody"], "type": "string"}
    text = typescript(
        {"title": "Pet", "oneOf": [{"$ref": "#/$defs/Cat"}], "$defs": {"Cat": cat, "Owner": owner}}
    )
    assert text.partition("\n\n")[2] == (
        "/** A cat. */\n"
        "export interface Cat {\n"
        '  kind: "cat";\n'
        "  lives: number;\n"
        "  names?: (string | null)[];\n"
        "  owner?: Owner;\n"
        "}\n\n"
        'export type Owner = "nobody" | "everybody";\n\n'
        "export type Pet = Cat;\n"
    )


def _options(schema: dict[str, Any]) -> list[str]:
    return [option["$ref"].removeprefix("#/$defs/") for option in schema["oneOf"]]


def _check(value: Any, schema: dict[str, Any]) -> None:
    """Compare the keys of `value`, and of what is inside, with the properties of `schema`."""
    if "$ref" in schema:
        _check(value, event_schema()["$defs"][schema["$ref"].removeprefix("#/$defs/")])
    elif "properties" in schema:
        assert list(value) == list(schema["properties"])
        for key, part in value.items():
            _check(part, schema["properties"][key])
    elif "items" in schema:
        for item in value:
            _check(item, schema["items"])
