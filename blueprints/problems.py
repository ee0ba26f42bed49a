"""Errors as RFC 9457 problem documents: the one place where an exception becomes an answer."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pydantic
import structlog
from quart import Quart, Response, has_request_context, request, websocket
from quart_schema import RequestSchemaValidationError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import WebsocketMismatch

from itcook.database import as_problem
from itcook.errors import (
    FieldError,
    InvalidRequestError,
    MethodNotAllowedError,
    NotFoundError,
    ProblemError,
    RequestTimeoutError,
    TooLargeError,
    UnauthenticatedError,
    ValidationError,
)

MEDIA_TYPE = "application/problem+json"
MAX_ERRORS = 20  # more help nobody, and a hostile body could ask for a hundred thousand

_FROM_STATUS: dict[int, ProblemError] = {
    404: NotFoundError("nothing is served at this address"),
    405: MethodNotAllowedError(
        "this address does not serve this method; the Allow header names those it does"
    ),
    408: RequestTimeoutError("the body did not arrive in time; send it again"),
    413: TooLargeError("the body is longer than the 1 MiB that are accepted"),
}

log = structlog.get_logger(__name__)


def register(app: Quart) -> None:
    """Have every error of `app` answered with a problem document, in requests and in refused handshakes."""
    app.register_error_handler(Exception, answer)


async def answer(error: Exception) -> Response:
    """The response for `error`; what nobody foresaw is logged and told without its details."""
    problem = _as_problem(error) or _unforeseen(error)
    return Response(
        json.dumps(problem.to_problem(), ensure_ascii=False),
        status=problem.status,
        headers={**_inherited(error), **_own(problem)},
        content_type=MEDIA_TYPE,
    )


def _as_problem(error: Exception) -> ProblemError | None:
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, RequestSchemaValidationError):
        return _invalid(error.validation_error)
    if isinstance(error, HTTPException):
        return _from_http(error)
    return as_problem(error)


def _from_http(error: HTTPException) -> ProblemError | None:
    if isinstance(error, WebsocketMismatch):
        return InvalidRequestError(
            "this address is served over HTTP or over WebSocket, and not over this one"
        )
    if error.code is not None and 400 <= error.code < 500:
        return _FROM_STATUS.get(error.code) or InvalidRequestError(
            error.description or "the request is not valid"
        )
    return None


def _invalid(error: Exception) -> ProblemError:
    if not isinstance(error, pydantic.ValidationError):
        return InvalidRequestError("the request cannot be read")
    found = error.errors(include_url=False, include_context=False, include_input=False)
    errors = tuple(FieldError(_pointer(e["loc"]), _detail(e["msg"])) for e in found[:MAX_ERRORS])
    return ValidationError("the request is not valid; `errors` names each wrong place", errors=errors)


def _pointer(location: Iterable[int | str]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1")[:64] for part in location)


def _detail(message: str) -> str:
    return message.removeprefix("Value error, ")


def _unforeseen(error: Exception) -> ProblemError:
    # Quart has logged what it hands over wrapped.
    if not isinstance(error, HTTPException):
        asked = request if has_request_context() else websocket
        log.error("request failed", method=asked.method, path=asked.path, exc_info=error)
    return ProblemError("the server made a mistake; it has been recorded")


def _inherited(error: Exception) -> Mapping[str, Any]:
    if not isinstance(error, HTTPException):
        return {}
    return {name: value for name, value in error.get_headers() if name.lower() != "content-type"}


def _own(problem: ProblemError) -> Mapping[str, str]:
    headers = {"Cache-Control": "no-store"}
    if isinstance(problem, UnauthenticatedError):
        headers["WWW-Authenticate"] = "Bearer"
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    return headers
