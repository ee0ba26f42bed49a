"""One route as an operation of the OpenAPI document."""

from collections.abc import Iterator
from typing import Any

from openapi import problems
from openapi.examples import example
from openapi.models import Models, reference
from openapi.routes import Model, Route
from openapi.schema import Schema
from openapi.words import PARAMETERS

JSON = "application/json"

BEARER = {"bearer": list[str]()}
TICKET = {"ticket": list[str]()}
READING_PAGE = {"cookie": list[str]()}
WRITING_PAGE = {"cookie": list[str](), "csrf": list[str]()}


class Operation:
    """The operation of `route`. `responses` are those for problems, by their names among the components."""

    def __init__(self, route: Route, models: Models) -> None:
        self._route = route
        self._models = models
        self.responses: dict[str, Schema] = {}

    def schema(self) -> Schema:
        route = self._route
        text = " ".join((route.view.__doc__ or "").split())
        assert text, f"{route.endpoint} says nothing of itself"
        found: Schema = {
            "operationId": route.name,
            "tags": [route.tag],
            "summary": text.partition(". ")[0].removesuffix("."),
            "description": self._description(text),
            "security": list(self._security()),
        }
        if parameters := list(self._parameters()):
            found["parameters"] = parameters
        if route.body:
            found["requestBody"] = {"required": True, "content": self._content(route.body)}
        found["responses"] = dict(self._answers()) | dict(self._problems())
        return found

    def _description(self, text: str) -> str:
        query = self._route.query
        own = " ".join((query.__doc__ or "").split()) if query else ""
        return f"{text}\n\n{own}" if own else text

    def _security(self) -> Iterator[dict[str, list[str]]]:
        route = self._route
        if not route.is_guarded:
            return
        yield BEARER
        yield READING_PAGE if route.is_safe else WRITING_PAGE
        if route.is_stream:
            yield TICKET

    def _parameters(self) -> Iterator[Schema]:
        route = self._route
        for name, is_uuid in route.variables.items():
            schema = {"type": "string", "format": "uuid"} if is_uuid else {"type": "string"}
            yield self._parameter(name, "path", schema) | {"required": True}
        if route.query:
            for name, schema in self._models.members(route.query).items():
                yield self._parameter(name, "query", _absent(schema))
        if route.headers:
            for name, schema in self._models.members(route.headers).items():
                yield self._parameter(_header(name), "header", _absent(schema))

    def _parameter(self, name: str, place: str, schema: Schema) -> Schema:
        schema = dict(schema)
        description = schema.pop("description", None) or PARAMETERS[name]
        return {"name": name, "in": place, "description": description, "schema": schema}

    def _content(self, model: Model) -> Schema:
        return self._written(JSON, self._models.reference(model, "validation"))

    def _written(self, media_type: str, schema: Schema) -> Schema:
        return {media_type: {"schema": schema, "example": example(schema, self._models.schemas)}}

    def _answers(self) -> Iterator[tuple[str, Schema]]:
        route = self._route
        for status, (model, headers) in sorted(route.answers.items()):
            described = {
                "description": " ".join((model.__doc__ or "").split()),
                "headers": self._headers(headers),
                "content": self._written(JSON, self._models.reference(model, "serialization")),
            }
            yield str(status), described
        for status, answer in sorted(route.promise.answers.items()):
            described = {"description": answer.meaning, "headers": self._headers(None)}
            if answer.media_type and answer.schema:
                described["content"] = self._written(answer.media_type, reference(answer.schema))
            elif answer.media_type:
                kinds = (answer.media_type, *answer.others)
                described["content"] = {kind: {"schema": {"type": "string"}} for kind in kinds}
            yield str(status), described
        if not route.answers and not route.promise.answers:
            yield "204", {"description": "Done.", "headers": self._headers(None)}

    def _headers(self, model: Model | None) -> Schema:
        names = [_header(name) for name in model.model_fields] if model else []
        counted = ["RateLimit", "RateLimit-Policy"] if self._route.is_counted else []
        return {name: problems.header(name) for name in [*names, *self._route.promise.headers, *counted]}

    def _problems(self) -> Iterator[tuple[str, Schema]]:
        for status, codes in problems.merged(self._rules()).items():
            name = problems.response_name(status, codes)
            self.responses[name] = problems.response(status, codes)
            yield str(status), {"$ref": f"#/components/responses/{name}"}

    def _rules(self) -> Iterator[Any]:
        route = self._route
        if route.is_counted:
            yield problems.READ
        if route.is_guarded:
            yield problems.GUARDED
            if not route.is_safe:
                yield problems.CHANGED
        elif not route.is_safe:
            yield problems.SENT_BY_PAGES
        if route.is_stream:
            yield problems.TICKETED
        if route.variables:
            yield problems.NAMED
        if route.query:
            yield problems.ASKED
        if route.body:
            yield problems.SENT
        if route.headers and "idempotency_key" in route.headers.model_fields:
            yield problems.ONCE
        yield route.promise.refusals


def _header(member: str) -> str:
    """How a member of a model of headers is written on the wire."""
    return "-".join("ID" if word == "id" else word.capitalize() for word in member.split("_"))


def _absent(schema: Schema) -> Schema:
    """Parameters are left out instead of being null."""
    options = [option for option in schema.get("anyOf", []) if option != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    if not isinstance(rest.get("default", ""), str | int | float):
        del rest["default"]
    if len(options) == 1:
        only: Schema = options[0]
        return only | rest
    return {**rest, "anyOf": options} if options else rest
