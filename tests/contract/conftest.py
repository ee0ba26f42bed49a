"""The servers that the contract is held against: each way of serving, started once."""

from collections.abc import AsyncIterator

import pytest

from tests.support.api import Api
from tests.support.people import Person
from tests.support.processes import Server
from tests.support.sinks import SINKS, Sink, served
from tests.support.streams import TRANSPORTS, Transport

SECRET = "a secret that is long enough for HS256, and known to the tests"


@pytest.fixture(scope="session", params=SINKS)
def sink(request: pytest.FixtureRequest) -> Sink:
    name: Sink = request.param
    return name


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> Transport:
    name: Transport = request.param
    return name


@pytest.fixture(scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory, sink: Sink) -> AsyncIterator[tuple[Server, Api]]:
    async with served(sink, tmp_path_factory.mktemp(sink), secret=SECRET) as running:
        yield running


@pytest.fixture(scope="session")
def server(running: tuple[Server, Api]) -> Server:
    return running[0]


@pytest.fixture(scope="session")
def api(running: tuple[Server, Api]) -> Api:
    return running[1]


@pytest.fixture(scope="session")
async def ada(api: Api) -> Person:
    """Someone signed in."""
    return await api.register("Ada Lovelace")


@pytest.fixture(scope="session")
async def grace(api: Api) -> Person:
    """Someone else signed in."""
    return await api.register("Grace Hopper")
