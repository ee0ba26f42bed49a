"""The scan on a real database: each kitchen hears of each item once a stage, whatever happens."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from itcook import models
from itcook.auth.principal import Principal
from itcook.database import Database
from itcook.fridge import expiry_scan, items
from itcook.fridge.expiry_scan import scan
from itcook.fridge.stages import Stage, days_left, stage_of
from itcook.kitchens import households
from itcook.kitchens.days import today_in
from itcook.kitchens.views import Kitchen
from tests.support.community import sign_up
from tests.support.expiry import DAY, MORNING, TODAY, names, stocked, told
from tests.support.kitchens import put


@pytest.fixture
async def kitchens(owner: Principal) -> list[Kitchen]:
    """Five kitchens with two items to tell of in each."""
    return await stocked(owner, 5)


async def told_days() -> list[int]:
    """The days left that kitchens were told of, in order."""
    return [item["days_left"] for event in await told() for item in event.data["items"]]


async def test_the_members_are_told(owner: Principal, kitchen: Kitchen) -> None:
    """One event of what is at a stage, the smallest days left first; what has no date is never told."""
    expected = []
    for name, days in (("Rice", 3), ("Eggs", 1), ("Leek", 0), ("Milk", -1), ("Old", -30)):
        item = await put(owner, name, kitchen_id=kitchen.id, expires_on=TODAY + days * DAY)
        expires_on = str(TODAY + days * DAY)
        expected.append({"id": str(item.id), "name": name, "expires_on": expires_on, "days_left": days})
    await put(owner, "Tofu", kitchen_id=kitchen.id, expires_on=TODAY + 4 * DAY)
    await put(owner, "Salt", kitchen_id=kitchen.id)
    await scan(MORNING)
    [event] = await told()
    assert event.channels == (f"kitchen:{kitchen.id}",)
    assert event.data == {"kitchen_id": str(kitchen.id), "items": expected[::-1], "days_left": -30}


async def test_each_stage_is_told_once(owner: Principal, kitchen: Kitchen) -> None:
    """Day by day, twice a morning: on the first of the chosen days, on the last good one, and after it."""
    await put(owner, kitchen_id=kitchen.id, expires_on=TODAY)
    for day in range(-6, 6):
        await scan(MORNING + day * DAY)
        await scan(MORNING + day * DAY + timedelta(hours=1))
    assert await told_days() == [3, 0, -1]


async def test_nothing_new_is_no_event(owner: Principal, kitchen: Kitchen) -> None:
    """Neither with an empty fridge, nor with one of which all was told."""
    assert await scan(MORNING) > 0
    assert await told() == []
    await put(owner, kitchen_id=kitchen.id, expires_on=TODAY + 3 * DAY)
    await scan(MORNING + DAY)
    await scan(MORNING + 2 * DAY)
    assert await told_days() == [2]


@pytest.mark.parametrize(("down_until", "days"), [(0, [3, 0]), (5, [3, -5]), (40, [3, -40])])
async def test_after_downtime_it_tells_how_things_are(
    owner: Principal, kitchen: Kitchen, down_until: int, days: list[int]
) -> None:
    """At once, each stage once; a stage that passed meanwhile is not told after the fact."""
    await put(owner, kitchen_id=kitchen.id, expires_on=TODAY)
    await scan(MORNING - 3 * DAY)
    late = MORNING + down_until * DAY + timedelta(hours=5)
    await scan(late)
    await scan(late + timedelta(hours=1))
    assert await told_days() == days
    assert (await models.Kitchen.get(id=kitchen.id)).scan_at == MORNING + (down_until + 1) * DAY


@pytest.mark.parametrize("days", [2, 0, -1])
async def test_who_catches_up_in_the_night_is_not_told_again_in_the_morning(
    owner: Principal, kitchen: Kitchen, days: int
) -> None:
    """Each stage is told once, also where two turns fall on one day."""
    await put(owner, kitchen_id=kitchen.id, expires_on=TODAY + days * DAY)
    await scan(MORNING - timedelta(hours=5))
    assert await scan(MORNING) > 0
    assert await told_days() == [days]


async def test_another_date_is_told_anew(owner: Principal, kitchen: Kitchen) -> None:
    """Another name is not."""
    item = await put(owner, kitchen_id=kitchen.id, expires_on=TODAY)
    await scan(MORNING)
    await items.edit_item(owner, item.id, {"expires_on": TODAY + 2 * DAY})
    await scan(MORNING + DAY)
    await items.edit_item(owner, item.id, {"name": "Oat milk"})
    await scan(MORNING + DAY + timedelta(hours=23, minutes=59))
    assert await told_days() == [0, 1]


async def test_a_clock_that_goes_back_repeats_nothing(owner: Principal, kitchen: Kitchen) -> None:
    """Even if the kitchen is due again then: it was told of a later stage already."""
    await put(owner, kitchen_id=kitchen.id, expires_on=TODAY)
    await scan(MORNING + DAY)
    assert await scan(MORNING) == 0
    await models.Kitchen.all().update(scan_at=MORNING - 3 * DAY)
    for day in range(-3, 3):
        await scan(MORNING + day * DAY)
    assert await told_days() == [-1]


async def test_each_kitchen_has_its_own_number_of_days(owner: Principal, kitchens: list[Kitchen]) -> None:
    """Also where several are scanned at once."""
    wanted = [0, 1, 2, 3, 30]
    for kitchen, days in zip(kitchens, wanted, strict=True):
        changes = households.KitchenChanges(expiring_days=days)
        await households.change_kitchen(owner, kitchen.id, changes)
    await scan(MORNING)
    heard = {event.data["kitchen_id"]: names(event) for event in await told()}
    two = ["Milk", "Eggs"]
    assert [heard[str(kitchen.id)] for kitchen in kitchens] == [["Milk"], ["Milk"], two, two, two]


async def test_where_nobody_is_nobody_is_told(owner: Principal, kitchen: Kitchen) -> None:
    """Until there is somebody again; the kitchen does not stay due meanwhile."""
    await put(owner, kitchen_id=kitchen.id, expires_on=TODAY + DAY)
    await models.KitchenMember.filter(kitchen_id=kitchen.id).delete()
    await scan(MORNING)
    assert (await told(), await models.ExpiryNotice.all().count()) == ([], 0)
    assert await scan(MORNING) == 0
    await models.KitchenMember.create(
        kitchen_id=kitchen.id, user_id=owner.user_id, role="owner", joined_at=MORNING
    )
    await scan(MORNING + DAY)
    assert await told_days() == [0]


async def test_everyone_is_told_at_their_own_eight_oclock(owner: Principal) -> None:
    """Around the world, by the day it is there."""
    zones = ["Pacific/Kiritimati", "Asia/Kathmandu", "Europe/Berlin", "Pacific/Pago_Pago"]
    drafts = [households.KitchenDraft(zone, zone) for zone in zones]
    opened = [await households.create_kitchen(owner, draft) for draft in drafts]
    start = datetime(2040, 2, 27, 12, tzinfo=UTC)
    await scan(start)
    for kitchen in opened:
        await put(owner, kitchen.name, kitchen_id=kitchen.id, expires_on=TODAY)
    heard = {}
    for quarter in range(4 * 36):
        now, before = start + quarter * timedelta(minutes=15), len(await told())
        await scan(now)
        for event in (await told())[before:]:
            if event.data["days_left"] == 0:
                heard[names(event)[0]] = now.isoformat()[:16]
    assert heard == {
        "Pacific/Kiritimati": "2040-02-27T18:00",
        "Asia/Kathmandu": "2040-02-28T02:15",
        "Europe/Berlin": "2040-02-28T07:00",
        "Pacific/Pago_Pago": "2040-02-28T19:00",
    }


async def test_a_zone_that_is_gone_holds_nobody_up(owner: Principal, kitchens: list[Kitchen]) -> None:
    """This machine may know fewer zones than the one that let it in: such a kitchen lives by UTC."""
    await models.Kitchen.filter(id=kitchens[0].id).update(time_zone="Europe/Atlantis")
    await scan(MORNING)
    assert len(await told()) == len(kitchens)
    assert (await models.Kitchen.get(id=kitchens[0].id)).scan_at == MORNING + DAY


async def test_full_fridges_are_told_whole(
    owner: Principal, kitchens: list[Kitchen], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is more than one transaction should read is left to the next; no kitchen is cut in two."""
    monkeypatch.setattr(expiry_scan, "ITEMS", 3)
    assert await scan(MORNING) == len(kitchens) + 1
    assert sorted(event.data["kitchen_id"] for event in await told()) == sorted(
        str(kitchen.id) for kitchen in kitchens
    )
    assert all(names(event) == ["Milk", "Eggs"] for event in await told())


