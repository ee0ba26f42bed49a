"""Recipes without HTTP; whoever asks for people has a real database."""

import pytest

from itcook.auth.principal import Principal
from itcook.database import Database
from itcook.recipes import recipes, views
from tests.support.community import sign_up
from tests.support.core import backend, database
from tests.support.recipes import draft

__all__ = ["author", "backend", "database", "reader", "recipe"]


@pytest.fixture
async def author(database: Database) -> Principal:
    """Who wrote `recipe`."""
    return await sign_up("Ada Lovelace")


@pytest.fixture
async def reader(database: Database) -> Principal:
    """Someone else."""
    return await sign_up("Grace Hopper")


@pytest.fixture
async def recipe(author: Principal) -> views.Recipe:
    """A public recipe, as its author sees it."""
    return await recipes.create_recipe(author, draft(), is_public=True)
