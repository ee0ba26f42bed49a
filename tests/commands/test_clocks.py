"""Clocks that are compared over a network."""

from datetime import UTC, datetime, timedelta

import pytest

from itcook.commands.doctor.clocks import compared
from itcook.commands.doctor.findings import Verdict

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        (0.0, Verdict.OK),
        (2.9, Verdict.OK),
        (-0.9, Verdict.OK),
        (-1.5, Verdict.WARNING),
        (4.5, Verdict.WARNING),
        (-11, Verdict.BROKEN),
        (14, Verdict.BROKEN),
    ],
)
def test_what_was_told_while_it_was_waited_for_is_right(told: float, verdict: Verdict) -> None:
    """Asked at noon and answered three seconds later: whatever lies in between is no difference."""
    moment = NOON + timedelta(seconds=told)
    assert compared("clock", "Redis", moment, NOON, NOON + timedelta(seconds=3)).verdict == verdict
