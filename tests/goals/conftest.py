"""A goal with its owner, and a real database."""

import pytest

from itcook.auth.principal import Principal
from itcook.goals import goals, views
from itcook.goals.fields import GoalType
from tests.support.community import sign_up
from tests.support.core import backend, database, everywhere

__all__ = ["backend", "database", "everywhere", "goal", "owner", "stranger"]


@pytest.fixture
async def owner() -> Principal:
    """Whose goals they are."""
    return await sign_up("Ada Lovelace")


@pytest.fixture
async def stranger() -> Principal:
    """Someone else."""
    return await sign_up("Grace Hopper")


@pytest.fixture
async def goal(owner: Principal) -> views.Goal:
    """Two litres of water."""
    return await goals.create_goal(owner, goals.GoalDraft("Drink more", GoalType.WATER, 2, "l"))
