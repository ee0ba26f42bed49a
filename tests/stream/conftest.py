import pytest

from tests.support.core import backend, database
from tests.support.here import Here

__all__ = ["backend", "database"]


@pytest.fixture
async def here() -> Here:
    """Nobody is connected and nothing has happened."""
    return Here()
