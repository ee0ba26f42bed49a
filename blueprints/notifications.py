"""`/api/v1/notifications`: the inbox, what is muted, and what administrators tell everyone."""

from typing import Annotated
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
from blueprints.requests import Body, Id, Moment, Query
from blueprints.stream_cursor import with_stream_cursor
from itcook.contract import refuses
from itcook.events import NotificationLevel
from itcook.notifications import inbox, preferences, system, views
from itcook.notifications.preferences import Mutable, Preferences
from itcook.pages import Page, PageQuery

PATH = "/api/v1/notifications"

blueprint = Blueprint("notifications", __name__, url_prefix=PATH)
tag_blueprint(blueprint, ["notifications"])


class InboxQuery(PageQuery, Query):
    """Which page, and whether of unread items only."""

    unread: bool = False


class ReadUpTo(Body):
    """`up_to` is the id of the newest item that the caller has seen."""

    up_to: Id


class PreferencesChange(Body):
    """All types that are muted from now on."""

    muted: Annotated[list[Annotated[Mutable, Field(strict=False)]], Field(max_length=len(Mutable))]


class NewNotification(Body):
    """To everyone without a `recipient_id`, now without a `send_at`."""

    title: system.Title
    message: system.Message
    level: Annotated[NotificationLevel, Field(strict=False)] = NotificationLevel.INFO
    recipient_id: Id | None = None
    send_at: Moment | None = None

    def draft(self) -> system.Draft:
        return system.Draft(
            title=self.title,
            message=self.message,
            level=self.level,
            recipient_id=self.recipient_id,
            send_at=self.send_at,
        )


class NotificationQuery(PageQuery, Query):
    """Which page, and of which notifications."""

    status: views.SystemNotificationStatus | None = None


@blueprint.get("")
@with_stream_cursor
@validate_querystring(InboxQuery)
@validate_response(views.InboxPage)
async def read_inbox(query_args: InboxQuery) -> views.InboxPage:
    """What was addressed to the caller in the last 90 days, the latest first."""
    return await inbox.inbox(principal(), query_args, unread=query_args.unread)


@blueprint.put("/read")
@validate_request(ReadUpTo)
@validate_response(views.InboxState)
@refuses(404, "not_found")
async def read_up_to(data: ReadUpTo) -> views.InboxState:
    """Mark an item and all that are older as read."""
    return await inbox.read_up_to(principal(), data.up_to)


@blueprint.put("/<uuid:item_id>/read")
@validate_response(views.InboxState)
async def read_item(item_id: UUID) -> views.InboxState:
    """Mark an item as read. Again is the same as once."""
    return await inbox.read_item(principal(), item_id)


@blueprint.delete("/<uuid:item_id>")
async def remove_item(item_id: UUID) -> tuple[str, int]:
    """Take an item out of the caller's inbox."""
    await inbox.remove_item(principal(), item_id)
    return "", 204


@blueprint.get("/preferences")
@validate_response(Preferences)
async def read_preferences() -> Preferences:
    """What the caller has muted."""
    return await preferences.preferences(principal())


@blueprint.put("/preferences")
@validate_request(PreferencesChange)
@validate_response(Preferences)
async def set_preferences(data: PreferencesChange) -> Preferences:
    """Mute these types and no others: they reach neither the caller's inbox nor `personal`."""
    return await preferences.set_preferences(principal(), data.muted)


@blueprint.post("")
@validate_request(NewNotification)
@document_headers(IdempotencyKey)
@document_response(views.SystemNotification, 201, CreationHeaders)
@refuses(403, "admin_only")
async def notify(data: NewNotification) -> Response:
    """Tell everyone, or one person, something, now or at a time. For administrators."""
    return await create(f"{PATH}/scheduled", data, system.notify, principal(), data.draft())


@blueprint.get("/scheduled")
@validate_querystring(NotificationQuery)
@validate_response(Page[views.SystemNotification])
@refuses(403, "admin_only")
async def list_notifications(query_args: NotificationQuery) -> Page[views.SystemNotification]:
    """What administrators sent or scheduled, the latest first. For administrators."""
    return await system.notifications(principal(), query_args, status=query_args.status)


@blueprint.get("/scheduled/<uuid:notification_id>")
@validate_response(views.SystemNotification)
@refuses(403, "admin_only")
async def one_notification(notification_id: UUID) -> views.SystemNotification:
    """One of them. For administrators."""
    return await system.one_notification(principal(), notification_id)


@blueprint.delete("/scheduled/<uuid:notification_id>")
@refuses(403, "admin_only")
@refuses(409, "already_sent")
async def cancel(notification_id: UUID) -> tuple[str, int]:
    """Have a scheduled notification not be sent. For administrators."""
    await system.cancel(principal(), notification_id)
    return "", 204
