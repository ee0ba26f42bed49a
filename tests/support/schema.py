"""The documented schema of the stream, for everything that tests receive and say."""

import json
from functools import cache, lru_cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from tests.support.documents import ROOT

KNOWN = 10_000  # texts, each of which was found right: many connections get the same


@lru_cache(KNOWN)
def check_event(text: str) -> None:
    """Raises `jsonschema.ValidationError` unless `text` is an event as documented, with no member more."""
    event = json.loads(text)
    assert event["type"] in event_types(), f"no event is called {event['type']}"
    _validator(event["type"]).validate(event)


def check_message(message: Any) -> None:
    """Raises `jsonschema.ValidationError` unless `message` is a client message as it is documented."""
    _validator("ClientMessage").validate(message)


@cache
def event_types() -> frozenset[str]:
    """The types that the schema has."""
    kinds = [_definitions()[name]["oneOf"] for name in ("DurableEvent", "EphemeralEvent", "ControlEvent")]
    return frozenset(one["$ref"].rpartition("/")[2] for kind in kinds for one in kind)


@cache
def _validator(name: str) -> Draft202012Validator:
    # By the type's own name: an error then says what is wrong, in place of "under none of 24 schemas".
    schema = {"$ref": f"#/$defs/{name}", "$defs": _definitions()}
    return Draft202012Validator(schema, format_checker=FormatChecker())


@cache
def _definitions() -> dict[str, Any]:
    """Clients must let members pass that they do not know; the server must send none."""
    definitions = json.loads((ROOT / "openapi/events.schema.json").read_text())["$defs"]
    return {
        name: {**one, "additionalProperties": False} if "properties" in one else one
        for name, one in definitions.items()
    }
