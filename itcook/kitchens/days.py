"""Days as a kitchen lives them: in its own time zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MORNING = time(8)  # when a kitchen is told what expires


def today_in(time_zone: str, now: datetime) -> date:
    """The date it is in an IANA time zone at `now`, which is aware."""
    return now.astimezone(ZoneInfo(time_zone)).date()


def next_morning(time_zone: str, now: datetime) -> datetime:
    """The first 08:00 in an IANA time zone after `now`, in UTC.

    Where clocks skip 08:00 it is as long after midnight as it would have been, by PEP 495.
    """
    zone = ZoneInfo(time_zone)
    day = now.astimezone(zone).date()
    morning = datetime.combine(day, MORNING, zone).astimezone(UTC)
    if morning <= now:
        morning = datetime.combine(day + timedelta(1), MORNING, zone).astimezone(UTC)
    return morning
