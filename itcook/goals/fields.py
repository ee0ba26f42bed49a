"""What a goal consists of: types that check, for whoever reads them from outside."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

MAX_AMOUNT = 1e9  # of any unit: more than anyone eats, drinks, lifts or sleeps
DECIMALS = 3  # what the tables hold


class GoalType(StrEnum):
    WEIGHT = "weight"
    CALORIES = "calories"
    EXERCISE = "exercise"
    WATER = "water"
    SLEEP = "sleep"
    CUSTOM = "custom"


class Direction(StrEnum):
    """Which way the target lies: it is reached at it or above it (`up`), at it or below it (`down`)."""

    UP = "up"
    DOWN = "down"

    @classmethod
    def usual(cls, goal_type: GoalType) -> "Direction":
        """Where nobody says: most people who watch their weight want less of it; of the rest, more."""
        return cls.DOWN if goal_type is GoalType.WEIGHT else cls.UP


class GoalStatus(StrEnum):
    """Progress counts while a goal is `active`; only progress makes it `completed`, and that is final."""

    ACTIVE = "active"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    COMPLETED = "completed"


def _three_decimals(amount: float) -> float:
    if round(amount, DECIMALS) != amount:
        raise ValueError(f"must have at most {DECIMALS} decimals")
    return amount


Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Unit = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=16)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Target = Annotated[float, Field(gt=0, le=MAX_AMOUNT, allow_inf_nan=False), AfterValidator(_three_decimals)]
Amount = Annotated[float, Field(ge=0, le=MAX_AMOUNT, allow_inf_nan=False), AfterValidator(_three_decimals)]
