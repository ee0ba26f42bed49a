"""PostgreSQL crashes, or says nothing any more, under open streams."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.support.api import Api
from tests.support.people import Person
from tests.support.postgres import SECRET, Cluster, cluster
from tests.support.processes import Server, running
from tests.support.streams import TRANSPORTS, Transport
from tests.support.survival import survives

TIMEOUT_SECONDS = 1
HEARTBEAT_SECONDS = 0.3


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Cluster]:
    """A PostgreSQL of this module's own, because it is stopped."""
    with cluster() as postgresql:
        yield postgresql


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory, postgresql: Cluster) -> AsyncIterator[Server]:
    async with (
        postgresql.database() as url,
        running(
            tmp_path_factory.mktemp("server"),
            database_url=url,
            secret=SECRET,
            database_timeout_seconds=TIMEOUT_SECONDS,
            heartbeat_seconds=HEARTBEAT_SECONDS,
        ) as server,
    ):
        yield server


def assert_unavailable(response: httpx.Response) -> None:
    assert response.status_code == 503, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "unavailable"
    assert int(response.headers["Retry-After"]) >= 1


@survives("database: PostgreSQL stopped")
@pytest.mark.parametrize("fault", ["crashed", "frozen"])
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_streams_outlive_the_database(
    api: Api, ada: Person, postgresql: Cluster, transport: Transport, fault: str
) -> None:
    """Reads and writes are 503 with a time to come back, streams have heartbeats; when it is back, so is
    what was stored, and the streams go on with the next event.
    """
    async with await api.connect(transport, ada) as stream:
        await stream.next_of("Connected")
        before = await api.post(ada, "before")
        assert (await stream.next_of("NewCommunityPost")).data["post_id"] == before["id"]
        (postgresql.crash if fault == "crashed" else postgresql.freeze)()
        try:
            assert_unavailable(await api.request("GET", "/community/posts", ada))
            assert (await api.http.get(f"{api.url}/health/ready")).status_code == 503
            assert (await api.http.get(f"{api.url}/health/live")).status_code == 200
            body = {"content": "meanwhile"}
            assert_unavailable(await api.request("POST", "/community/posts", ada, json=body))
            for _ in range(3):
                await stream.next_of("Heartbeat")
        finally:
            (postgresql.start if fault == "crashed" else postgresql.thaw)()
        after = await _posted(api, ada)
        seen = await stream.until(lambda event: event.data.get("post_id") == after)
        assert {event.type for event in seen} <= {"Heartbeat", "NewCommunityPost"}
        feed = await api.done("GET", "/community/posts", ada)
        assert {before["id"], after} <= {post["id"] for post in feed["data"]}


async def _posted(api: Api, person: Person) -> str:
    """A post's id, as soon as there can be one."""
    async with asyncio.timeout(20):
        while True:
            try:
                response = await api.request("POST", "/community/posts", person, json={"content": "after"})
            except httpx.RemoteProtocolError:
                continue  # whoever is refused before their request was read loses the connection with it
            if response.status_code == 201:
                return str(response.json()["id"])
            assert_unavailable(response)
