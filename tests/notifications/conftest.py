"""The core with a real database, and nothing of HTTP."""

from collections.abc import AsyncIterator

import pytest

from itcook.auth.principal import Principal
from itcook.community import posts, views
from itcook.database import Database
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
async def author() -> Principal:
    """Who wrote `post`."""
    return await sign_up("Ada Lovelace")


@pytest.fixture
async def reader() -> Principal:
    """Someone else."""
    return await sign_up("Grace Hopper")


@pytest.fixture
async def admin() -> Principal:
    """Someone who runs the service."""
    return await sign_up("Alan Turing", role="admin")


@pytest.fixture
async def post(author: Principal) -> views.Post:
    """A post, as its author sees it."""
    return await posts.create_post(author, posts.PostDraft("Borscht, at last"))
