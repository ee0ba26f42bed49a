"""The schemas of the models that views read and answer with, each once, under a name of its own."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from itcook import events, messages
from openapi.schema import Schema, event_schema, tidy

Mode = Literal["validation", "serialization"]
Key = tuple[type[BaseModel], Mode]

REFERENCE = "#/components/schemas/{model}"

_PAGE = re.compile(r"(?:Item)?Page_(\w+)_")
_EVENTS = "itcook__events__"


class Models:
    """The schemas of `keys`, of all that these are made of, and of the stream's events and messages."""

    def __init__(self, keys: Iterable[Key]) -> None:
        # The events too, for pydantic to see which names are two things.
        on_stream: list[Key] = [(event, "serialization") for event in _events()]
        unique = list(dict.fromkeys([*keys, *on_stream]))
        references, document = models_json_schema(unique, ref_template=REFERENCE)
        self._references = {key: _renamed(reference) for key, reference in references.items()}
        schemas = {_name(name): tidy(_renamed(schema)) for name, schema in document["$defs"].items()}
        self.schemas: dict[str, Schema] = schemas
        self._open_answers([self._references[key] for key in unique if key[1] == "validation"])
        self.schemas |= stream_schemas()

    def reference(self, model: type[BaseModel], mode: Mode) -> Schema:
        """A reference to the schema of `model`."""
        if model is messages.AnyMessage:
            return reference("ClientMessage")
        found: Schema = self._references[model, mode]
        return found

    def members(self, model: type[BaseModel]) -> Schema:
        """The members of a model of parameters, with their schemas."""
        found = self._references[model, "validation"]["$ref"].rpartition("/")[2]
        members: Schema = self.schemas[found]["properties"]
        return members

    def reachable(self, document: Any) -> dict[str, Schema]:
        """The schemas that `document` refers to, directly or through others."""
        found: dict[str, Schema] = {}
        missing = references_in(document)
        while missing:
            found |= {name: self.schemas[name] for name in missing}
            missing = {name for new in missing for name in references_in(self.schemas[new])} - found.keys()
        return dict(sorted(found.items()))

    def _open_answers(self, given: list[Schema]) -> None:
        """Bodies are closed; what is answered grows by addition."""
        for name in self.schemas.keys() - self.reachable(given).keys():
            self.schemas[name].pop("additionalProperties", None)


def reference(name: str) -> Schema:
    """A reference to the schema with this name."""
    return {"$ref": REFERENCE.format(model=name)}


def references_in(part: Any) -> set[str]:
    """The names of the schemas that `part` refers to."""
    prefix = REFERENCE.format(model="")
    return {
        node["$ref"].removeprefix(prefix)
        for node in _nodes(part)
        if isinstance(node.get("$ref"), str) and node["$ref"].startswith(prefix)
    }


def stream_schemas() -> dict[str, Schema]:
    """The schemas of the stream as an API document has them: among its components."""
    document = event_schema()
    schemas = document.pop("$defs")
    del document["$schema"]
    schemas[document.pop("title")] = document
    return {name: _moved(schema) for name, schema in schemas.items()}


def _moved(schema: Any) -> Any:
    return _mapped(schema, lambda name: name, "#/$defs/")


def _renamed(schema: Any) -> Any:
    return _mapped(schema, _name, REFERENCE.format(model=""))


def _mapped(part: Any, rename: Any, prefix: str) -> Any:
    """`part` with every reference that begins with `prefix` led to the component that `rename` names."""
    if isinstance(part, list):
        return [_mapped(each, rename, prefix) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        key: REFERENCE.format(model=rename(value.removeprefix(prefix)))
        if key == "$ref"
        else _mapped(value, rename, prefix)
        for key, value in part.items()
    }


def _name(given: str) -> str:
    """`PostPage` for pydantic's `Page_Post_`. Where two classes have one name, the room's in front of it, or
    `Body` behind what is sent.
    """
    if page := _PAGE.fullmatch(given):
        return f"{_name(page[1])}Page"
    if given.startswith(_EVENTS):
        return given.removeprefix(_EVENTS)
    if "__" in given:
        _, room, *_, name = given.split("__")
        return f"{room.capitalize()}{name}"
    name, _, mode = given.partition("-")
    return f"{name}Body" if mode == "Input" else name


def _nodes(part: Any) -> Iterable[Mapping[str, Any]]:
    if isinstance(part, dict):
        yield part
        for value in part.values():
            yield from _nodes(value)
    elif isinstance(part, list):
        for value in part:
            yield from _nodes(value)


def _events() -> list[type[events.Event]]:
    return [event for kind in events.Event.__subclasses__() for event in kind.__subclasses__()]
