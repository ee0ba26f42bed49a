"""The types of the TypeScript client, written from the JSON Schema of the events."""

import json
import textwrap
from collections.abc import Iterator

from openapi.schema import Schema

HEAD = """\
// Made from itcook/events.py and itcook/messages.py by `make generate`. Do not edit.
"""
WIDTH = 110
_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def typescript(schema: Schema) -> str:
    """A module that exports each definition under its name, and the union of all events as `StreamEvent`."""
    definitions: dict[str, Schema] = schema["$defs"]
    blocks = [HEAD.rstrip()]
    blocks += ["\n".join(_declaration(name, definition)) for name, definition in definitions.items()]
    blocks.append("\n".join(_declaration(schema["title"], schema)))
    return "\n\n".join(blocks) + "\n"


def _declaration(name: str, schema: Schema) -> Iterator[str]:
    if "description" in schema:
        yield from _comment(schema["description"])
    if "properties" not in schema:
        yield from _alias(name, _options(schema))
        return
    required = schema.get("required", [])
    yield f"export interface {name} {{"
    for member, value in schema["properties"].items():
        mark = "" if member in required else "?"
        yield f"  {member}{mark}: {_type(value)};"
    yield "}"


def _comment(text: str) -> Iterator[str]:
    lines = textwrap.wrap(text, WIDTH - len(" * "))
    if len(lines) == 1 and len(lines[0]) <= WIDTH - len("/**  */"):
        yield f"/** {lines[0]} */"
        return
    yield "/**"
    yield from (f" * {line}" for line in lines)
    yield " */"


def _alias(name: str, options: list[str]) -> Iterator[str]:
    line = f"export type {name} = {' | '.join(options)};"
    if len(line) <= WIDTH:
        yield line
        return
    yield f"export type {name} ="
    *some, last = options
    yield from (f"  | {option}" for option in some)
    yield f"  | {last};"


def _type(schema: Schema) -> str:
    return " | ".join(_options(schema))


def _options(schema: Schema) -> list[str]:
    """The TypeScript types of which a value may be one. An unknown sort of schema is a `KeyError`."""
    if "$ref" in schema:
        return [schema["$ref"].rpartition("/")[2]]
    if "const" in schema:
        return [json.dumps(schema["const"])]
    if "enum" in schema:
        return [json.dumps(value) for value in schema["enum"]]
    if "anyOf" in schema or "oneOf" in schema:
        return [option for part in schema.get("anyOf") or schema["oneOf"] for option in _options(part)]
    if schema["type"] == "array":
        item = _type(schema["items"])
        return [f"({item})[]" if " " in item else f"{item}[]"]
    return [_PLAIN[schema["type"]]]
