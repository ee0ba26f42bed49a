"""Homes and other kitchens: opened, read, set up."""

import asyncio
from datetime import UTC, datetime

import pytest

from itcook import models
from itcook.auth.principal import Principal
from itcook.database import Transaction, transactional
from itcook.errors import ConflictError, ForbiddenError, NotFoundError
from itcook.identifiers import new_id
from itcook.kitchens import homes, households, members, views
from itcook.kitchens.fields import Role
from itcook.kitchens.households import KitchenChanges, KitchenDraft
from itcook.kitchens.membership import MAX_KITCHENS
from itcook.pages import PageQuery
from tests.support.community import recorded, sign_up
from tests.support.kitchens import home, let_in

EVERYTHING = PageQuery(limit=100)


async def test_who_registered_before_there_were_kitchens_has_a_home(stranger: Principal) -> None:
    """It is there when they first look, in their own time zone."""
    await models.User.filter(id=stranger.user_id).update(time_zone="Asia/Tokyo")
    assert await models.Kitchen.all().count() == 0
    found = await home(stranger)
    assert found == views.Kitchen(
        id=found.id,
        name="Edsger's kitchen",
        time_zone="Asia/Tokyo",
        expiring_days=3,
        is_home=True,
        role=Role.OWNER,
        members_count=1,
        created_at=found.created_at,
    )
    assert await home(stranger) == found
    assert await recorded() == []


async def test_racing_looks_open_one_home(stranger: Principal) -> None:
    """Twenty at once: one kitchen, one membership."""
    found = await asyncio.gather(*(home(stranger) for _ in range(20)))
    assert len({kitchen.id for kitchen in found}) == 1
    assert await models.Kitchen.all().count() == 1
    assert await models.KitchenMember.all().count() == 1


async def test_a_home_that_came_meanwhile_is_taken_as_it_is(stranger: Principal) -> None:
    """Whoever opens a home that another transaction opened gets that one."""

    @transactional
    async def open_again(transaction: Transaction) -> models.Kitchen:
        user = await models.User.get(id=stranger.user_id, using_db=transaction.connection)
        return await homes.open_home(transaction, user)

    first = await open_again()
    assert (await open_again()).id == first.id
    assert await models.KitchenMember.all().count() == 1


async def test_a_kitchen_has_its_owners_time_zone_unless_told(owner: Principal) -> None:
    """And is told what expires on the next morning there."""
    await models.User.filter(id=owner.user_id).update(time_zone="America/New_York")
    plain = await households.create_kitchen(owner, KitchenDraft("Plain"))
    told = await households.create_kitchen(owner, KitchenDraft("Told", "Europe/Berlin", 0))
    assert (plain.time_zone, plain.expiring_days) == ("America/New_York", 3)
    assert (told.time_zone, told.expiring_days) == ("Europe/Berlin", 0)
    hours = {row.name: row.scan_at.hour for row in await models.Kitchen.all()}
    assert hours["Plain"] in {12, 13}
    assert hours["Told"] in {6, 7}


async def test_the_list_is_the_readers_own(
    owner: Principal, member: Principal, stranger: Principal, kitchen: views.Kitchen
) -> None:
    """The one joined last first, counted right, with the role of whoever reads."""
    page = await households.kitchens_of(member, EVERYTHING)
    assert [(found.id, found.role, found.members_count) for found in page.data] == [
        (kitchen.id, Role.MEMBER, 2),
        ((await home(member)).id, Role.OWNER, 1),
    ]
    assert [found.id for found in (await households.kitchens_of(stranger, EVERYTHING)).data] == [
        (await home(stranger)).id
    ]
    assert (await households.one_kitchen(owner, kitchen.id)).members_count == 2


async def test_pages_of_kitchens(owner: Principal) -> None:
    """Each once, whatever the size of a page."""
    for number in range(4):
        await households.create_kitchen(owner, KitchenDraft(str(number)))
    names: list[str] = []
    before = None
    while True:
        page = await households.kitchens_of(owner, PageQuery(limit=2, before=before))
        names += [kitchen.name for kitchen in page.data]
        before = page.next_before
        if before is None:
            break
    assert names == ["3", "2", "1", "0", "Ada's kitchen"]


async def test_settings_are_the_owners(
    owner: Principal, member: Principal, stranger: Principal, kitchen: views.Kitchen
) -> None:
    """Members are told whom to ask; strangers learn nothing."""
    changed = await households.change_kitchen(owner, kitchen.id, KitchenChanges(name="Ours", expiring_days=7))
    assert changed == kitchen.model_copy(update={"name": "Ours", "expiring_days": 7, "members_count": 2})
    with pytest.raises(ForbiddenError) as refused:
        await households.change_kitchen(member, kitchen.id, KitchenChanges(name="Mine"))
    assert refused.value.code == "owner_only"
    with pytest.raises(NotFoundError):
        await households.change_kitchen(stranger, kitchen.id, KitchenChanges(name="Mine"))
    assert (await households.one_kitchen(member, kitchen.id)).name == "Ours"


async def test_a_new_time_zone_has_its_own_morning(owner: Principal, kitchen: views.Kitchen) -> None:
    """And other settings move no morning."""
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    await models.Kitchen.filter(id=kitchen.id).update(scan_at=long_ago)
    await households.change_kitchen(owner, kitchen.id, KitchenChanges(name="Ours", time_zone="UTC"))
    assert (await models.Kitchen.get(id=kitchen.id)).scan_at == long_ago
    await households.change_kitchen(owner, kitchen.id, KitchenChanges(time_zone="Asia/Kathmandu"))
    scan_at = (await models.Kitchen.get(id=kitchen.id)).scan_at
    assert (scan_at.hour, scan_at.minute) == (2, 15)


async def test_racing_kitchens_end_at_the_limit(owner: Principal) -> None:
    """Twenty of one person with their home, however many they ask for at once."""
    results = await asyncio.gather(
        *(households.create_kitchen(owner, KitchenDraft(str(n))) for n in range(MAX_KITCHENS + 4)),
        return_exceptions=True,
    )
    refused = [result for result in results if isinstance(result, ConflictError)]
    assert {error.code for error in refused} == {"too_many_kitchens"}
    assert len(refused) == 5
    assert await models.KitchenMember.filter(user_id=owner.user_id).count() == MAX_KITCHENS


async def test_a_kitchen_that_is_none(stranger: Principal, kitchen: views.Kitchen) -> None:
    """The same answer for what does not exist and for what others have."""
    details = set()
    for identifier in (new_id(), kitchen.id):
        for reading in (
            households.one_kitchen(stranger, identifier),
            members.members(stranger, identifier, EVERYTHING),
        ):
            with pytest.raises(NotFoundError) as refused:
                await reading
            details.add(refused.value.detail)
    assert len(details) == 1


async def test_a_home_can_be_shared(owner: Principal) -> None:
    """For a guest it is a kitchen like others, which they may leave."""
    guest = await sign_up("Grace Hopper")
    found = await home(owner)
    await let_in(owner, found.id, guest)
    assert (await households.one_kitchen(guest, found.id)).is_home is False
    await members.leave(guest, found.id)
    assert await home(owner) == found
