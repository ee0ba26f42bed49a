"""The core with a real database and nothing of HTTP, as fixtures; `everywhere` gives it to all tests."""

from collections.abc import AsyncIterator

import pytest

from itcook.database import Database
from itcook.settings import Settings


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    """Has each test of a directory, or module, that takes this fixture run on both databases."""
    kind: str = request.param
    return kind


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """An empty database, open."""
    database = Database(settings)
    await database.open()
    yield database
    await database.close()


@pytest.fixture(autouse=True)
def everywhere(database: Database) -> None:
    """Every test has the database, whether it asks for it or not."""
