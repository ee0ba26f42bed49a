"""Kitchens in whose fridges something expires, and what they were told of it."""

from datetime import UTC, date, datetime, timedelta

from itcook.auth.principal import Principal
from itcook.kitchens import households
from itcook.kitchens.views import Kitchen
from tests.support.community import Recorded, recorded
from tests.support.kitchens import put

TODAY = date(2040, 2, 28)  # a leap year, and late enough for every new kitchen to be due
MORNING = datetime(2040, 2, 28, 8, tzinfo=UTC)
DAY = timedelta(1)


async def stocked(owner: Principal, count: int) -> list[Kitchen]:
    """Kitchens with something to tell of two items each; the owner's home, which is empty, is due too."""
    drafts = [households.KitchenDraft(f"Kitchen {number}", "UTC") for number in range(count)]
    opened = [await households.create_kitchen(owner, draft) for draft in drafts]
    for kitchen in opened:
        for name, days in (("Milk", 0), ("Eggs", 2)):
            await put(owner, name, kitchen_id=kitchen.id, expires_on=TODAY + days * DAY)
    return opened


async def told() -> list[Recorded]:
    """What kitchens were told, in order."""
    return [event for event in await recorded() if event.type == "ExpiringItems"]


def names(event: Recorded) -> list[str]:
    """What an event tells of, in its order."""
    return [item["name"] for item in event.data["items"]]
