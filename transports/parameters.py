"""What a client asks for when it opens a stream."""

from dataclasses import dataclass

from pydantic import BaseModel
from werkzeug.datastructures import MultiDict

from itcook.errors import FieldError, ValidationError
from itcook.stream import channels

_ALLOWED = {"channels", "cursor", "ticket"}  # the ticket was for the guard


class StreamQuery(BaseModel):
    """The query string of a stream, for the documents."""

    channels: str | None = None
    cursor: str | None = None


class EventStreamQuery(StreamQuery):
    """That of an event stream, for the documents."""

    named: bool = False


@dataclass(frozen=True, slots=True)
class StreamParameters:
    """`names` of channels to read; `cursor` to resume after, None to begin now."""

    names: tuple[str, ...]
    cursor: str | None

    @classmethod
    def read(cls, query: MultiDict[str, str], *more: str) -> "StreamParameters":
        """From a query string, in which `more` may be too. Raises `ValidationError`."""
        _check(query, _ALLOWED.union(more))
        return cls(channels.listed(query.get("channels")), query.get("cursor") or None)


def read_flag(query: MultiDict[str, str], name: str) -> bool:
    """The value of a parameter that is `true` or `false`; false if it is not there."""
    value = query.get(name, "false")
    if value not in {"true", "false"}:
        raise _error(name, "must be true or false")
    return value == "true"


def _check(query: MultiDict[str, str], allowed: set[str]) -> None:
    for name, values in query.lists():
        if name not in allowed:
            raise _error(name, f"is no parameter here; there are {', '.join(sorted(allowed))}")
        if len(values) > 1:
            raise _error(name, "must be given once; separate several channels with a comma")


def _error(name: str, detail: str) -> ValidationError:
    return ValidationError(
        f"the query parameter {name[:64]!r} {detail}", errors=(FieldError(f"/{name[:64]}", detail),)
    )
