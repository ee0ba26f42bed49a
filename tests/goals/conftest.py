"""The core with a real database, and nothing of HTTP."""

from collections.abc import AsyncIterator

import pytest

from itcook.auth.principal import Principal
from itcook.database import Database
from itcook.goals import goals, views
from itcook.goals.fields import GoalType
from itcook.settings import Settings
from tests.support.community import sign_up


@pytest.fixture(autouse=True)
async def database(settings: Settings) -> AsyncIterator[Database]:
    """An empty database, open."""
    database = Database(settings)
    await database.open()
    yield database
    await database.close()


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
