"""Days as a person lives them: in their own time zone."""

from datetime import UTC, date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from itcook.database import Transaction
from itcook.models import User


async def zone_of(user_id: UUID, transaction: Transaction | None = None) -> ZoneInfo:
    """The person's time zone."""
    connection = transaction.connection if transaction else None
    user = await User.get(id=user_id, using_db=connection)
    return ZoneInfo(user.time_zone)


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The day it is in `zone` at `moment`, which is aware."""
    return moment.astimezone(zone).date()


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """When `day` begins in `zone`, in UTC.

    Where the clocks skip midnight, that is the skip; where midnight comes twice, it is the first one.
    """
    return datetime.combine(day, time.min, zone).astimezone(UTC)
