"""What the operator does to accounts reaches running nodes at once, by whichever way they hear each other."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from tests.support.api import Api
from tests.support.postgres import SECRET, Cluster
from tests.support.processes import Server, running
from tests.support.redis_server import redis_server

SOON_SECONDS = 10.0  # the audit, which is not what is tested, looks every 15 seconds


@pytest.fixture(scope="module", params=["postgresql", "redis"])
async def server(
    request: pytest.FixtureRequest, postgresql: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Server]:
    """A node that hears others through PostgreSQL, or through Redis."""
    directory = tmp_path_factory.mktemp("node")
    async with postgresql.database() as url:
        settings: Mapping[str, object] = {"database_url": url, "secret": SECRET}
        if request.param == "postgresql":
            async with running(directory, **settings) as server:
                await server.logged(lambda line: line["event"] == "nodes hear each other through PostgreSQL")
                yield server
        else:
            async with (
                redis_server(directory) as redis,
                running(directory, **settings, redis_url=redis.url) as server,
            ):
                await server.logged(lambda line: line["event"] == "Redis can be reached")
                yield server


async def test_a_closed_account_is_signed_out_of_running_nodes_at_once(server: Server, api: Api) -> None:
    """Its connections end with 4403 while the server goes on, and nobody takes the command for a node."""
    ada, grace = await api.register("Ada Lovelace"), await api.register("Grace Hopper")
    async with await api.connect("websocket", ada) as stream:
        await stream.next()
        closed = await server.itcook("user", "disable", ada.email)
        assert closed == (0, f"{ada.name} is signed out, and cannot sign in\n")
        async with asyncio.timeout(SOON_SECONDS):
            seen, code = await stream.end()
    assert (code, seen[-1].data["code"]) == (4403, 4403)
    assert len((await api.done("GET", "/realtime/stats", grace))["nodes"]) == 1


@pytest.mark.parametrize("what", ["redis"])
async def test_the_account_is_closed_also_where_nobody_can_be_told(
    what: str, postgresql: Cluster, tmp_path: Path
) -> None:
    """The audit of running nodes finds it; the command says so and has done its work."""
    async with postgresql.database() as url:
        settings: Mapping[str, object] = {"database_url": url, "secret": SECRET}
        async with running(tmp_path, **settings) as server:
            api = Api(server)
            ada = await api.register("Ada Lovelace")
            await api.aclose()
        away = Server(tmp_path, {**settings, "redis_url": "redis://127.0.0.1:1/0"})
        code, printed = await away.itcook("user", "disable", ada.email)
    assert (code, "running nodes cannot be told" in printed, "is signed out" in printed) == (0, True, True)
