"""Mornings in every time zone there is: each day has one, also where clocks jump."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from itcook.kitchens.days import MORNING, next_morning, today_in

# Those that IANA keeps for tests and old systems are no places.
ZONES = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
JUMPY = [
    "Africa/Casablanca",  # summer time, but for Ramadan
    "America/Sao_Paulo",  # midnight was skipped
    "America/St_Johns",  # half an hour off, and switched at one minute past midnight
    "Antarctica/Troll",  # two hours at once
    "Asia/Kathmandu",
    "Asia/Pyongyang",  # changed its offset
    "Australia/Lord_Howe",  # half an hour of summer time
    "Europe/Berlin",
    "Pacific/Apia",  # 2011-12-30 was no day
    "Pacific/Chatham",
    "Pacific/Kiritimati",  # UTC+14
    "Pacific/Kwajalein",  # 1993-08-21 was no day
    "Pacific/Pago_Pago",  # UTC-11
]
zones = st.sampled_from(JUMPY) | st.sampled_from(ZONES)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 # the strategy adds the zone

SAMOA_LOST_A_DAY = datetime(2011, 12, 29, 18, tzinfo=UTC)
LEAP_DAY = datetime(2028, 2, 28, 12, tzinfo=UTC)
SUMMER_TIME = datetime(2026, 3, 28, 12, tzinfo=UTC)
WINTER_TIME = datetime(2026, 10, 24, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def database() -> None:
    """No test here needs one."""


def local(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone))


def mornings(zone: str, start: datetime, count: int) -> list[datetime]:
    """The next ones, each after the one before."""
    found = [next_morning(zone, start)]
    while len(found) < count:
        found.append(next_morning(zone, found[-1]))
    return found


@settings(deadline=None)
@given(zone=zones, now=moments)
@example(zone="Pacific/Apia", now=SAMOA_LOST_A_DAY)
@example(zone="Antarctica/Troll", now=SUMMER_TIME)
def test_the_next_morning_is_the_next(zone: str, now: datetime) -> None:
    """After now, at most a day and what clocks jump away, at eight o'clock where that exists."""
    morning = next_morning(zone, now)
    assert now < morning <= now + timedelta(hours=27)
    assert morning.utcoffset() == timedelta(0)
    wall = local(morning, zone)
    unjumped = datetime.combine(wall.date(), MORNING, ZoneInfo(zone))
    assert wall.time() == MORNING or local(unjumped.astimezone(UTC), zone) != unjumped


@settings(deadline=None)
@given(zone=zones, now=moments)
@example(zone="Pacific/Apia", now=SAMOA_LOST_A_DAY)
@example(zone="Pacific/Kwajalein", now=datetime(1993, 8, 18, tzinfo=UTC))
@example(zone="Europe/Berlin", now=SUMMER_TIME)
@example(zone="Europe/Berlin", now=WINTER_TIME)
@example(zone="Asia/Tokyo", now=LEAP_DAY)
def test_every_day_has_one_morning(zone: str, now: datetime) -> None:
    """None is skipped and none doubled; a day that the calendar skipped has none."""
    days = [local(morning, zone).date() for morning in mornings(zone, now, 10)]
    for earlier, later in pairwise(days):
        assert earlier < later
        assert all(not _exists(earlier + timedelta(n), zone) for n in range(1, (later - earlier).days))


def _exists(day: date, zone: str) -> bool:
    """Whether anyone there ever lived that day's noon."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone))
    return local(noon.astimezone(UTC), zone).date() == day


@settings(deadline=None)
@given(zone=zones, now=moments, moved=st.timedeltas(timedelta(0), timedelta(hours=30)))
def test_no_morning_lies_before_the_next(zone: str, now: datetime, moved: timedelta) -> None:
    """Whoever asks later, or again after the clock went back, gets the same one or a later one."""
    morning = next_morning(zone, now)
    later = next_morning(zone, now + moved)
    assert later == morning if now + moved < morning else later > morning


@settings(deadline=None)
@given(zone=zones, now=moments)
def test_today_is_a_day_off_at_most(zone: str, now: datetime) -> None:
    """No place is further from UTC."""
    assert abs((today_in(zone, now) - now.date()).days) <= 1
