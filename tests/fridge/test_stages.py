"""Stages of going bad: a day's arithmetic, whatever the calendar does."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itcook.fridge.stages import Stage, days_left, stage_of

DAYS = st.dates(date(1990, 1, 1), date(2200, 12, 31))
CHOSEN = st.integers(0, 30)


@pytest.fixture(autouse=True)
def database() -> None:
    """No test here needs one."""


@pytest.mark.parametrize(
    ("expires_on", "today", "days"),
    [
        ("2026-11-23", "2026-11-23", 0),
        ("2026-11-22", "2026-11-23", -1),
        ("2026-11-24", "2026-11-23", 1),
        ("2028-03-01", "2028-02-28", 2),  # a leap year
        ("2027-03-01", "2027-02-28", 1),
        ("2100-03-01", "2100-02-28", 1),  # a century is none
        ("2028-02-29", "2028-03-01", -1),
        ("2027-01-01", "2026-12-31", 1),
    ],
)
def test_days_left(expires_on: str, today: str, days: int) -> None:
    """0 on the last good day, negative after it, over the ends of months and years."""
    assert days_left(date.fromisoformat(expires_on), date.fromisoformat(today)) == days


@pytest.mark.parametrize(
    ("days", "stage"),
    [
        (4, None),
        (3, Stage.SOON),
        (1, Stage.SOON),
        (0, Stage.TODAY),
        (-1, Stage.PAST),
        (-400, Stage.PAST),
    ],
)
def test_the_stage_with_three_days_chosen(days: int, stage: Stage | None) -> None:
    """From the first of the chosen days to the day before the last good one it is soon."""
    assert stage_of(days, 3) == stage


def test_who_wants_no_warning_gets_none() -> None:
    """With 0 days chosen, what expires tomorrow is no news; what expires today is."""
    assert stage_of(1, 0) is None
    assert stage_of(0, 0) is Stage.TODAY


@settings(deadline=None)
@given(expires_on=DAYS, today=DAYS)
def test_tomorrow_there_is_one_day_less(expires_on: date, today: date) -> None:
    """Every day of the calendar counts, and counts one."""
    assert days_left(expires_on, today + timedelta(1)) == days_left(expires_on, today) - 1


@settings(deadline=None)
@given(expires_on=DAYS, chosen=CHOSEN)
def test_day_by_day_an_item_goes_through_each_stage_once(expires_on: date, chosen: int) -> None:
    """Never back, and for as many days as it should: `chosen` times soon, once today, past for good."""
    days = [expires_on + timedelta(offset) for offset in range(-chosen - 5, 6)]
    stages = [stage_of(days_left(expires_on, day), chosen) for day in days]
    assert stages == [None] * 5 + [Stage.SOON] * chosen + [Stage.TODAY] + [Stage.PAST] * 5
