"""Word from the people who run the service: to everyone or to one person, now or at a time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints
from tortoise.expressions import Q

from itcook import models
from itcook.auth.audit_log import Action, note
from itcook.auth.principal import Principal
from itcook.database import Transaction, transactional
from itcook.errors import ConflictError, FieldError, ForbiddenError, NotFoundError, ValidationError
from itcook.events import NotificationLevel, SystemNotification
from itcook.notifications import views
from itcook.notifications.inbox import KEPT
from itcook.notifications.views import SystemNotificationStatus
from itcook.pages import Page, PageQuery, read_page
from itcook.stream import channels
from itcook.stream.outbox import record

SEND_BATCH = 100  # a pass of the schedule

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Message = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]

_UNSENT: dict[str, object] = {"sent_at": None, "cancelled_at": None}
_OF_STATUS: dict[SystemNotificationStatus, dict[str, object]] = {
    SystemNotificationStatus.SCHEDULED: _UNSENT,
    SystemNotificationStatus.SENT: {"sent_at__not_isnull": True},
    SystemNotificationStatus.CANCELLED: {"cancelled_at__not_isnull": True},
}


@dataclass(frozen=True, slots=True)
class Draft:
    """What an administrator wants to be known: by everyone without a recipient, now without a time."""

    title: str
    message: str
    level: NotificationLevel = NotificationLevel.INFO
    recipient_id: UUID | None = None
    send_at: datetime | None = None


@transactional
async def notify(transaction: Transaction, sender: Principal, draft: Draft) -> views.SystemNotification:
    """Send it, or schedule it for later.

    Raises `ForbiddenError` `admin_only`, and `ValidationError` for a recipient who does not exist or a
    time that is past.
    """
    _check_admin(sender)
    await _check(transaction, draft)
    row = await models.ScheduledNotification.create(
        using_db=transaction.connection,
        created_by_id=sender.user_id,
        recipient_id=draft.recipient_id,
        title=draft.title,
        message=draft.message,
        level=draft.level,
        send_at=draft.send_at or transaction.now,
        sent_at=None if draft.send_at else transaction.now,
        created_at=transaction.now,
    )
    if row.sent_at is not None:
        _record(transaction, row)
    action = Action.NOTIFICATION_SCHEDULED if row.sent_at is None else Action.NOTIFICATION_SENT
    await note(transaction, action, sender, row.id, row.title)
    return views.SystemNotification.of(row)


@transactional
async def cancel(transaction: Transaction, canceller: Principal, notification_id: UUID) -> None:
    """Have a scheduled notification not be sent; again is the same as once.

    Raises `ForbiddenError` `admin_only`, `NotFoundError`, and `ConflictError` `already_sent`.
    """
    _check_admin(canceller)
    unsent = models.ScheduledNotification.filter(id=notification_id, **_UNSENT)
    if await unsent.using_db(transaction.connection).update(cancelled_at=transaction.now):
        await note(transaction, Action.NOTIFICATION_CANCELLED, canceller, notification_id)
        return
    row = await models.ScheduledNotification.get_or_none(id=notification_id, using_db=transaction.connection)
    if _found(row).sent_at is not None:
        raise ConflictError("this has been sent and cannot be called back", code="already_sent")


async def one_notification(reader: Principal, notification_id: UUID) -> views.SystemNotification:
    """One notification. Raises `ForbiddenError` `admin_only` and `NotFoundError`."""
    _check_admin(reader)
    row = await models.ScheduledNotification.get_or_none(id=notification_id)
    return views.SystemNotification.of(_found(row))


async def notifications(
    reader: Principal, asked: PageQuery, *, status: SystemNotificationStatus | None = None
) -> Page[views.SystemNotification]:
    """What all administrators sent or scheduled, the latest first. Raises `ForbiddenError` `admin_only`."""
    _check_admin(reader)
    query = models.ScheduledNotification.filter(**_OF_STATUS[status] if status else {})
    rows, next_before = await read_page(query, asked)
    return Page[views.SystemNotification].of(map(views.SystemNotification.of, rows), next_before)


async def send_due(now: datetime) -> int:
    """Send what is due at `now`, the longest due first; how many were sent.

    Each is sent once, whoever else sends or cancels at the same time.
    """
    due = models.ScheduledNotification.filter(send_at__lte=now, **_UNSENT).order_by("send_at", "id")
    rows = await due.limit(SEND_BATCH).values_list("id")
    return sum([await _send(notification_id) for (notification_id,) in rows])


@transactional
async def prune(transaction: Transaction, now: datetime) -> int:
    """Forget what is as old as what inboxes have forgotten, and not still to be sent; how many."""
    over = Q(sent_at__not_isnull=True) | Q(cancelled_at__not_isnull=True)
    old = models.ScheduledNotification.filter(over, send_at__lt=now - KEPT)
    return await old.using_db(transaction.connection).delete()


@transactional
async def _send(transaction: Transaction, notification_id: UUID) -> bool:
    # The update is the claim: it waits for one that is under way, and then finds its conditions broken.
    unsent = models.ScheduledNotification.filter(id=notification_id, **_UNSENT)
    if not await unsent.using_db(transaction.connection).update(sent_at=transaction.now):
        return False
    row = await models.ScheduledNotification.get(id=notification_id, using_db=transaction.connection)
    _record(transaction, row)
    return True


def _record(transaction: Transaction, row: models.ScheduledNotification) -> None:
    event = SystemNotification(title=row.title, message=row.message, level=NotificationLevel(row.level))
    channel = channels.SYSTEM if row.recipient_id is None else channels.personal(row.recipient_id)
    record(transaction, event, channel)


def _check_admin(person: Principal) -> None:
    if not person.is_admin:
        raise ForbiddenError("only administrators send notifications", code="admin_only")


async def _check(transaction: Transaction, draft: Draft) -> None:
    errors = []
    if draft.send_at is not None and draft.send_at <= transaction.now:
        errors.append(FieldError("/send_at", "must be in the future; without it, it is sent now"))
    if draft.recipient_id is not None and not await _exists(transaction, draft.recipient_id):
        errors.append(FieldError("/recipient_id", "there is no such person"))
    if errors:
        raise ValidationError("this cannot be sent", errors=tuple(errors))


async def _exists(transaction: Transaction, user_id: UUID) -> bool:
    return await models.User.filter(id=user_id).using_db(transaction.connection).exists()


def _found(row: models.ScheduledNotification | None) -> models.ScheduledNotification:
    if row is None:
        raise NotFoundError("there is no such notification")
    return row
