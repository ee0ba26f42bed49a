"""What is looked at, and what a check finds."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How bad it is. A `WARNING` will hurt some day, what is `BROKEN` hurts now."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, what was found, and what to do about it."""

    what: str
    verdict: Verdict
    found: str
    mend: str = ""


def ok(what: str, found: str) -> Finding:
    """It is as it should be."""
    return Finding(what, Verdict.OK, found)


def note(what: str, found: str) -> Finding:
    """Good to know."""
    return Finding(what, Verdict.NOTE, found)


def warning(what: str, found: str, mend: str) -> Finding:
    """It will hurt some day."""
    return Finding(what, Verdict.WARNING, found, mend)


def broken(what: str, found: str, mend: str) -> Finding:
    """It hurts now."""
    return Finding(what, Verdict.BROKEN, found, mend)


@dataclass(frozen=True, slots=True)
class Way:
    """Where the server is for its clients, and who asks, if anybody."""

    url: str
    token: str | None
    email: str | None
    password: str | None
