"""What clients see of notifications: the bodies of the answers."""

import json
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from itcook import models
from itcook.events import NotificationLevel, Timestamp
from itcook.pages import Page
from itcook.views import View


class InboxItem(View):
    """A durable event that was addressed to the caller: `type` and `data` are as on the stream."""

    id: UUID
    type: str
    data: dict[str, Any]
    created_at: Timestamp
    read_at: Timestamp | None

    @classmethod
    def of(cls, row: models.InboxItem, read_at: datetime | None) -> "InboxItem":
        body = json.loads("{" + row.body)
        return cls(id=row.id, type=row.type, data=body["data"], created_at=row.created_at, read_at=read_at)


class InboxPage(Page[InboxItem]):
    """One page of the inbox. `unread_count` is of all of it."""

    unread_count: int


class InboxState(View):
    """How much of the inbox is unread now."""

    unread_count: int


class SystemNotificationStatus(StrEnum):
    SCHEDULED = "scheduled"
    SENT = "sent"
    CANCELLED = "cancelled"


class SystemNotification(View):
    """A word of the people who run the service: to one person, or to everyone without a `recipient_id`."""

    id: UUID
    created_by_id: UUID
    recipient_id: UUID | None
    title: str
    message: str
    level: NotificationLevel
    status: SystemNotificationStatus
    send_at: Timestamp
    sent_at: Timestamp | None
    cancelled_at: Timestamp | None
    created_at: Timestamp

    @classmethod
    def of(cls, row: models.ScheduledNotification) -> "SystemNotification":
        return cls(
            id=row.id,
            created_by_id=row.created_by_id,
            recipient_id=row.recipient_id,
            title=row.title,
            message=row.message,
            level=NotificationLevel(row.level),
            status=_status(row),
            send_at=row.send_at,
            sent_at=row.sent_at,
            cancelled_at=row.cancelled_at,
            created_at=row.created_at,
        )


def _status(row: models.ScheduledNotification) -> SystemNotificationStatus:
    if row.cancelled_at is not None:
        return SystemNotificationStatus.CANCELLED
    return SystemNotificationStatus.SCHEDULED if row.sent_at is None else SystemNotificationStatus.SENT
