"""Every error a caller of the core can meet.

    ProblemError                 status, stable code, what to do about it
    ├── InvalidRequestError      400  the request cannot be read
    ├── UnauthenticatedError     401  who is it? (no, wrong, expired or revoked credentials)
    ├── ForbiddenError           403  known, but not allowed
    ├── NotFoundError            404  does not exist, or is not the caller's to see
    ├── MethodNotAllowedError    405
    ├── RequestTimeoutError      408  the request did not arrive in time
    ├── ConflictError            409  the state of things is against it
    ├── TooLargeError            413
    ├── UnsupportedMediaError    415  the body is not JSON
    ├── ValidationError          422  readable, but wrong: `errors` points at each place
    ├── UpgradeRequiredError     426  another version of WebSocket
    ├── RateLimitedError         429  `retry_after` seconds
    ├── HeadTooLargeError        431  the request line and its headers
    ├── UnsupportedCodingError   501  a body in a Transfer-Encoding that is not read
    └── UnavailableError         503  the database or the server cannot serve now; `retry_after` seconds

Each is raised where it is found and translated once, at the edge, into RFC 9457
`application/problem+json`. `code` is part of the interface and never changes; `detail` is for people
and may. Errors that end a stream connection are in `itcook.stream.ends`.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

# As RFC 9110 names them; Python before 3.13 has the names of older RFCs.
TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong place in a request: a JSON pointer (RFC 6901) into it, and what would be right."""

    pointer: str
    detail: str


class ProblemError(Exception):
    """A request that cannot be fulfilled, with what the client needs to know to do better."""

    status: int = 500
    code: str = "internal_error"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        errors: tuple[FieldError, ...] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.errors = errors
        self.retry_after = retry_after

    def to_problem(self) -> dict[str, Any]:
        """The members of the problem document, RFC 9457 section 3."""
        problem: dict[str, Any] = {
            "type": "about:blank",
            "title": TITLES.get(self.status) or HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.errors:
            problem["errors"] = [{"pointer": error.pointer, "detail": error.detail} for error in self.errors]
        return problem


class InvalidRequestError(ProblemError):
    status, code = 400, "invalid_request"


class UnauthenticatedError(ProblemError):
    status, code = 401, "unauthenticated"


class ForbiddenError(ProblemError):
    status, code = 403, "forbidden"


class NotFoundError(ProblemError):
    status, code = 404, "not_found"


class MethodNotAllowedError(ProblemError):
    status, code = 405, "method_not_allowed"


class RequestTimeoutError(ProblemError):
    status, code = 408, "request_timeout"


class ConflictError(ProblemError):
    status, code = 409, "conflict"


class TooLargeError(ProblemError):
    status, code = 413, "too_large"


class UnsupportedMediaError(ProblemError):
    status, code = 415, "unsupported_media_type"


class ValidationError(ProblemError):
    status, code = 422, "validation_failed"


class UpgradeRequiredError(ProblemError):
    status, code = 426, "upgrade_required"


class RateLimitedError(ProblemError):
    status, code = 429, "rate_limited"


class HeadTooLargeError(ProblemError):
    status, code = 431, "head_too_large"


class UnsupportedCodingError(ProblemError):
    status, code = 501, "unsupported_coding"


class UnavailableError(ProblemError):
    status, code = 503, "unavailable"
