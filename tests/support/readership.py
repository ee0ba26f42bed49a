"""A post with its people, as fixtures."""

import pytest

from itcook.auth.principal import Principal
from itcook.community import posts, views
from tests.support.community import sign_up


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
    """Someone who looks after the community."""
    return await sign_up("Alan Turing", role="admin")


@pytest.fixture
async def post(author: Principal) -> views.Post:
    """A post, as its author sees it."""
    return await posts.create_post(author, posts.PostDraft("Borscht, at last"))
