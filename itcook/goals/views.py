"""What clients see of goals: the bodies of the answers. Amounts are in the goal's own unit."""

import datetime
from uuid import UUID

from itcook import models
from itcook.events import Timestamp
from itcook.goals.fields import Direction, GoalStatus, GoalType
from itcook.views import View


class Goal(View):
    """What a person wants to reach. `current_value` is the latest progress; null before the first."""

    id: UUID
    title: str
    goal_type: GoalType
    target_value: float
    current_value: float | None
    unit: str
    direction: Direction
    target_date: datetime.date | None
    status: GoalStatus
    created_at: Timestamp
    updated_at: Timestamp

    @classmethod
    def of(cls, row: models.Goal) -> "Goal":
        return cls(
            id=row.id,
            title=row.title,
            goal_type=GoalType(row.goal_type),
            target_value=float(row.target_value),
            current_value=None if row.current_value is None else float(row.current_value),
            unit=row.unit,
            direction=Direction(row.direction),
            target_date=row.target_date,
            status=GoalStatus(row.status),
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


class Progress(View):
    """One value on the way to a goal."""

    id: UUID
    value: float
    note: str | None
    created_at: Timestamp

    @classmethod
    def of(cls, row: models.GoalProgress) -> "Progress":
        return cls(id=row.id, value=float(row.value), note=row.note, created_at=row.created_at)


class Point(View):
    """The last value of one day."""

    day: datetime.date
    value: float


class Series(View):
    """A goal's progress for a chart: a point for each of the person's days that has progress, in order.

    Both `first_day` and `last_day` are within what was asked for.
    """

    first_day: datetime.date
    last_day: datetime.date
    time_zone: str
    data: list[Point]


class Achievement(View):
    """That a goal was reached, and what it was then. It stays when the goal is deleted."""

    id: UUID
    goal_id: UUID
    title: str
    achievement_type: str
    target_value: float
    unit: str
    created_at: Timestamp

    @classmethod
    def of(cls, row: models.Achievement) -> "Achievement":
        return cls(
            id=row.id,
            goal_id=row.goal_id,
            title=row.title,
            achievement_type=row.achievement_type,
            target_value=float(row.target_value),
            unit=row.unit,
            created_at=row.created_at,
        )
