"""A value for every schema, as somebody would send or get it."""

from collections.abc import Mapping
from typing import Any

from openapi.schema import Schema

ID = "01a209cd-6229-70b9-a020-06dcfbbeb084"
MOMENT = "2026-11-23T07:25:40.123Z"
CURSOR = "k3f9qw2a.1042"
TOKEN = "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIwMWEyMDlj.Qm9yc2NodA"  # noqa: S105 # an example

# By the member's name, where its type does not tell.
VALUES: Mapping[str, Any] = {
    "access_token": TOKEN,
    "achievement_type": "weight",
    "address": "203.0.113.7",
    "author_name": "Ben Cook",
    "brand": "Happy Cow",
    "category": "dairy",
    "changed_by_name": "Ada Cook",
    "channel": "community",
    "channels": ["community", "personal", "system"],
    "code": "7kqf3mxp9tr2",
    "connection_id": "k7f2m9q4x1b8c3d5",
    "content": "Borscht is ready!",
    "coverage": 0.8,
    "csrf_token": "Lx0bOZ3yGzYJ5pQXb8v0uKq1mXc7sT2e",
    "cuisine": "ukrainian",
    "current_password": "a long kitchen secret",
    "cursor": CURSOR,
    "days_left": 2,
    "description": "Beetroot soup for a cold day.",
    "dish": "borscht",
    "email": "ada@example.org",
    "expires_in": 900,
    "expiring_days": 3,
    "first_name": "Ada",
    "follower_name": "Ada Cook",
    "heartbeat_seconds": 10,
    "language": "en",
    "last_name": "Cook",
    "liker_name": "Ada Cook",
    "location": "fridge",
    "max_minutes": 60,
    "media_urls": ["https://example.org/borscht.jpg"],
    "message": "We are back in ten minutes.",
    "name": "Ada Cook",
    "new_password": "another kitchen secret",
    "node_id": "k7f2m9q4",
    "note": "After the holidays.",
    "notes": "Opened on Sunday.",
    "password": "a long kitchen secret",
    "pointer": "/content",
    "quantity": 1.5,
    "reason": "history_pruned",
    "ref": "open post",
    "refresh_token": "0Zg4rT2q9v3XyN8mB1cK5sJ7wP6uE0hD",
    "role": "user",
    "since": CURSOR,
    "tags": ["soup"],
    "ticket": "Wm9x2KqT7bR4vN1cY8sD3gH6jL0pF5aZ",
    "time_zone": "Europe/Berlin",
    "timeout_seconds": 30,
    "title": "Borscht",
    "token": TOKEN,
    "unit": "l",
    "user_agent": "Mozilla/5.0",
    "user_name": "Ada Cook",
    "version": "0.1.0",
}
# Of what has a name that means another thing there.
OWN: Mapping[tuple[str, str], Any] = {
    ("Disconnecting", "reason"): "server restarts",
    ("Error", "code"): "channel_forbidden",
    ("Error", "message"): "you may not read this channel",
}
_FORMATS = {
    "date": "2026-11-25",
    "date-time": MOMENT,
    "email": "ada@example.org",
    "uri": "https://example.org/borscht.jpg",
    "uuid": ID,
}


def example(schema: Schema, definitions: Mapping[str, Schema], name: str = "", of: str = "") -> Any:
    """A value that `schema` allows, for the member `name` of the definition `of`."""
    if "$ref" in schema:
        target = schema["$ref"].rpartition("/")[2]
        return example(definitions[target], definitions, name, target)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return example(schema[key][0], definitions, name, of)
    if "const" in schema:
        return schema["const"]
    if "properties" in schema:
        members = schema["properties"].items()
        return {key: example(value, definitions, key, of) for key, value in members}
    return _known(schema, name, of) or _plain(schema, definitions, name, of)


def _known(schema: Schema, name: str, of: str) -> Any:
    value = OWN.get((of.removesuffix("Data"), name), VALUES.get(name))
    return value if value is not None and _fits(value, schema) else None


def _fits(value: Any, schema: Schema) -> bool:
    kinds: dict[str, type | tuple[type, ...]] = {
        "string": str,
        "array": list,
        "integer": int,
        "number": (int, float),
    }
    if "enum" in schema:
        return value in schema["enum"]
    if "format" in schema:
        return False
    kind = kinds.get(schema.get("type", ""), ())
    return isinstance(value, kind) and len(str(value)) <= schema.get("maxLength", 1000)


def _plain(schema: Schema, definitions: Mapping[str, Schema], name: str, of: str) -> Any:
    if "enum" in schema:
        return schema.get("default", schema["enum"][0])
    if "default" in schema and schema["default"] is not None:
        return schema["default"]
    match schema.get("type"):
        case "array":
            return [example(schema["items"], definitions, name, of)]
        case "string":
            return _FORMATS.get(schema.get("format", ""), "borscht")
        case "boolean":
            return False
        case "integer" | "number":
            return max(schema.get("minimum", 1), 1 if "exclusiveMinimum" in schema else 0, 3)
        case "object":
            return {}
    return None
