"""The schedule with a real database."""

from collections.abc import AsyncIterator

import pytest

from itcook.database import Database
from itcook.settings import Settings


@pytest.fixture(autouse=True)
async def database(settings: Settings) -> AsyncIterator[Database]:
    """An empty database, open."""
    database = Database(settings)
    await database.open()
    yield database
    await database.close()
