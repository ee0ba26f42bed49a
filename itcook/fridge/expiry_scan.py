"""The scan: tells each kitchen, in its morning, what expires.

`Kitchen.scan_at` says when a kitchen's turn is, `ExpiryNotice` what it was told already. Both change in the
transaction that records the event, and it holds the kitchen's row, as everyone does who changes a fridge.
So a kitchen hears of an item once at each stage, however often the scan runs, on however many nodes, and
wherever it is killed. Only the stage that an item is at counts: what passed while nothing ran is not told
after the fact, and a clock or a time zone that goes back repeats nothing.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from tortoise.expressions import RawSQL

from itcook import models
from itcook.database import Transaction, transactional
from itcook.events import ExpiringItem, ExpiringItems
from itcook.fridge.items import MAX_ITEMS
from itcook.fridge.stages import Stage, days_left, stage_of
from itcook.kitchens.days import next_morning, today_in
from itcook.stream import channels
from itcook.stream.outbox import record

KITCHENS = 20  # a transaction: SQLite has one writer, and everyone else waits for it
ITEMS = MAX_ITEMS + 1  # read in a transaction: more than one kitchen has, so each reads one whole kitchen

log = structlog.get_logger(__name__)


class _Item(NamedTuple):
    """An item that its kitchen was not told of at its stage. The order is that of `_untold`."""

    kitchen_id: UUID
    expires_on: date
    id: UUID
    name: str


async def scan(now: datetime) -> int:
    """Tell the kitchens whose morning has come by `now` what expires; how many were looked at.

    One that somebody is changing meanwhile is left to the next scan.
    """
    total = 0
    while count := await _scan_some(now):
        total += count
        await asyncio.sleep(0)
    return total


@transactional
async def _scan_some(transaction: Transaction, now: datetime) -> int:
    """Scan some of the kitchens that are due; how many, 0 once there are none."""
    kitchens = await _lock_due(transaction, now)
    if not kitchens:
        return 0
    today = _today(kitchens[0], now)
    kitchens = [kitchen for kitchen in kitchens if _today(kitchen, now) == today]
    items = await _untold(transaction, kitchens, today)
    kitchens = _read_whole(kitchens, items)
    await _tell(transaction, kitchens, items, today)
    await _await_morning(transaction, kitchens, now)
    return len(kitchens)


async def _lock_due(transaction: Transaction, now: datetime) -> list[models.Kitchen]:
    rows = models.Kitchen.filter(scan_at__lte=now).using_db(transaction.connection)
    # Waiting for nobody, the scan can be in no deadlock, and two scans take different kitchens.
    return await rows.order_by("scan_at").limit(KITCHENS).select_for_update(skip_locked=True, no_key=True)


async def _untold(transaction: Transaction, kitchens: Sequence[models.Kitchen], today: date) -> list[_Item]:
    """What the members of these kitchens might have to be told, by kitchen, soonest first."""
    inhabited = await _inhabited(transaction, kitchens)
    last_day = today + timedelta(max(kitchen.expiring_days for kitchen in kitchens))
    rows = (
        models.FridgeItem.filter(kitchen_id__in=inhabited, expires_on__lte=last_day)
        .using_db(transaction.connection)
        .annotate(told=_told(today))
        .filter(told=False)
        .order_by("kitchen_id", "expires_on", "id")
        .limit(ITEMS)
    )
    return [_Item(*row) for row in await rows.values_list(*_Item._fields)]


def _told(today: date) -> RawSQL:
    """Whether there is a notice of the item at the stage it is at on `today`, or at a later one."""
    return RawSQL(
        "EXISTS (SELECT 1 FROM expiry_notices AS notice"  # noqa: S608 # a date and constants only
        " WHERE notice.item_id = fridge_items.id AND notice.expires_on = fridge_items.expires_on"
        f" AND (notice.stage = '{Stage.PAST}'"
        f" OR notice.stage = '{Stage.TODAY}' AND fridge_items.expires_on >= '{today}'"
        f" OR notice.stage = '{Stage.SOON}' AND fridge_items.expires_on > '{today}'))"
    )


async def _inhabited(transaction: Transaction, kitchens: Sequence[models.Kitchen]) -> list[UUID]:
    """Those in which there is somebody to tell."""
    members = models.KitchenMember.filter(kitchen_id__in=[kitchen.id for kitchen in kitchens])
    rows = members.using_db(transaction.connection).distinct()
    return [kitchen_id for (kitchen_id,) in await rows.values_list("kitchen_id")]


def _read_whole(kitchens: Sequence[models.Kitchen], items: Sequence[_Item]) -> list[models.Kitchen]:
    """Those of which all items were read; the others wait for the next transaction."""
    if len(items) < ITEMS:
        return list(kitchens)
    return [kitchen for kitchen in kitchens if kitchen.id < items[-1].kitchen_id]


async def _tell(
    transaction: Transaction, kitchens: Iterable[models.Kitchen], items: Iterable[_Item], today: date
) -> None:
    """Record an event for each kitchen that has something to hear, and what it has heard with it."""
    of_kitchen: defaultdict[UUID, list[_Item]] = defaultdict(list)
    for item in items:
        of_kitchen[item.kitchen_id].append(item)
    notices: list[models.ExpiryNotice] = []
    for kitchen in kitchens:
        news = _news(kitchen, of_kitchen[kitchen.id], today)
        if news:
            event = ExpiringItems(kitchen_id=kitchen.id, items=news, days_left=news[0].days_left)
            record(transaction, event, channels.kitchen(kitchen.id))
            notices += [_notice(kitchen, item, transaction.now) for item in news]
    await models.ExpiryNotice.bulk_create(notices, using_db=transaction.connection)


def _news(kitchen: models.Kitchen, items: Iterable[_Item], today: date) -> list[ExpiringItem]:
    """Those of the items that are at a stage, in the given order."""
    counted = (
        ExpiringItem(
            id=item.id,
            name=item.name,
            expires_on=item.expires_on,
            days_left=days_left(item.expires_on, today),
        )
        for item in items
    )
    return [item for item in counted if stage_of(item.days_left, kitchen.expiring_days)]


def _notice(kitchen: models.Kitchen, item: ExpiringItem, now: datetime) -> models.ExpiryNotice:
    stage = stage_of(item.days_left, kitchen.expiring_days)
    return models.ExpiryNotice(item_id=item.id, stage=stage, expires_on=item.expires_on, created_at=now)


async def _await_morning(transaction: Transaction, kitchens: Iterable[models.Kitchen], now: datetime) -> None:
    """Have each kitchen's next turn be in its next morning."""
    of_morning: defaultdict[datetime, list[UUID]] = defaultdict(list)
    for kitchen in kitchens:
        of_morning[next_morning(_zone(kitchen), now)].append(kitchen.id)
    for morning, ids in of_morning.items():
        await models.Kitchen.filter(id__in=ids).using_db(transaction.connection).update(scan_at=morning)


def _today(kitchen: models.Kitchen, now: datetime) -> date:
    return today_in(_zone(kitchen), now)


def _zone(kitchen: models.Kitchen) -> str:
    """The kitchen's time zone; UTC if this machine does not know it, for others must hear all the same."""
    try:
        ZoneInfo(kitchen.time_zone)
    except ZoneInfoNotFoundError:
        log.warning("unknown time zone", kitchen=str(kitchen.id), time_zone=kitchen.time_zone)
        return "UTC"
    return kitchen.time_zone
