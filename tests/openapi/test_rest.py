"""The OpenAPI document: valid, whole, and with examples that its own schemas allow."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator
from quart import Quart

from itcook.app import create_app
from itcook.settings import Settings
from openapi.problems import MEDIA_TYPE
from openapi.rest import rest_document
from openapi.words import problems

METHODS = {"get", "put", "post", "delete", "patch"}
Operation = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module")
def application() -> Quart:
    """The application, not started."""
    return create_app(Settings(_env_file=None))


@pytest.fixture(scope="module")
def document(application: Quart) -> dict[str, Any]:
    """The document of `application`."""
    return rest_document(application)


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    """By the specification's own schema, with every reference resolved."""
    OpenAPIV31SpecValidator(document).validate()


def test_every_route_is_in_the_document_and_nothing_else(
    application: Quart, document: dict[str, Any]
) -> None:
    """Each method of each path; HEAD and OPTIONS come by themselves."""
    served = {
        (method.lower(), re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in application.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert served == {
        (method, path) for path, methods in document["paths"].items() for method in methods.keys() & METHODS
    }


def test_operations_have_names_of_their_own(document: dict[str, Any]) -> None:
    """Generated clients make methods of them."""
    names = [operation["operationId"] for _, operation in _operations(document)]
    assert len(names) == len(set(names))


def test_every_problem_is_documented_somewhere(document: dict[str, Any]) -> None:
    """With its own status; but for defects, and what is answered before it is known which operation it is."""
    described = {
        (int(status), code)
        for _, operation in _operations(document)
        for status, response in operation["responses"].items()
        for code in _resolved(document, response).get("x-codes", [])
    }
    everywhere = {"internal_error", "method_not_allowed", "head_too_large", "unsupported_coding"}
    assert described == {(status, code) for code, (status, _) in problems().items() if code not in everywhere}


def test_every_example_is_one(document: dict[str, Any]) -> None:
    """Of bodies, of answers and of problems."""
    for where, content in _contents(document):
        assert "example" in content or "examples" in content or "$ref" not in content["schema"], where
        values = [content["example"]] if "example" in content else []
        values += [each["value"] for each in content.get("examples", {}).values()]
        for value in values:
            _validator(document, content["schema"]).validate(value)


def test_public_operations_ask_for_nobody(document: dict[str, Any]) -> None:
    """The others name a token, a page's cookie (with the token against forgery, if they change something),
    and streams a ticket.
    """
    operations = dict(_operations(document))
    assert operations["POST /api/v1/auth/login"]["security"] == []
    assert operations["GET /api/v1/auth/me"]["security"] == [{"bearer": []}, {"cookie": []}]
    assert operations["POST /api/v1/goals"]["security"] == [{"bearer": []}, {"cookie": [], "csrf": []}]
    assert {"ticket": []} in operations["GET /api/v1/realtime/sse"]["security"]


def test_an_event_stream_has_the_union_of_events(document: dict[str, Any]) -> None:
    """As `text/event-stream`."""
    stream = dict(_operations(document))["GET /api/v1/realtime/sse"]["responses"]["200"]
    assert stream["content"]["text/event-stream"]["schema"] == {"$ref": "#/components/schemas/StreamEvent"}


def test_answers_may_grow_and_bodies_may_not(document: dict[str, Any]) -> None:
    """A client ignores members that it does not know; the server refuses them."""
    schemas = document["components"]["schemas"]
    assert "additionalProperties" not in schemas["Post"]
    assert schemas["NewPost"]["additionalProperties"] is False


def _operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def _contents(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for where, operation in _operations(document):
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for body in bodies:
            for media_type, content in _resolved(document, body).get("content", {}).items():
                yield f"{where} {media_type}", content
                assert media_type != MEDIA_TYPE or content["schema"]["$ref"].endswith("/Problem")


def _validator(document: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    whole = {**schema, "components": document["components"]}
    return Draft202012Validator(whole, format_checker=FormatChecker())


def _resolved(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in part:
        return part
    found: dict[str, Any] = document["components"]["responses"][part["$ref"].rpartition("/")[2]]
    return found
