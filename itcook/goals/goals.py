"""Goals: set, changed, deleted, and read. Each is its owner's alone."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from uuid import UUID

from itcook import models
from itcook.auth.principal import Principal
from itcook.database import Transaction, transactional
from itcook.errors import ConflictError, FieldError, NotFoundError, ValidationError
from itcook.goals import views
from itcook.goals.days import local_day, zone_of
from itcook.goals.fields import Direction, GoalStatus, GoalType
from itcook.pages import Page, PageQuery, read_page


@dataclass(frozen=True, slots=True)
class GoalDraft:
    """A goal that someone sets. Without a `direction` it is the usual one of its type."""

    title: str
    goal_type: GoalType
    target_value: float
    unit: str
    direction: Direction | None = None
    target_date: date | None = None


class Kept(Enum):
    """The date stays as it is; None would take it away."""

    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class GoalChanges:
    """What an edit sets; None leaves a field as it is, but for `target_date`, which it takes away."""

    title: str | None = None
    target_value: float | None = None
    target_date: date | Kept | None = Kept.KEPT
    status: GoalStatus | None = None


@transactional
async def create_goal(transaction: Transaction, owner: Principal, draft: GoalDraft) -> views.Goal:
    """Set a goal. Raises `ValidationError` for a target date that is past where its owner lives."""
    await _check_date(transaction, owner, draft.target_date)
    row = await models.Goal.create(
        using_db=transaction.connection,
        user_id=owner.user_id,
        title=draft.title,
        goal_type=draft.goal_type,
        target_value=exact(draft.target_value),
        unit=draft.unit,
        direction=draft.direction or Direction.usual(draft.goal_type),
        target_date=draft.target_date,
        status=GoalStatus.ACTIVE,
        created_at=transaction.now,
        updated_at=transaction.now,
    )
    return views.Goal.of(row)


@transactional
async def edit_goal(
    transaction: Transaction, owner: Principal, goal_id: UUID, changes: GoalChanges
) -> views.Goal:
    """Change a goal. A target that is now behind the current value is reached by the next progress.

    Raises `NotFoundError`, `ConflictError` `goal_completed`, and `ValidationError` for a new target date
    that is past.
    """
    row = await lock_goal(transaction, owner, goal_id)
    if row.status == GoalStatus.COMPLETED:
        raise ConflictError("a completed goal stays as it was reached: set a new one", code="goal_completed")
    if isinstance(changes.target_date, date):
        await _check_date(transaction, owner, changes.target_date)
    _apply(changes, row)
    row.updated_at = transaction.now
    await row.save(
        using_db=transaction.connection,
        update_fields=["title", "target_value", "target_date", "status", "updated_at"],
    )
    return views.Goal.of(row)


@transactional
async def delete_goal(transaction: Transaction, owner: Principal, goal_id: UUID) -> None:
    """Delete a goal with its progress; what it achieved stays. Raises `NotFoundError`."""
    row = await lock_goal(transaction, owner, goal_id)
    await row.delete(using_db=transaction.connection)


async def lock_goal(transaction: Transaction, owner: Principal, goal_id: UUID) -> models.Goal:
    """The goal's row, which nobody else changes until the transaction ends. Raises `NotFoundError`."""
    row = await (
        models.Goal.filter(id=goal_id, user_id=owner.user_id)
        .using_db(transaction.connection)
        .select_for_update(no_key=True)
        .get_or_none()
    )
    return _found(row)


async def find_goal(owner: Principal, goal_id: UUID) -> models.Goal:
    """The goal's row. Raises `NotFoundError`, for other people's goals too."""
    return _found(await models.Goal.get_or_none(id=goal_id, user_id=owner.user_id))


async def is_own(transaction: Transaction, owner: Principal, goal_id: UUID) -> bool:
    """Whether there is the goal and it is `owner`'s."""
    goals = models.Goal.filter(id=goal_id, user_id=owner.user_id)
    return await goals.using_db(transaction.connection).exists()


async def one_goal(owner: Principal, goal_id: UUID) -> views.Goal:
    """One goal. Raises `NotFoundError`."""
    return views.Goal.of(await find_goal(owner, goal_id))


async def goals_of(
    owner: Principal,
    asked: PageQuery,
    *,
    status: GoalStatus | None = None,
    goal_type: GoalType | None = None,
) -> Page[views.Goal]:
    """The person's goals, the latest first; of one status or type, if asked for."""
    query = models.Goal.filter(user_id=owner.user_id)
    if status is not None:
        query = query.filter(status=status)
    if goal_type is not None:
        query = query.filter(goal_type=goal_type)
    rows, next_before = await read_page(query, asked)
    return Page[views.Goal].of(map(views.Goal.of, rows), next_before)


def exact(amount: float) -> Decimal:
    """The amount as it was written: 0.1, not the binary number next to it."""
    return Decimal(str(amount))


def _found(row: models.Goal | None) -> models.Goal:
    if row is None:
        raise NotFoundError("there is no such goal of yours")
    return row


async def _check_date(transaction: Transaction, owner: Principal, target_date: date | None) -> None:
    if target_date is None:
        return
    today = local_day(transaction.now, await zone_of(owner.user_id, transaction))
    if target_date < today:
        error = FieldError("/target_date", f"must not be past: where you live it is {today}")
        raise ValidationError("the target date is past", errors=(error,))


def _apply(changes: GoalChanges, row: models.Goal) -> None:
    if changes.title is not None:
        row.title = changes.title
    if changes.target_value is not None:
        row.target_value = exact(changes.target_value)
    if changes.target_date is not Kept.KEPT:
        row.target_date = changes.target_date
    if changes.status is not None:
        row.status = changes.status
