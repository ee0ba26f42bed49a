"""Days in time zones, where clocks jump."""

from datetime import UTC, date, datetime

import pytest

from itcook.kitchens.days import next_morning, today_in


@pytest.mark.parametrize(
    ("zone", "day"),
    [("UTC", 23), ("Pacific/Kiritimati", 24), ("Pacific/Pago_Pago", 22), ("Asia/Kathmandu", 23)],
)
def test_today_is_the_kitchens(zone: str, day: int) -> None:
    """Up to fourteen hours ahead and eleven behind."""
    assert today_in(zone, datetime(2026, 11, 23, 10, 30, tzinfo=UTC)) == date(2026, 11, day)


@pytest.mark.parametrize(
    ("now", "morning"),
    [
        ("2026-03-28T06:59:59+00:00", "2026-03-28T07:00:00+00:00"),
        ("2026-03-28T07:00:00+00:00", "2026-03-29T06:00:00+00:00"),  # 28 to 29: summer time begins
        ("2026-10-24T06:00:00+00:00", "2026-10-25T07:00:00+00:00"),  # and ends
        ("2026-12-31T23:30:00+00:00", "2027-01-01T07:00:00+00:00"),
    ],
)
def test_the_next_morning_in_berlin(now: str, morning: str) -> None:
    """Eight o'clock on the wall, strictly after now, in UTC."""
    assert next_morning("Europe/Berlin", datetime.fromisoformat(now)) == datetime.fromisoformat(morning)
