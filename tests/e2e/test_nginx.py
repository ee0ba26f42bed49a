"""Behind a real nginx, as it is out of the box and as `deploy/nginx.conf` has it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest
from httpx import HTTPStatusError
from quart import Quart, request
from websockets.exceptions import InvalidStatus

from blueprints.guard import public
from itcook.app import create_app
from itcook.auth.passwords import Passwords
from itcook.settings import Settings
from tests.support.api import Api
from tests.support.certificates import Certificate
from tests.support.nginx import Site, bare, deployed, nginx
from tests.support.people import Person
from tests.support.postgres import SECRET, Cluster
from tests.support.processes import Server, running
from tests.support.servers import serving
from tests.support.streams import TRANSPORTS, SSEStream, Stream, StreamEndedError, Transport
from tests.support.workers import is_cut_off

HEARTBEAT_SECONDS = 0.5
BEATS = 12
BACK_SECONDS = 30


@pytest.fixture(scope="module")
async def behind(
    server: Server, certificate: Certificate, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Api]:
    """Requests by way of the deployed configuration."""
    site = deployed("{}:{}".format(*server.address), certificate)
    async with nginx(tmp_path_factory.mktemp("nginx"), site) as address:
        api = Api(server, url="https://{}:{}".format(*address), tls=certificate, http2=True)
        yield api
        await api.aclose()


@pytest.fixture
async def behind_bare(server: Server, tmp_path: Path) -> AsyncIterator[Api]:
    """Requests by way of an nginx that was told nothing but where the server is."""
    async with nginx(tmp_path, bare("{}:{}".format(*server.address))) as address:
        api = Api(server, url="http://{}:{}".format(*address))
        yield api
        await api.aclose()


async def _arrives(api: Api, stream: Stream, person: Person) -> str:
    """Post, and see the event of it on the stream; its cursor."""
    post = await api.post(person, "through nginx")
    event = await stream.next_of("NewCommunityPost")
    assert event.data["post_id"] == post["id"]
    assert event.id is not None
    return event.id


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_events_come_at_once_as_deployed(behind: Api, grace: Person, transport: Transport) -> None:
    """On both transports, over TLS; nothing waits for a buffer to fill, and a stream that is begun with a
    cursor resumes."""
    async with await behind.connect(transport, grace) as stream:
        assert (await stream.next()).data["transport"] == transport
        cursor = await _arrives(behind, stream, grace)
        await _arrives(behind, stream, grace)
    async with await behind.connect(transport, grace, cursor=cursor) as stream:
        connected = await stream.next()
        assert (connected.data["resume"], connected.data["replayed"]) == ("resumed", 1)


async def test_sse_comes_at_once_through_an_nginx_that_was_told_nothing(
    behind_bare: Api, grace: Person
) -> None:
    """It speaks HTTP/1.0 to the server and buffers what it is not asked not to; `Last-Event-ID` passes."""
    async with await behind_bare.connect("sse", grace) as stream:
        assert (await stream.next()).type == "Connected"
        cursor = await _arrives(behind_bare, stream, grace)
        await _arrives(behind_bare, stream, grace)
    async with await behind_bare.connect("sse", grace, last_event_id=cursor) as stream:
        connected = await stream.next()
        assert (connected.data["resume"], connected.data["replayed"]) == ("resumed", 1)


async def test_the_server_asks_not_to_be_buffered_or_changed(server: Server, grace: Person) -> None:
    """In the words that nginx reads, and in those of RFC 9111 that every proxy does."""
    api = Api(server)
    stream = await api.connect("sse", grace)
    assert isinstance(stream, SSEStream)
    headers = stream._response.headers
    assert headers["X-Accel-Buffering"] == "no"
    assert "no-transform" in headers["Cache-Control"]
    await stream.close()
    await api.aclose()


async def test_a_refused_websocket_is_a_problem_behind_nginx_too(behind: Api) -> None:
    """401 with its body, not a bad gateway."""
    nobody = Person(id=None, name="", email="", access_token="x", refresh_token="")  # type: ignore[arg-type] # nobody has no id
    with pytest.raises(InvalidStatus) as refused:
        await behind.websocket(nobody)
    answer = refused.value.response
    assert (answer.status_code, json.loads(answer.body or b"")["code"]) == (401, "invalid_token")
    with pytest.raises(HTTPStatusError) as refused_sse:
        await behind.connect("sse", nobody)
    assert refused_sse.value.response.status_code == 401


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_heartbeats_keep_a_quiet_stream_open(
    tmp_path: Path, certificate: Certificate, transport: Transport
) -> None:
    """For several times as long as nginx waits for the server to say something."""
    quick = {"heartbeat_seconds": HEARTBEAT_SECONDS, "timeout_seconds": 3 * HEARTBEAT_SECONDS}
    async with running(tmp_path, **quick) as server:
        upstream = "{}:{}".format(*server.address)
        direct = Api(server)
        ada = await direct.register("Ada Lovelace")
        await direct.aclose()
        site = deployed(upstream, certificate, ("proxy_read_timeout 60s", "proxy_read_timeout 2s"))
        async with nginx(tmp_path, site) as address:
            api = Api(server, url="https://{}:{}".format(*address), tls=certificate)
            async with await api.connect(transport, ada) as stream:
                for _ in range(BEATS):
                    await stream.next_of("Heartbeat")
            await api.aclose()


async def _until_served(api: Api, transport: Transport, person: Person, cursor: str) -> Stream:
    """Connect as a client does that was sent away: again and again, while there is nobody."""
    async with asyncio.timeout(BACK_SECONDS):
        while True:
            try:
                return await api.connect(transport, person, cursor=cursor)
            except (HTTPStatusError, InvalidStatus) as refused:
                if refused.response.status_code not in {502, 503}:
                    raise
                await asyncio.sleep(0.05)


async def test_clients_resume_when_the_server_was_restarted_behind_nginx(
    tmp_path: Path, certificate: Certificate
) -> None:
    """They hear 1012, see nothing but 502 meanwhile, and get what was posted since they left."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = "{}:{}".format(*taken.getsockname())
    async with (
        running(tmp_path, bind=bind) as server,
        nginx(tmp_path, deployed(bind, certificate)) as address,
    ):
        api = Api(server, url="https://{}:{}".format(*address), tls=certificate)
        ada = await api.register("Ada Lovelace")
        streams = {transport: await api.connect(transport, ada) for transport in TRANSPORTS}
        cursors = {name: (await stream.next()).data["cursor"] for name, stream in streams.items()}
        async with server.stopped():
            for stream in streams.values():
                assert (await stream.next_of("Disconnecting")).data["code"] == 1012
                with pytest.raises(StreamEndedError):
                    await stream.next()
                await stream.close()
        post = await _until_posted(api, ada)
        for transport in TRANSPORTS:
            async with await _until_served(api, transport, ada, cursors[transport]) as stream:
                assert (await stream.next()).data["resume"] == "resumed"
                assert (await stream.next_of("NewCommunityPost")).data["post_id"] == post
        await api.aclose()


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_clients_of_a_killed_node_resume_on_the_other(
    tmp_path: Path, certificate: Certificate, postgresql: Cluster
) -> None:
    """Two nodes share a database behind nginx, and both get streams on both transports. One is killed:
    whoever asks from then on is answered, the other's streams go on, and those that were cut off resume,
    without gap, at their first attempt."""
    async with AsyncExitStack() as stack:
        own = {
            "database_url": await stack.enter_async_context(postgresql.database()),
            "secret": SECRET,
            "drain_seconds": 0.5,
        }
        stays, dies = [await stack.enter_async_context(running(tmp_path, **own)) for _ in range(2)]
        first, second = ("{}:{}".format(*node.address) for node in (stays, dies))
        address = await stack.enter_async_context(
            nginx(tmp_path, deployed(first, certificate, second=second))
        )
        api = Api(stays, url="https://{}:{}".format(*address), tls=certificate)
        stack.push_async_callback(api.aclose)
        ada = await api.register("Ada Lovelace")
        streams = [await api.connect(transport, ada) for transport in TRANSPORTS for _ in range(4)]
        connected = [(await stream.next()).data for stream in streams]
        nodes = [data["connection_id"].partition("-")[0] for data in connected]
        dying = next(line["node_id"] for line in dies.lines if line["event"] == "serving")
        reached = {(stream.transport, node == dying) for stream, node in zip(streams, nodes, strict=True)}
        assert len(reached) == 4, "least_conn spreads them evenly"

        await dies.kill()
        post = await api.post(ada, "after the kill")
        for stream, node, data in zip(streams, nodes, connected, strict=True):
            if node == dying:
                assert await is_cut_off(stream)
                await stream.close()
                stream = await api.connect(stream.transport, ada, cursor=data["cursor"])
                assert (await stream.next()).data["resume"] == "resumed"
            assert (await stream.next_of("NewCommunityPost")).data["post_id"] == post["id"]
            await stream.close()


