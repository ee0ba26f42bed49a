"""Progress: the values on the way to a goal, and the moment when it is reached."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from itcook import models
from itcook.auth.principal import Principal
from itcook.clock import Clock, utc_now
from itcook.database import Transaction, transactional
from itcook.errors import ConflictError, FieldError, ValidationError
from itcook.events import GoalAchieved
from itcook.goals import views
from itcook.goals.days import local_day, start_of, zone_of
from itcook.goals.fields import Direction, GoalStatus
from itcook.goals.goals import exact, find_goal, lock_goal
from itcook.pages import Page, PageQuery, read_page
from itcook.stream import channels
from itcook.stream.outbox import record

DEFAULT_DAYS = 90  # of a chart: what fits a screen
MAX_DAYS = 366  # of one answer: a year, and bounds what one request can ask for
READ_ROWS = 1000  # a query


@transactional
async def add_progress(
    transaction: Transaction, owner: Principal, goal_id: UUID, value: float, note: str | None = None
) -> views.Goal:
    """Record where the person stands now; the goal as it is then.

    The first value that reaches the target completes the goal, and the person is told, once: whoever
    writes at the same time waits for the goal's row and finds it completed.

    Raises `NotFoundError`, and `ConflictError` `goal_not_active`.
    """
    goal = await lock_goal(transaction, owner, goal_id)
    if goal.status != GoalStatus.ACTIVE:
        raise ConflictError(
            f"progress counts towards active goals, and this one is {goal.status}", code="goal_not_active"
        )
    amount = exact(value)
    await models.GoalProgress.create(
        using_db=transaction.connection,
        goal_id=goal_id,
        value=amount,
        note=note,
        created_at=transaction.now,
    )
    goal.current_value = amount
    goal.updated_at = transaction.now
    if _is_reached(goal, amount):
        await _achieve(transaction, goal)
    await goal.save(using_db=transaction.connection, update_fields=["current_value", "status", "updated_at"])
    return views.Goal.of(goal)


async def history(owner: Principal, goal_id: UUID, asked: PageQuery) -> Page[views.Progress]:
    """The progress of a goal, the latest first. Raises `NotFoundError`."""
    await find_goal(owner, goal_id)
    rows, next_before = await read_page(models.GoalProgress.filter(goal_id=goal_id), asked)
    return Page[views.Progress].of(map(views.Progress.of, rows), next_before)


async def series(
    owner: Principal,
    goal_id: UUID,
    first_day: date | None = None,
    last_day: date | None = None,
    *,
    clock: Clock = utc_now,
) -> views.Series:
    """The last value of each day from `first_day` to `last_day`, by default the 90 days until today.

    Raises `NotFoundError`, and `ValidationError` for days in the wrong order or more than 366 of them.
    """
    goal = await find_goal(owner, goal_id)
    zone = await zone_of(owner.user_id)
    today = local_day(clock(), zone)
    last = last_day or max(today, first_day or today)
    first = first_day or last - timedelta(days=DEFAULT_DAYS - 1)
    _check_days(first, last)
    values = await _last_values(goal.id, first, last, zone)
    points = [views.Point(day=day, value=float(value)) for day, value in sorted(values.items())]
    return views.Series(first_day=first, last_day=last, time_zone=zone.key, data=points)


async def achievements(owner: Principal, asked: PageQuery) -> Page[views.Achievement]:
    """What the person achieved, the latest first."""
    rows, next_before = await read_page(models.Achievement.filter(user_id=owner.user_id), asked)
    return Page[views.Achievement].of(map(views.Achievement.of, rows), next_before)


def _is_reached(goal: models.Goal, amount: Decimal) -> bool:
    if goal.direction == Direction.UP:
        return amount >= goal.target_value
    return amount <= goal.target_value


async def _achieve(transaction: Transaction, goal: models.Goal) -> None:
    goal.status = GoalStatus.COMPLETED
    await models.Achievement.create(
        using_db=transaction.connection,
        user_id=goal.user_id,
        goal_id=goal.id,
        title=goal.title,
        achievement_type=goal.goal_type,
        target_value=goal.target_value,
        unit=goal.unit,
        created_at=transaction.now,
    )
    event = GoalAchieved(
        goal_id=goal.id,
        title=goal.title,
        achievement_type=goal.goal_type,
        target_value=float(goal.target_value),
        unit=goal.unit,
    )
    record(transaction, event, channels.personal(goal.user_id))


def _check_days(first: date, last: date) -> None:
    if first > last:
        raise _wrong_days(f"must not be after `to`, which is {last}")
    if (last - first).days >= MAX_DAYS:
        raise _wrong_days(f"must be at most {MAX_DAYS} days before the end of `to`, which is {last}")


def _wrong_days(detail: str) -> ValidationError:
    return ValidationError("these days make no chart", errors=(FieldError("/from", detail),))


async def _last_values(goal_id: UUID, first: date, last: date, zone: ZoneInfo) -> dict[date, Decimal]:
    """Read backwards; a day that fills a whole query is left for the one before it."""
    values: dict[date, Decimal] = {}
    after = start_of(first, zone)
    until = start_of(last + timedelta(days=1), zone)
    while rows := await _read_before(goal_id, after, until):
        for created_at, value in rows:
            values.setdefault(local_day(created_at, zone), value)
        until = start_of(local_day(rows[-1][0], zone), zone)
    return values


async def _read_before(goal_id: UUID, after: datetime, until: datetime) -> list[tuple[datetime, Decimal]]:
    rows = models.GoalProgress.filter(goal_id=goal_id, created_at__gte=after, created_at__lt=until)
    return await rows.order_by("-created_at", "-id").limit(READ_ROWS).values_list("created_at", "value")
