"""The application's routes, with all that their views say of themselves."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from quart import Quart
from quart_schema.openapi import QUART_SCHEMA_TAG_ATTRIBUTE
from quart_schema.validation import (
    QUART_SCHEMA_HEADERS_ATTRIBUTE,
    QUART_SCHEMA_QUERYSTRING_ATTRIBUTE,
    QUART_SCHEMA_REQUEST_ATTRIBUTE,
    QUART_SCHEMA_RESPONSE_ATTRIBUTE,
)
from werkzeug.routing import UUIDConverter
from werkzeug.routing.rules import Rule

from blueprints.guard import SAFE_METHODS, STREAMS, is_public
from blueprints.quotas import UNLIMITED
from itcook.contract import Promise, promise_of

Model = type[BaseModel]

_VARIABLE = re.compile(r"<(?:\w+:)?(\w+)>")
_BY_THEMSELVES = {"HEAD", "OPTIONS"}


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path, and the view that serves it."""

    path: str
    method: str
    endpoint: str
    view: Callable[..., Any]
    tag: str
    rule: Rule

    @property
    def name(self) -> str:
        """What generated clients call it. A view with several paths has a name for each."""
        name = self.endpoint.replace(".", "_")
        return name if self.is_only else f"{name}_{self.path.strip('/') or 'root'}"

    @property
    def is_only(self) -> bool:
        """Whether its view has no other path."""
        return len(list(self.rule.map.iter_rules(self.endpoint))) == 1

    @property
    def is_guarded(self) -> bool:
        return not is_public(self.view)

    @property
    def is_safe(self) -> bool:
        return self.method in SAFE_METHODS

    @property
    def is_stream(self) -> bool:
        """Whether a ticket opens it."""
        return self.endpoint in STREAMS

    @property
    def is_counted(self) -> bool:
        """Whether there is a quota for it."""
        return self.endpoint not in UNLIMITED

    @property
    def promise(self) -> Promise:
        return promise_of(self.view)

    @property
    def variables(self) -> Mapping[str, bool]:
        """The names of the path's parameters, and whether each is a UUID."""
        return {name: isinstance(kind, UUIDConverter) for name, kind in self.rule._converters.items()}

    @property
    def body(self) -> Model | None:
        found = getattr(self.view, QUART_SCHEMA_REQUEST_ATTRIBUTE, None)
        return found[0] if found else None

    @property
    def query(self) -> Model | None:
        return getattr(self.view, QUART_SCHEMA_QUERYSTRING_ATTRIBUTE, None)

    @property
    def headers(self) -> Model | None:
        """The headers that a request may have."""
        return getattr(self.view, QUART_SCHEMA_HEADERS_ATTRIBUTE, None)

    @property
    def answers(self) -> Mapping[int, tuple[Model, Model | None]]:
        """The bodies and headers of its answers, by status."""
        return getattr(self.view, QUART_SCHEMA_RESPONSE_ATTRIBUTE, {})

    @property
    def models(self) -> list[Model]:
        """What is read into: of bodies, queries and headers."""
        return [model for model in (self.body, self.query, self.headers) if model]


def routes(app: Quart) -> Iterator[Route]:
    """Every route of `app`, in the order of the code. HEAD and OPTIONS come by themselves."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        for method in sorted({"GET"} if rule.websocket else (rule.methods or set()) - _BY_THEMSELVES):
            path = _VARIABLE.sub(r"{\1}", rule.rule)
            yield Route(path, method, rule.endpoint, view, _tag(app, rule.endpoint, view), rule)


def _tag(app: Quart, endpoint: str, view: Callable[..., Any]) -> str:
    blueprint = app.blueprints[endpoint.rpartition(".")[0]]
    tags = getattr(view, QUART_SCHEMA_TAG_ATTRIBUTE, None) or getattr(
        blueprint, QUART_SCHEMA_TAG_ATTRIBUTE, None
    )
    (tag,) = tags or {blueprint.name}
    return str(tag)