async def _until_posted(api: Api, person: Person) -> str:
    async with asyncio.timeout(BACK_SECONDS):
        while True:
            body = {"content": "after the restart"}
            response = await api.request("POST", "/community/posts", person, json=body)
            if response.status_code == 201:
                post_id: str = response.json()["id"]
                return post_id
            assert response.status_code == 502, "nginx takes an upstream for dead for a while"
            await asyncio.sleep(0.05)


def _who(settings: Settings, passwords: Passwords) -> Quart:
    app = create_app(settings, passwords)

    @app.get("/who")
    @public
    async def who() -> dict[str, str | None]:
        return {"client": request.remote_addr, "scheme": request.scheme, "host": request.host}

    return app


SPOOFED: Mapping[str, str] = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Host": "evil.example",
    "Forwarded": "for=203.0.113.9;host=evil.example",
    "Host": "itcook.example",
}


@pytest.mark.parametrize("append", [False, True], ids=["as deployed", "appending"])
async def test_the_client_has_its_own_address(
    settings: Settings, passwords: Passwords, certificate: Certificate, tmp_path: Path, append: bool
) -> None:
    """Not nginx's, and not one that it made up; scheme and host are those that it asked nginx for."""
    appending = ("X-Forwarded-For $remote_addr", "X-Forwarded-For $proxy_add_x_forwarded_for")
    trusting = settings.model_copy(update={"trusted_proxies": (ip_network("127.0.0.1"),)})
    async with serving(_who(trusting, passwords), trusting) as port:
        site: Site = deployed(f"127.0.0.1:{port}", certificate, *[appending] * append)
        async with nginx(tmp_path, site) as address:
            transport = httpx.AsyncHTTPTransport(local_address="127.0.0.2", verify=certificate.trusting())
            async with httpx.AsyncClient(transport=transport) as client:
                answer = await client.get("https://{}:{}/who".format(*address), headers=SPOOFED)
    assert answer.json() == {"client": "127.0.0.2", "scheme": "https", "host": "itcook.example"}
