"""What a view promises and its types do not say. The OpenAPI document is made from it (openapi/rest.py)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

_MARK = "itcook_promise"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose body no model describes. `schema` names what the body is, and `media_type` how it is
    written, or `others` for who asks for that; without them it has none.
    """

    meaning: str
    media_type: str | None = None
    schema: str | None = None
    others: tuple[str, ...] = ()


@dataclass(slots=True)
class Promise:
    """What one view promises. `refusals` are its own problem codes by status, `headers` those of its answers
    when all went well.
    """

    answers: dict[int, Answer] = field(default_factory=dict)
    refusals: dict[int, list[str]] = field(default_factory=dict)
    headers: list[str] = field(default_factory=list)


def promise_of(view: Callable[..., Any]) -> Promise:
    """What `view` promises; nothing if nobody said."""
    return getattr(view, _MARK, None) or Promise()


def answers(
    status: int,
    meaning: str,
    media_type: str | None = None,
    schema: str | None = None,
    others: tuple[str, ...] = (),
) -> Callable[[View], View]:
    """Say how a view answers that returns no model."""

    def promise(view: View) -> View:
        _own(view).answers[status] = Answer(meaning, media_type, schema, others)
        return view

    return promise


def refuses(status: int, *codes: str) -> Callable[[View], View]:
    """Say which problems a view has, besides those that follow from its credentials, body and path."""

    def promise(view: View) -> View:
        _own(view).refusals.setdefault(status, []).extend(codes)
        return view

    return promise


def carries(*headers: str) -> Callable[[View], View]:
    """Say which headers a view's answers may have when all went well."""

    def promise(view: View) -> View:
        _own(view).headers.extend(headers)
        return view

    return promise


def _own(view: Callable[..., Any]) -> Promise:
    if not hasattr(view, _MARK):
        setattr(view, _MARK, Promise())
    promise: Promise = getattr(view, _MARK)
    return promise
