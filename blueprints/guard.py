"""The mark of the few views that serve people who are not signed in. Everything else is refused them."""

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

_MARK = "itcook_public"


def public(view: View) -> View:
    """Let everyone use `view`. Put it right below the route."""
    setattr(view, _MARK, True)
    return view


def is_public(view: Callable[..., Any]) -> bool:
    """Whether `view` serves people who are not signed in."""
    return getattr(view, _MARK, False)
