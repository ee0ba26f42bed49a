"""Stages of going bad: what a kitchen is told of an item, each once for one date of expiry."""

from datetime import date
from enum import StrEnum


class Stage(StrEnum):
    """How far an item is: within the kitchen's chosen days, on its last good day, or after it."""

    SOON = "soon"
    TODAY = "today"
    PAST = "past"


def days_left(expires_on: date, today: date) -> int:
    """Whole days until the last good day: 0 on it, negative after it."""
    return (expires_on - today).days


def stage_of(days: int, expiring_days: int) -> Stage | None:
    """The stage of an item with so many days left; None while it is further off than `expiring_days`."""
    if days < 0:
        return Stage.PAST
    if days == 0:
        return Stage.TODAY
    return Stage.SOON if days <= expiring_days else None
