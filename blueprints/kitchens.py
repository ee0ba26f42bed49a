"""`/api/v1/kitchens`: kitchens, their members and their invites."""

from uuid import UUID

from pydantic import Field
from quart import Blueprint, Response
from quart_schema import (
    document_headers,
    document_response,
    tag_blueprint,
    validate_querystring,
    validate_request,
    validate_response,
)

from blueprints.context import principal
from blueprints.creation import CreationHeaders, IdempotencyKey, create
from blueprints.requests import Body, Id, Query
from itcook.auth.fields import TimeZone
from itcook.contract import refuses
from itcook.kitchens import households, invites, members, views
from itcook.kitchens.fields import (
    DEFAULT_EXPIRING_DAYS,
    ExpiringDays,
    GivenCode,
    InviteHours,
    InviteUses,
    KitchenName,
)
from itcook.pages import Page, PageQuery

PATH = "/api/v1/kitchens"
DEFAULT_INVITE_HOURS = 7 * 24

blueprint = Blueprint("kitchens", __name__, url_prefix=PATH)
tag_blueprint(blueprint, ["kitchens"])


class NewKitchen(Body):
    """Without `time_zone` it has the one of the caller's home."""

    name: KitchenName
    time_zone: TimeZone | None = None
    expiring_days: ExpiringDays = DEFAULT_EXPIRING_DAYS

    def draft(self) -> households.KitchenDraft:
        return households.KitchenDraft(
            name=self.name, time_zone=self.time_zone, expiring_days=self.expiring_days
        )


class KitchenEdit(Body):
    """What is absent, or null, stays as it is."""

    name: KitchenName | None = None
    time_zone: TimeZone | None = None
    expiring_days: ExpiringDays | None = None

    def changes(self) -> households.KitchenChanges:
        return households.KitchenChanges(
            name=self.name, time_zone=self.time_zone, expiring_days=self.expiring_days
        )


class NewInvite(Body):
    """For one person and a week, unless told otherwise."""

    expires_in_hours: InviteHours = DEFAULT_INVITE_HOURS
    max_uses: InviteUses = 1


class Joining(Body):
    code: GivenCode = Field(description="In any spelling: capitals, spaces and hyphens do not matter.")


class NewOwner(Body):
    user_id: Id


class ListQuery(PageQuery, Query):
    """Which page of a list."""


@blueprint.post("")
@validate_request(NewKitchen)
@document_headers(IdempotencyKey)
@document_response(views.Kitchen, 201, CreationHeaders)
@refuses(409, "too_many_kitchens")
async def create_kitchen(data: NewKitchen) -> Response:
    """Open a kitchen, besides the home that everyone has."""
    return await create(PATH, data, households.create_kitchen, principal(), data.draft())


@blueprint.get("")
@validate_querystring(ListQuery)
@validate_response(Page[views.Kitchen])
async def kitchens_of(query_args: ListQuery) -> Page[views.Kitchen]:
    """The kitchens that the caller is in, the one joined last first."""
    return await households.kitchens_of(principal(), query_args)


@blueprint.get("/<uuid:kitchen_id>")
@validate_response(views.Kitchen)
async def one_kitchen(kitchen_id: UUID) -> views.Kitchen:
    """One kitchen."""
    return await households.one_kitchen(principal(), kitchen_id)


@blueprint.patch("/<uuid:kitchen_id>")
@validate_request(KitchenEdit)
@validate_response(views.Kitchen)
@refuses(403, "owner_only")
async def change_kitchen(kitchen_id: UUID, data: KitchenEdit) -> views.Kitchen:
    """Change the settings of one's own kitchen."""
    return await households.change_kitchen(principal(), kitchen_id, data.changes())


@blueprint.post("/join")
@validate_request(Joining)
@validate_response(views.Kitchen)
@refuses(404, "invite_invalid")
@refuses(409, "too_many_kitchens", "kitchen_full")
async def join(data: Joining) -> views.Kitchen:
    """Come into the kitchen that a code opens. Again is the same as once."""
    return await invites.join(principal(), data.code)


@blueprint.post("/<uuid:kitchen_id>/leave")
@refuses(409, "owner_leaves", "home_kitchen")
async def leave(kitchen_id: UUID) -> tuple[str, int]:
    """No longer be in a kitchen; its owner hands it over first."""
    await members.leave(principal(), kitchen_id)
    return "", 204


@blueprint.put("/<uuid:kitchen_id>/owner")
@validate_request(NewOwner)
@validate_response(views.Kitchen)
@refuses(403, "owner_only")
@refuses(409, "home_kitchen")
async def hand_over(kitchen_id: UUID, data: NewOwner) -> views.Kitchen:
    """Make another member the owner."""
    return await members.hand_over(principal(), kitchen_id, data.user_id)


@blueprint.get("/<uuid:kitchen_id>/members")
@validate_querystring(ListQuery)
@validate_response(Page[views.Member])
async def members_of(kitchen_id: UUID, query_args: ListQuery) -> Page[views.Member]:
    """Who is in a kitchen, the latest first."""
    return await members.members(principal(), kitchen_id, query_args)


@blueprint.delete("/<uuid:kitchen_id>/members/<uuid:user_id>")
@refuses(403, "owner_only")
@refuses(409, "owner_leaves")
async def remove_member(kitchen_id: UUID, user_id: UUID) -> tuple[str, int]:
    """Have another member of one's own kitchen no longer be in it. Its invites end too."""
    await members.remove_member(principal(), kitchen_id, user_id)
    return "", 204


@blueprint.post("/<uuid:kitchen_id>/invites")
@validate_request(NewInvite)
@document_headers(IdempotencyKey)
@document_response(views.Invite, 201, CreationHeaders)
@refuses(409, "too_many_invites")
async def create_invite(kitchen_id: UUID, data: NewInvite) -> Response:
    """Make a code that lets others in."""
    return await create(
        f"{PATH}/{kitchen_id}/invites",
        data,
        invites.create_invite,
        principal(),
        kitchen_id,
        data.expires_in_hours,
        data.max_uses,
    )


@blueprint.get("/<uuid:kitchen_id>/invites")
@validate_querystring(ListQuery)
@validate_response(Page[views.Invite])
async def invites_of(kitchen_id: UUID, query_args: ListQuery) -> Page[views.Invite]:
    """The invites that still let someone in, the latest first."""
    return await invites.invites(principal(), kitchen_id, query_args)


@blueprint.delete("/<uuid:kitchen_id>/invites/<uuid:invite_id>")
async def revoke_invite(kitchen_id: UUID, invite_id: UUID) -> tuple[str, int]:
    """Have an invite let nobody in any more: one's own, or any of one's own kitchen."""
    await invites.revoke_invite(principal(), kitchen_id, invite_id)
    return "", 204
