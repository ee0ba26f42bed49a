"""`/api/v1/admin`: what administrators do about people and connections."""

from uuid import UUID

from quart import Blueprint
from quart_schema import tag_blueprint, validate_querystring, validate_response

from blueprints.context import principal, services
from blueprints.requests import Query
from itcook.auth import administration, audit_log, views
from itcook.auth.audit_log import Action, note_alone
from itcook.auth.roles import check_admin
from itcook.contract import refuses
from itcook.errors import NotFoundError
from itcook.pages import Page, PageQuery
from itcook.stream.signals import ConnectionRevoked

MAX_ID_LENGTH = 64  # ours have 16; signals are short

blueprint = Blueprint("administration", __name__, url_prefix="/api/v1/admin")
tag_blueprint(blueprint, ["administration"])


@blueprint.delete("/users/<uuid:user_id>/sessions")
@refuses(403, "admin_only")
async def sign_out(user_id: UUID) -> tuple[str, int]:
    """End all logins of a person, with their tokens and their connections. For administrators."""
    await administration.sign_out(principal(), user_id)
    return "", 204


@blueprint.put("/users/<uuid:user_id>/disabled")
@refuses(403, "admin_only")
@refuses(409, "own_account")
async def disable(user_id: UUID) -> tuple[str, int]:
    """Close a person's account: its logins end, and nobody signs in to it. For administrators."""
    await administration.disable(principal(), user_id)
    return "", 204


@blueprint.delete("/users/<uuid:user_id>/disabled")
@refuses(403, "admin_only")
async def enable(user_id: UUID) -> tuple[str, int]:
    """Open a person's account again. For administrators."""
    await administration.enable(principal(), user_id)
    return "", 204


@blueprint.delete("/connections/<connection_id>")
@refuses(403, "admin_only")
async def disconnect(connection_id: str) -> tuple[str, int]:
    """End one connection, on whichever node it is; its login goes on. For administrators.

    204 also if there is no such connection: no node knows those of the others.
    """
    check_admin(principal())
    if len(connection_id) > MAX_ID_LENGTH:
        raise NotFoundError("there is no such connection")
    await note_alone(Action.CONNECTION_ENDED, principal(), details=connection_id)
    services().stream.signal(ConnectionRevoked(connection_id=connection_id))
    return "", 204


class AuditQuery(PageQuery, Query):
    """Which page; of one action, or of what one person did or had done to them."""

    action: Action | None = None
    user_id: UUID | None = None


@blueprint.get("/audit")
@refuses(403, "admin_only")
@validate_querystring(AuditQuery)
@validate_response(Page[views.AuditEntry])
async def read_audit(query_args: AuditQuery) -> Page[views.AuditEntry]:
    """What administrators did, and people to their own accounts, the latest first. For administrators."""
    return await audit_log.entries(
        principal(), query_args, action=query_args.action, person_id=query_args.user_id
    )
