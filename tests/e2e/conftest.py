"""Real server processes and the people who use them. One server for a module, as a start takes a second."""

from collections.abc import AsyncIterator, Mapping

import pytest

from tests.support.api import Api
from tests.support.people import Person
from tests.support.processes import Server, running


@pytest.fixture(scope="module")
def server_settings() -> Mapping[str, object]:
    """What a module's server is started with; a module that needs more has its own."""
    return {}


@pytest.fixture(scope="module")
def database_settings() -> Mapping[str, object]:
    """Which database a module's server has, by default a file of its own. Where both matter,
    `tests.support.both_databases` stands in its place.
    """
    return {}


@pytest.fixture(scope="module")
async def server(
    tmp_path_factory: pytest.TempPathFactory,
    database_settings: Mapping[str, object],
    server_settings: Mapping[str, object],
) -> AsyncIterator[Server]:
    settings = {**database_settings, **server_settings}
    async with running(tmp_path_factory.mktemp("server"), **settings) as server:
        yield server


@pytest.fixture(scope="module")
async def api(server: Server) -> AsyncIterator[Api]:
    api = Api(server)
    yield api
    await api.aclose()


@pytest.fixture(scope="module")
async def ada(api: Api) -> Person:
    """Someone signed in."""
    return await api.register("Ada Lovelace")


@pytest.fixture(scope="module")
async def grace(api: Api) -> Person:
    """Someone else signed in."""
    return await api.register("Grace Hopper")
