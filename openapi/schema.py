"""The events and the client messages as one JSON Schema (2020-12)."""

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from itcook import events, messages

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
REFERENCE = "#/$defs/{model}"
_TEXT: Schema = {"type": "string"}
_TIMESTAMP: Schema = {"type": "string", "format": "date-time"}


def kinds() -> dict[str, list[type[events.Event]]]:
    """The event classes by kind, such as `Durable`, in the order of the code."""
    return {
        kind.__name__.removesuffix("Event"): kind.__subclasses__() for kind in events.Event.__subclasses__()
    }


def event_schema() -> Schema:
    """What may come on the stream, and in `$defs/ClientMessage` what may be said on it.

    An event's `data` is `$defs/{type}Data`, a message is `$defs/{type}Message`. The data of events is open to
    more members, as the contract grows by addition.
    """
    by_kind = kinds()
    data = {f"{event.__name__}Data": event for kind in by_kind.values() for event in kind}
    said = {f"{message.__name__}Message": message for message in get_args(messages.Message)}
    definitions = _definitions(data, "serialization") | _definitions(said, "validation")
    for name in data:
        definitions[name].pop("additionalProperties", None)
    for kind, classes in by_kind.items():
        for event in classes:
            definitions[event.__name__] = _envelope(event.__name__, kind)
        definitions[f"{kind}Event"] = _one_of(event.__name__ for event in classes)
    definitions["ClientMessage"] = _one_of(said)
    return {
        "$schema": DIALECT,
        "title": "StreamEvent",
        "description": "One event of the stream, on whichever transport.",
        **_one_of(f"{kind}Event" for kind in by_kind),
        "$defs": dict(sorted(definitions.items())),
    }


def _definitions(models: Mapping[str, type[BaseModel]], mode: JsonSchemaMode) -> dict[str, Schema]:
    """The schemas of `models` under these names, and of what they are made of under its own."""
    keys, document = models_json_schema([(model, mode) for model in models.values()], ref_template=REFERENCE)
    definitions: dict[str, Schema] = document["$defs"]
    own = {keys[model, mode]["$ref"].rpartition("/")[2]: name for name, model in models.items()}
    return {own.get(name, name): tidy(schema) for name, schema in definitions.items()}


def tidy(schema: Any) -> Any:
    """`schema` without the titles that only repeat the names, and with docstrings on one line."""
    if isinstance(schema, list):
        return [tidy(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {
        key: tidy(value) for key, value in schema.items() if not (key == "title" and isinstance(value, str))
    }
    if isinstance(found.get("description"), str):
        found["description"] = " ".join(found["description"].split())
    return found


def _envelope(name: str, kind: str) -> Schema:
    """Its members in the order of the wire: an id if it is durable, a channel if it went to one."""
    identity = {"id": _TEXT} if kind == "Durable" else {}
    address = {"channel": _TEXT} if kind != "Control" else {}
    properties: Schema = {
        **identity,
        "type": {"const": name},
        **address,
        "timestamp": _TIMESTAMP,
        "data": _reference(f"{name}Data"),
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _one_of(names: Iterable[str]) -> Schema:
    return {"oneOf": [_reference(name) for name in names]}


def _reference(name: str) -> Schema:
    return {"$ref": REFERENCE.format(model=name)}