ZONES = ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin", "Antarctica/Troll", "America/St_Johns"]
START = datetime(2040, 1, 1, tzinfo=UTC)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    zone=st.sampled_from(ZONES),
    start=st.timedeltas(timedelta(0), timedelta(730)).map(START.__add__),
    offsets=st.lists(st.integers(-2, 8), min_size=1, max_size=4),
    moves=st.lists(st.integers(-48, 96), min_size=1, max_size=12),
)
async def test_no_walk_of_the_clock_repeats_or_invents(
    database: Database, zone: str, start: datetime, offsets: list[int], moves: list[int]
) -> None:
    """By hours forwards and backwards: of each item each stage at most once, never an earlier one after a
    later one, and only what was true when it was told.
    """
    await models.Kitchen.all().delete()
    owner = await sign_up("Ada Lovelace")
    kitchen = await households.create_kitchen(owner, households.KitchenDraft("Walk", zone))
    for offset in offsets:
        day = today_in(zone, start) + offset * DAY
        await put(owner, kitchen_id=kitchen.id, expires_on=day)
    heard: dict[UUID, list[Stage]] = {}
    now = start
    for hours in [0, *moves]:
        now += timedelta(hours=hours)
        before = len(await told())
        await scan(now)
        for event in (await told())[before:]:
            for item in event.data["items"]:
                days = days_left(date.fromisoformat(item["expires_on"]), today_in(zone, now))
                assert item["days_left"] == days
                stage = stage_of(days, kitchen.expiring_days)
                assert stage is not None
                heard.setdefault(UUID(item["id"]), []).append(stage)
    for stages in heard.values():
        assert stages == sorted(set(stages), key=list(Stage).index)
