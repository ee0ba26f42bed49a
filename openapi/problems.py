"""Which problems an operation may be answered with, as responses of the OpenAPI document."""

from collections.abc import Iterable, Mapping

from itcook import errors
from itcook.errors import FieldError, ProblemError
from openapi.models import reference
from openapi.schema import Schema
from openapi.words import problems

MEDIA_TYPE = "application/problem+json"

# The codes that every operation of a kind may have, by status.
READ = {400: ["invalid_request", "token_in_query"], 429: ["rate_limited"]}
SENT_BY_PAGES = {403: ["origin_forbidden"]}
GUARDED = {
    401: ["unauthenticated", "invalid_token", "token_expired", "session_ended"],
    403: ["csrf_token_invalid", "origin_forbidden"],
    503: ["unavailable"],
}
TICKETED = {401: ["invalid_ticket"]}
CHANGED = {409: ["conflict"]}  # what it is about was deleted meanwhile
NAMED = {404: ["not_found"]}
ASKED = {422: ["validation_failed"]}
SENT = {
    400: ["invalid_json"],
    408: ["request_timeout"],
    413: ["too_large"],
    415: ["unsupported_media_type"],
    422: ["validation_failed"],
}
ONCE = {400: ["idempotency_key_invalid"], 422: ["idempotency_key_reused"]}

_HEADERS: Mapping[int, tuple[str, ...]] = {
    401: ("WWW-Authenticate",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
_ALWAYS = ("RateLimit", "RateLimit-Policy")


_USUAL: Mapping[int, list[str]] = {**READ, **GUARDED, **CHANGED, **NAMED, **ASKED} | {
    408: SENT[408],
    413: SENT[413],
    415: SENT[415],
}


def merged(rules: Iterable[Mapping[int, Iterable[str]]]) -> dict[int, list[str]]:
    """The codes of several rules, by status, each once."""
    found: dict[int, list[str]] = {}
    for rule in rules:
        for status, codes in rule.items():
            known = found.setdefault(status, [])
            known.extend(code for code in codes if code not in known)
    return dict(sorted(found.items()))


def response_name(status: int, codes: list[str]) -> str:
    """What the response with these codes is called among the components: the usual ones are not named."""
    usual = _USUAL.get(status, [])
    own = [code for code in codes if code not in usual] if {*usual} <= {*codes} else codes
    return _title(status) + "".join(code.title().replace("_", "") for code in own)


def response(status: int, codes: list[str]) -> Schema:
    """The response, with what each of its codes means and an example of each."""
    described = [f"`{code}`: {problems()[code][1]}." for code in codes]
    return {
        "description": "\n\n".join(described),
        "headers": {name: header(name) for name in (*_HEADERS.get(status, ()), *_ALWAYS)},
        "content": {
            MEDIA_TYPE: {
                "schema": reference("Problem"),
                "examples": {code: {"value": _example(status, code)} for code in codes},
            }
        },
        "x-codes": codes,
    }


def header(name: str) -> Schema:
    """A reference to a header among the components."""
    return {"$ref": f"#/components/headers/{name}"}


def _example(status: int, code: str) -> Schema:
    wrong = (FieldError("/content", "String should have at least 1 character"),)
    kind = next(each for each in _kinds() if each.status == status)
    return kind(
        problems()[code][1], code=code, errors=wrong if code == "validation_failed" else ()
    ).to_problem()


def _kinds() -> list[type[ProblemError]]:
    return [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ProblemError)
    ]


def _title(status: int) -> str:
    return next(each for each in _kinds() if each.status == status).__name__.removesuffix("Error")
