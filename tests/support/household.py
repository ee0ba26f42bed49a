"""A kitchen with its people, as fixtures: the core with a real database, and nothing of HTTP."""

from collections.abc import AsyncIterator

import pytest

from itcook.auth.principal import Principal
from itcook.database import Database
from itcook.kitchens import households, views
from itcook.settings import Settings
from tests.support.community import sign_up
from tests.support.kitchens import let_in


@pytest.fixture(autouse=True)
async def database(settings: Settings) -> AsyncIterator[Database]:
    """An empty database, open."""
    database = Database(settings)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def owner() -> Principal:
    """Who opened `kitchen`."""
    return await sign_up("Ada Lovelace")


@pytest.fixture
async def stranger() -> Principal:
    """Someone who is in no kitchen of others."""
    return await sign_up("Edsger Dijkstra")


@pytest.fixture
async def kitchen(owner: Principal) -> views.Kitchen:
    """A kitchen, as its owner sees it."""
    return await households.create_kitchen(owner, households.KitchenDraft("The shared one"))


@pytest.fixture
async def member(owner: Principal, kitchen: views.Kitchen) -> Principal:
    """Someone else in `kitchen`."""
    person = await sign_up("Grace Hopper")
    await let_in(owner, kitchen.id, person)
    return person
