"""A kitchen with its people, as fixtures."""

import pytest

from itcook.auth.principal import Principal
from itcook.kitchens import households, views
from tests.support.community import sign_up
from tests.support.kitchens import let_in


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
