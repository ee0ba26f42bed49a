"""The documented REST surface, for every answer that tests see."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from urllib.parse import urlsplit

import httpx
from jsonschema import Draft202012Validator, FormatChecker
from quart import Response
from quart.testing import QuartClient

from tests.support.documents import ROOT

PROBLEM = "application/problem+json"
EVENT_STREAM = "text/event-stream"
KNOWN = 10_000  # bodies, each of which was found right
# What any address may be answered with, whatever it serves: a defect, which other tests are about; what HTTP
# itself decides.
EVERYWHERE = {431, 500, 501, 505}

_VARIABLE = re.compile(r"\\{\w+\\}")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to `method` of `target`, a path or URL."""

    method: str
    target: str
    status: int
    headers: Mapping[str, str]
    body: bytes


def check_answer(answer: Answer) -> None:
    """Raises `AssertionError` or `jsonschema.ValidationError` unless the answer is as documented: its status,
    headers, media type and body, with no member more. What is served at no documented path is let pass.
    """
    path = path_of(urlsplit(answer.target).path)
    if path is None or answer.method == "OPTIONS" or answer.status in EVERYWHERE:
        return
    method = "get" if answer.method == "HEAD" else answer.method.lower()
    if method not in _document()["paths"][path]:
        assert answer.status == 405, f"{answer.method} {path} is not documented, and answers {answer.status}"
        return
    where = f"{answer.method} {path}: {answer.status}"
    responses = _document()["paths"][path][method]["responses"]
    assert str(answer.status) in responses, f"{where} is not documented: {answer.body[:300]!r}"
    response = _resolved(responses[str(answer.status)])
    for name in _required_headers(response):
        assert name in answer.headers, f"{where} has no {name}"
    _check_body(where, answer, response)


@cache
def path_of(asked: str) -> str | None:
    """The documented path, with its variables, that an asked one is."""
    if asked in _document()["paths"]:
        return asked
    return next((path for path, pattern in _patterns() if pattern.fullmatch(asked)), None)


class CheckedClient(QuartClient):
    """Quart's client of the tests, whose answers are as documented."""

    async def open(self, path: str, *, method: str = "GET", **more: Any) -> Response:
        response = await super().open(path, method=method, **more)
        streamed = (response.mimetype or "") == EVENT_STREAM
        body = b"" if streamed else await response.get_data(as_text=False)
        headers = httpx.Headers(list(response.headers.items()))
        check_answer(Answer(method, path, response.status_code, headers, body))
        return response


async def check_response(response: httpx.Response) -> None:
    """The same for httpx, as a hook for responses; what a proxy says by itself is let pass."""
    if response.headers.get("Server", "").startswith("nginx") and response.is_error:
        return
    streamed = response.headers.get("Content-Type", "").startswith(EVENT_STREAM)
    body = b"" if streamed else await response.aread()
    asked = response.request
    check_answer(Answer(asked.method, str(asked.url), response.status_code, response.headers, body))


def _check_body(where: str, answer: Answer, response: Mapping[str, Any]) -> None:
    media_type = answer.headers.get("Content-Type", "").partition(";")[0]
    content = response.get("content", {})
    if not content:
        assert not answer.body, f"{where} has a body: {answer.body[:300]!r}"
    elif media_type in content:
        reference = content[media_type]["schema"].get("$ref")
        if answer.method != "HEAD" and media_type.endswith("json") and reference:
            _check_json(reference, answer.body)
        if media_type == PROBLEM and answer.body:
            code = json.loads(answer.body)["code"]
            assert code in response["x-codes"], f"{where} {code} is not documented"
    else:
        assert "*/*" in content, f"{where} is {media_type}, and not one of {list(content)}"


@lru_cache(KNOWN)
def _check_json(reference: str, body: bytes) -> None:
    _validator(reference).validate(json.loads(body))


@cache
def _validator(reference: str) -> Draft202012Validator:
    schemas = _document()["components"]["schemas"]
    closed = {
        name: {**one, "additionalProperties": False} if "properties" in one else one
        for name, one in schemas.items()
    }
    document = {"$ref": reference, "components": {"schemas": closed}}
    return Draft202012Validator(document, format_checker=FormatChecker())


def _resolved(part: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = part.get("$ref")
    if reference is None:
        return part
    _, kind, name = reference.removeprefix("#/").split("/")
    found: Mapping[str, Any] = _document()["components"][kind][name]
    return found


def _required_headers(response: Mapping[str, Any]) -> list[str]:
    headers = response.get("headers", {}).items()
    return [name for name, header in headers if _resolved(header).get("required")]


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """Paths with variables; those with fewer come first."""
    paths = sorted(_document()["paths"], key=lambda path: path.count("{"))
    return [(path, re.compile(_VARIABLE.sub("[^/]+", re.escape(path)))) for path in paths if "{" in path]


@cache
def _document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "openapi/openapi.json").read_text())
    return found
