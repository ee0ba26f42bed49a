"""The audit log: what administrators did to others, and people to their own accounts.

An entry is written by the transaction of what it tells of: there is none without the other. Nothing here
changes or removes one.
"""

from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

from tortoise.expressions import Q

from itcook import models
from itcook.auth import views
from itcook.auth.principal import Principal
from itcook.auth.roles import check_admin
from itcook.database import Transaction, transactional
from itcook.pages import Page, PageQuery, read_page


class Action(StrEnum):
    """What was done; the subject is a person's id, or that of what was sent or deleted."""

    SIGNED_OUT = "signed_out"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    PROMOTED = "promoted"
    CONNECTION_ENDED = "connection_ended"
    NOTIFICATION_SENT = "notification_sent"
    NOTIFICATION_SCHEDULED = "notification_scheduled"
    NOTIFICATION_CANCELLED = "notification_cancelled"
    POST_DELETED = "post_deleted"
    COMMENT_DELETED = "comment_deleted"
    RECIPE_DELETED = "recipe_deleted"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 # the name of an action
    EMAIL_CHANGED = "email_changed"
    DATA_EXPORTED = "data_exported"
    ACCOUNT_DELETED = "account_deleted"


async def note(
    transaction: Transaction,
    action: Action,
    actor: Principal | None,
    subject_id: UUID | None = None,
    details: str = "",
) -> None:
    """Have the transaction tell that `actor` did this; None is the operator, on the command line."""
    await models.AuditEntry.create(
        using_db=transaction.connection,
        action=action,
        actor_id=actor.user_id if actor else None,
        subject_id=subject_id,
        details=details[:200],
        address=actor.address[:45] if actor else "",
        created_at=transaction.now,
    )


@transactional
async def note_alone(
    transaction: Transaction,
    action: Action,
    actor: Principal,
    subject_id: UUID | None = None,
    details: str = "",
) -> None:
    """The same for what the database knows nothing of, before it is done."""
    await note(transaction, action, actor, subject_id, details)


async def entries(
    reader: Principal, asked: PageQuery, *, action: Action | None = None, person_id: UUID | None = None
) -> Page[views.AuditEntry]:
    """What was done, the latest first; of one kind, or by or to one person. Raises `ForbiddenError`."""
    check_admin(reader)
    query = models.AuditEntry.filter(**({} if action is None else {"action": action}))
    if person_id is not None:
        query = query.filter(Q(actor_id=person_id) | Q(subject_id=person_id))
    rows, next_before = await read_page(query, asked)
    names = await _names({one for row in rows for one in (row.actor_id, row.subject_id) if one is not None})
    return Page[views.AuditEntry].of((views.AuditEntry.of(row, names) for row in rows), next_before)


async def _names(ids: Iterable[UUID]) -> dict[UUID, str]:
    """Of those who still have accounts."""
    return {user.id: user.name for user in await models.User.filter(id__in=list(ids))}
