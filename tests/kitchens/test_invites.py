"""Invites: made, read out, used, revoked, raced."""

import asyncio
from datetime import timedelta

import pytest

from itcook import models
from itcook.auth.principal import Principal
from itcook.clock import utc_now
from itcook.errors import ConflictError, NotFoundError
from itcook.identifiers import new_id
from itcook.kitchens import households, invites, members, views
from itcook.kitchens.fields import Role
from itcook.kitchens.membership import MAX_KITCHENS, MAX_MEMBERS, on_membership
from itcook.pages import PageQuery
from tests.support.community import sign_up, sign_up_many

EVERYTHING = PageQuery(limit=100)


async def uses(invite: views.Invite) -> int:
    """How often the invite was used."""
    return (await models.KitchenInvite.get(id=invite.id)).uses


def test_codes_can_be_read_out() -> None:
    """Three groups without letters that look like digits, and no two alike."""
    codes = {invites.new_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert all([len(group) for group in code.split("-")] == [4, 4, 4] for code in codes)
    assert set("".join(codes)) == set(invites.ALPHABET) | {"-"}
    assert set("ILOU").isdisjoint(invites.ALPHABET)


@pytest.mark.parametrize(
    "spelling", ["0110-ABCD-1234", "oilo-abcd-1234", "OIlOabcd1234", " 0110 abcd 1234 ", "0-1-1-0abcd12-34"]
)
def test_a_code_in_any_spelling(spelling: str) -> None:
    """Capitals, spaces, hyphens and look-alikes do not matter."""
    assert invites.read_code(spelling) == "0110-ABCD-1234"


@pytest.mark.parametrize("text", ["", "0110-ABCD-123", "0110-ABCD-12345", "0110-ABCD-123U", "0110ABCD123ß"])
def test_what_cannot_be_a_code(text: str) -> None:
    """Too short, too long, or with characters that no code has."""
    assert invites.read_code(text) is None


async def test_members_invite(member: Principal, kitchen: views.Kitchen) -> None:
    """The invite names who made it, and until when it lets how many in."""
    invite = await invites.create_invite(member, kitchen.id, 48, 2)
    assert (invite.uses, invite.max_uses, invite.created_by.name) == (0, 2, "Grace Hopper")
    assert invite.expires_at - invite.created_at == timedelta(hours=48)


async def test_the_list_has_what_still_works(
    owner: Principal, member: Principal, kitchen: views.Kitchen
) -> None:
    """Neither what is revoked, nor used up, nor expired; and not what other kitchens have."""
    kept, revoked, used = [await invites.create_invite(member, kitchen.id, 1, 1) for _ in range(3)]
    other = await households.create_kitchen(owner, households.KitchenDraft("Other"))
    await invites.create_invite(owner, other.id, 1, 1)
    await invites.revoke_invite(owner, kitchen.id, revoked.id)
    await invites.join(await sign_up("Alan Turing"), used.code)
    assert (await invites.invites(owner, kitchen.id, EVERYTHING)).data == [kept]
    late = utc_now() + timedelta(hours=1)
    assert (await invites.invites(owner, kitchen.id, EVERYTHING, clock=lambda: late)).data == []


async def test_joining(stranger: Principal, owner: Principal, kitchen: views.Kitchen) -> None:
    """The kitchen as the new member sees it; one use is taken, and listeners hear of it."""
    invite = await invites.create_invite(owner, kitchen.id, 1, 2)
    changes: list[object] = []
    stop = on_membership(lambda *change: changes.append(change))
    seen = await invites.join(stranger, invite.code.lower())
    stop()
    assert seen == kitchen.model_copy(update={"role": Role.MEMBER, "members_count": 2})
    assert (stranger.user_id, kitchen.id, True) in changes
    assert await uses(invite) == 1


async def test_joining_again_takes_no_use(
    stranger: Principal, owner: Principal, kitchen: views.Kitchen
) -> None:
    """Nor does it with a code that is used up by oneself, and nor for who was in it anyway."""
    invite = await invites.create_invite(owner, kitchen.id, 1, 1)
    seen = await asyncio.gather(*(invites.join(stranger, invite.code) for _ in range(10)))
    assert len({view.model_dump_json() for view in seen}) == 1
    assert await uses(invite) == 1
    assert (await invites.join(owner, invite.code)).role is Role.OWNER


@pytest.mark.parametrize("how", ["unknown", "expired", "revoked", "used up", "kitchen gone"])
async def test_a_code_that_lets_nobody_in(
    owner: Principal, stranger: Principal, kitchen: views.Kitchen, how: str
) -> None:
    """One answer, so that guessing tells nothing."""
    invite = await invites.create_invite(owner, kitchen.id, 1, 1)
    row = models.KitchenInvite.filter(id=invite.id)
    if how == "unknown":
        await row.delete()
    elif how == "expired":
        await row.update(expires_at=utc_now())
    elif how == "revoked":
        await invites.revoke_invite(owner, kitchen.id, invite.id)
    elif how == "used up":
        await row.update(uses=1)
    else:
        await models.Kitchen.filter(id=kitchen.id).delete()
    with pytest.raises(NotFoundError) as refused:
        await invites.join(stranger, invite.code)
    assert (refused.value.code, refused.value.detail) == (
        "invite_invalid",
        "this code lets nobody in; ask for a new one",
    )


async def test_racing_uses_are_exact(owner: Principal, kitchen: views.Kitchen) -> None:
    """Twenty people at once, five uses: five are in, and the others are told the usual."""
    people = await sign_up_many(20)
    invite = await invites.create_invite(owner, kitchen.id, 1, 5)
    results = await asyncio.gather(
        *(invites.join(person, invite.code) for person in people), return_exceptions=True
    )
    refused = [result for result in results if isinstance(result, BaseException)]
    assert len(refused) == 15
    assert all(isinstance(error, NotFoundError) and error.code == "invite_invalid" for error in refused)
    assert await uses(invite) == 5
    assert await models.KitchenMember.filter(kitchen_id=kitchen.id).count() == 6


async def test_a_full_kitchen(owner: Principal, kitchen: views.Kitchen) -> None:
    """Fifty members, and the one who finds no room takes no use."""
    people = await sign_up_many(MAX_MEMBERS)
    rows = [
        models.KitchenMember(
            kitchen_id=kitchen.id, user_id=person.user_id, role="member", joined_at=utc_now()
        )
        for person in people[: MAX_MEMBERS - 3]
    ]
    await models.KitchenMember.bulk_create(rows)
    invite = await invites.create_invite(owner, kitchen.id, 1, 10)
    results = await asyncio.gather(
        *(invites.join(person, invite.code) for person in people[MAX_MEMBERS - 3 :]), return_exceptions=True
    )
    refused = [result for result in results if isinstance(result, ConflictError)]
    assert [error.code for error in refused] == ["kitchen_full"]
    assert await uses(invite) == 2


async def test_a_person_in_twenty_kitchens(owner: Principal, stranger: Principal) -> None:
    """Joining ends at the same limit as opening, also when two are joined at once."""
    for number in range(MAX_KITCHENS - 2):
        await households.create_kitchen(stranger, households.KitchenDraft(str(number)))
    codes = []
    for number in range(2):
        kitchen = await households.create_kitchen(owner, households.KitchenDraft(str(number)))
        codes.append((await invites.create_invite(owner, kitchen.id, 1, 1)).code)
    results = await asyncio.gather(*(invites.join(stranger, code) for code in codes), return_exceptions=True)
    [refused] = [result for result in results if isinstance(result, ConflictError)]
    assert refused.code == "too_many_kitchens"


async def test_revoking(
    owner: Principal, member: Principal, stranger: Principal, kitchen: views.Kitchen
) -> None:
    """Who made it may, and the owner; again is the same as once; nobody else may."""
    mine = await invites.create_invite(member, kitchen.id, 1, 1)
    theirs = await invites.create_invite(owner, kitchen.id, 1, 1)
    with pytest.raises(NotFoundError, match="not yours"):
        await invites.revoke_invite(member, kitchen.id, theirs.id)
    with pytest.raises(NotFoundError):
        await invites.revoke_invite(stranger, kitchen.id, theirs.id)
    with pytest.raises(NotFoundError, match="no such invite"):
        await invites.revoke_invite(owner, kitchen.id, new_id())
    own = await households.create_kitchen(member, households.KitchenDraft("Mine"))
    with pytest.raises(NotFoundError, match="no such invite"):
        await invites.revoke_invite(member, own.id, theirs.id)
    for _ in range(2):
        await invites.revoke_invite(member, kitchen.id, mine.id)
    await invites.revoke_invite(owner, kitchen.id, theirs.id)
    assert (await invites.invites(owner, kitchen.id, EVERYTHING)).data == []


async def test_so_many_invites(owner: Principal, kitchen: views.Kitchen) -> None:
    """There is an end to it, and revoking one makes room."""
    made = [await invites.create_invite(owner, kitchen.id, 1, 1) for _ in range(invites.MAX_INVITES)]
    with pytest.raises(ConflictError) as refused:
        await invites.create_invite(owner, kitchen.id, 1, 1)
    assert refused.value.code == "too_many_invites"
    await invites.revoke_invite(owner, kitchen.id, made[0].id)
    await invites.create_invite(owner, kitchen.id, 1, 1)


async def test_old_invites_are_forgotten(owner: Principal, kitchen: views.Kitchen) -> None:
    """A week after they expired, and not before."""
    await invites.create_invite(owner, kitchen.id, 1, 1)
    week = utc_now() + timedelta(days=7)
    assert await invites.prune(week) == 0
    assert await invites.prune(week + timedelta(hours=2)) == 1


async def test_joining_races_with_being_removed(
    owner: Principal, member: Principal, kitchen: views.Kitchen
) -> None:
    """In whatever order they come, the roles and the count agree."""
    code = (await invites.create_invite(owner, kitchen.id, 1, 5)).code
    await asyncio.gather(
        members.remove_member(owner, kitchen.id, member.user_id),
        invites.join(member, code),
        invites.join(member, code),
        return_exceptions=True,
    )
    seen = await households.one_kitchen(owner, kitchen.id)
    assert seen.members_count == len((await members.members(owner, kitchen.id, EVERYTHING)).data)
