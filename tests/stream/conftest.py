"""The stream's core; those who ask for `database` have a real one."""

from collections.abc import AsyncIterator

import pytest

from itcook.database import Database
from itcook.settings import Settings


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """An empty database, open."""
    database = Database(settings)
    await database.open()
    yield database
    await database.close()
