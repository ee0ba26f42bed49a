"""The servers that the contract is held against: each way of serving, started once for a module."""

from collections.abc import AsyncIterator, Mapping

import pytest

from tests.support.api import Api
from tests.support.people import Person
from tests.support.processes import Server
from tests.support.sinks import SINKS, Sink, served
from tests.support.streams import TRANSPORTS, Transport


@pytest.fixture(scope="module", params=SINKS)
def sink(request: pytest.FixtureRequest) -> Sink:
    name: Sink = request.param
    return name


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> Transport:
    name: Transport = request.param
    return name


@pytest.fixture(scope="module")
def server_settings() -> Mapping[str, object]:
    """What a module's servers are started with; a module that needs more has its own."""
    return {}


@pytest.fixture(scope="module")
async def running(
    tmp_path_factory: pytest.TempPathFactory, sink: Sink, server_settings: Mapping[str, object]
) -> AsyncIterator[tuple[Server, Api]]:
    async with served(sink, tmp_path_factory.mktemp(sink), **server_settings) as running:
        yield running


@pytest.fixture(scope="module")
def server(running: tuple[Server, Api]) -> Server:
    return running[0]


@pytest.fixture(scope="module")
def api(running: tuple[Server, Api]) -> Api:
    return running[1]


@pytest.fixture(scope="module")
async def ada(api: Api) -> Person:
    """Someone signed in."""
    return await api.register("Ada Lovelace")


@pytest.fixture(scope="module")
async def grace(api: Api) -> Person:
    """Someone else signed in."""
    return await api.register("Grace Hopper")
