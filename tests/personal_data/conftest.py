"""A person who has done everything that leaves a row behind, through the front door."""

import pytest
from quart.typing import TestClientProtocol as Client

from itcook import models
from itcook.services import Services
from tests.support.core import backend
from tests.support.lives import live
from tests.support.people import Person, register

__all__ = ["backend"]


@pytest.fixture
async def alan(client: Client) -> Person:
    """An administrator."""
    alan = await register(client, "Alan Turing")
    await models.User.filter(id=alan.id).update(role="admin")
    return alan


@pytest.fixture
async def lived(client: Client, services: Services, ada: Person, grace: Person, alan: Person) -> Person:
    """Ada, after a long life here among the others."""
    await live(client, ada, grace, alan)
    return ada
