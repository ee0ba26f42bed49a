"""Members: leaving, being removed, being given the kitchen."""

import asyncio
from collections.abc import Iterator
from uuid import UUID

import pytest

from itcook import models
from itcook.auth.principal import Principal
from itcook.database import Transaction, transactional
from itcook.errors import ConflictError, ForbiddenError, NotFoundError, ValidationError
from itcook.kitchens import households, invites, members, views
from itcook.kitchens.fields import Role
from itcook.kitchens.membership import end_membership, lock_as_member, on_membership
from itcook.pages import PageQuery
from tests.support.community import sign_up
from tests.support.kitchens import home

EVERYTHING = PageQuery(limit=100)
Change = tuple[UUID, UUID, bool]


@pytest.fixture
def heard() -> Iterator[list[Change]]:
    """What listeners are told from now on."""
    changes: list[Change] = []
    stop = on_membership(lambda user_id, kitchen_id, joined: changes.append((user_id, kitchen_id, joined)))
    yield changes
    stop()


async def roles(kitchen: views.Kitchen) -> dict[UUID, str]:
    """Who is what in the kitchen."""
    rows = await models.KitchenMember.filter(kitchen_id=kitchen.id)
    return {row.user_id: row.role for row in rows}


async def test_members_see_each_other(owner: Principal, member: Principal, kitchen: views.Kitchen) -> None:
    """The latest first, and page by page."""
    page = await members.members(member, kitchen.id, EVERYTHING)
    assert [(seen.id, seen.name, seen.role) for seen in page.data] == [
        (member.user_id, "Grace Hopper", Role.MEMBER),
        (owner.user_id, "Ada Lovelace", Role.OWNER),
    ]
    first = await members.members(owner, kitchen.id, PageQuery(limit=1))
    second = await members.members(owner, kitchen.id, PageQuery(limit=1, before=first.next_before))
    assert [*first.data, *second.data] == page.data


async def test_leaving(member: Principal, kitchen: views.Kitchen, heard: list[Change]) -> None:
    """Listeners hear of it once, and the kitchen is a stranger's from then on."""
    await members.leave(member, kitchen.id)
    with pytest.raises(NotFoundError):
        await members.leave(member, kitchen.id)
    with pytest.raises(NotFoundError):
        await households.one_kitchen(member, kitchen.id)
    assert heard == [(member.user_id, kitchen.id, False)]


async def test_nobody_hears_of_what_was_rolled_back(
    member: Principal, kitchen: views.Kitchen, heard: list[Change]
) -> None:
    """A removal that fails is none."""

    @transactional
    async def leave_and_fail(transaction: Transaction) -> None:
        await end_membership(transaction, await lock_as_member(transaction, member, kitchen.id))
        raise ValidationError("no")

    with pytest.raises(ValidationError):
        await leave_and_fail()
    assert heard == []
    assert (await households.one_kitchen(member, kitchen.id)).role is Role.MEMBER


async def test_the_owner_does_not_leave(
    owner: Principal, member: Principal, kitchen: views.Kitchen, heard: list[Change]
) -> None:
    """Not by leaving nor by removing themselves; after handing over they may."""
    with pytest.raises(ConflictError) as refused:
        await members.leave(owner, kitchen.id)
    assert refused.value.code == "owner_leaves"
    with pytest.raises(ConflictError) as refused:
        await members.remove_member(owner, kitchen.id, owner.user_id)
    assert refused.value.code == "owner_leaves"
    await members.hand_over(owner, kitchen.id, member.user_id)
    await members.leave(owner, kitchen.id)
    assert await roles(kitchen) == {member.user_id: "owner"}
    assert heard == [(owner.user_id, kitchen.id, False)]


async def test_a_home_stays_its_persons(owner: Principal, member: Principal) -> None:
    """It is neither left nor handed over."""
    own = await home(owner)
    for refusing in (members.leave(owner, own.id), members.hand_over(owner, own.id, member.user_id)):
        with pytest.raises(ConflictError) as refused:
            await refusing
        assert refused.value.code == "home_kitchen"
    assert await roles(own) == {owner.user_id: "owner"}


async def test_handing_over(owner: Principal, member: Principal, kitchen: views.Kitchen) -> None:
    """There is one owner before and after; the old one is a member; to oneself it changes nothing."""
    seen = await members.hand_over(owner, kitchen.id, owner.user_id)
    assert seen.role is Role.OWNER
    seen = await members.hand_over(owner, kitchen.id, member.user_id)
    assert (seen.role, seen.members_count) == (Role.MEMBER, 2)
    assert await roles(kitchen) == {owner.user_id: "member", member.user_id: "owner"}
    with pytest.raises(ForbiddenError):
        await members.hand_over(owner, kitchen.id, owner.user_id)


async def test_handing_over_to_whoever_is_not_in_it(
    owner: Principal, stranger: Principal, kitchen: views.Kitchen
) -> None:
    """The place in the body is named."""
    with pytest.raises(ValidationError) as refused:
        await members.hand_over(owner, kitchen.id, stranger.user_id)
    assert [error.pointer for error in refused.value.errors] == ["/user_id"]


async def test_racing_handovers_leave_one_owner(
    owner: Principal, member: Principal, kitchen: views.Kitchen
) -> None:
    """Also when the heir leaves at the same moment."""
    await asyncio.gather(
        members.hand_over(owner, kitchen.id, member.user_id),
        members.leave(member, kitchen.id),
        members.hand_over(owner, kitchen.id, member.user_id),
        return_exceptions=True,
    )
    assert list((await roles(kitchen)).values()).count("owner") == 1


async def test_removing(
    owner: Principal, member: Principal, stranger: Principal, kitchen: views.Kitchen, heard: list[Change]
) -> None:
    """The owner may; members may not; what is not there cannot be removed."""
    with pytest.raises(ForbiddenError):
        await members.remove_member(member, kitchen.id, owner.user_id)
    with pytest.raises(NotFoundError):
        await members.remove_member(stranger, kitchen.id, member.user_id)
    await members.remove_member(owner, kitchen.id, member.user_id)
    with pytest.raises(NotFoundError, match="not in the kitchen"):
        await members.remove_member(owner, kitchen.id, member.user_id)
    assert heard == [(member.user_id, kitchen.id, False)]
    assert await roles(kitchen) == {owner.user_id: "owner"}


async def test_a_removed_member_knows_no_code_that_works(
    owner: Principal, member: Principal, kitchen: views.Kitchen
) -> None:
    """Members see every invite, so all of them end with one's removal, and with no one's leaving."""
    friend = await sign_up("Alan Turing")
    code = (await invites.create_invite(member, kitchen.id, 1, 5)).code
    await invites.join(friend, code)
    await members.leave(friend, kitchen.id)
    await invites.join(friend, code)
    await members.remove_member(owner, kitchen.id, member.user_id)
    with pytest.raises(NotFoundError) as refused:
        await invites.join(member, code)
    assert refused.value.code == "invite_invalid"
