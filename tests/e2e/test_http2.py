"""HTTP/2, as browsers speak it over TLS: both transports as streams of one connection."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Mapping
from functools import partial
from pathlib import Path

import pytest
from h2.errors import ErrorCodes
from h2.events import StreamReset
from httpx import HTTPStatusError

from tests.support.api import Api
from tests.support.certificates import Certificate
from tests.support.contract import STREAMS, covers
from tests.support.http2 import HTTP2Client, http2_client
from tests.support.people import Person
from tests.support.processes import LogLine, Server, running
from tests.support.raw_websocket import BINARY, TEXT, frame
from tests.support.streams import TRANSPORTS, SSEStream, Transport

HEARTBEAT_SECONDS = 0.4
TIMEOUT_SECONDS = 1.2


@pytest.fixture(scope="module")
def server_settings(certificate: Certificate) -> Mapping[str, object]:
    return {
        **certificate.settings,
        "heartbeat_seconds": HEARTBEAT_SECONDS,
        "timeout_seconds": TIMEOUT_SECONDS,
    }


@pytest.fixture(scope="module")
async def api(server: Server, certificate: Certificate) -> AsyncIterator[Api]:
    """Over HTTP/2, but for WebSockets."""
    api = Api(server, tls=certificate, http2=True)
    yield api
    await api.aclose()


@pytest.fixture
async def http2(server: Server, certificate: Certificate) -> AsyncIterator[HTTP2Client]:
    async with http2_client(server.address, certificate.trusting("h2")) as client:
        yield client


@pytest.fixture
def quiet(server: Server) -> int:
    """So many lines were logged before the test."""
    return len(server.lines)


def _complaints(server: Server, after: int) -> list[object]:
    return [line for line in server.lines[after:] if line.get("level") not in {"debug", "info"}]


def _is_end_of(transport: Transport, line: LogLine) -> bool:
    return (line["event"], line.get("transport")) == ("connection ended", transport)


async def test_sse_comes_over_http_2(api: Api, grace: Person) -> None:
    """With its headers, its events and its cursor, over the connection that also carries the posting."""
    response = await api.request("GET", "/auth/me", grace)
    assert (response.status_code, response.http_version) == (200, "HTTP/2")
    stream = await api.connect("sse", grace)
    assert isinstance(stream, SSEStream)
    async with stream:
        assert (await stream.next()).data["transport"] == "sse"
        post = await api.post(grace, "over HTTP/2")
        event = await stream.next_of("NewCommunityPost")
        assert event.data["post_id"] == post["id"]
    async with await api.connect("sse", grace, last_event_id=event.id) as resumed:
        assert (await resumed.next()).data["resume"] == "resumed"


async def test_a_refusal_over_http_2_is_a_problem(api: Api) -> None:
    """As over HTTP/1.1."""
    nobody = Person(id=None, name="", email="", access_token="x", refresh_token="")  # type: ignore[arg-type] # nobody has no id
    with pytest.raises(HTTPStatusError) as refused:
        await api.connect("sse", nobody)
    assert refused.value.response.status_code == 401
    assert refused.value.response.json()["code"] == "invalid_token"


@covers("ends: 1000", on="websocket", sink="http2")
async def test_a_websocket_runs_in_a_stream_of_http_2(http2: HTTP2Client, grace: Person) -> None:
    """By extended CONNECT: offered in the settings, accepted with 200 and without compression; messages are
    answered, events come, and a close is answered with a close and the end of the stream."""
    await http2.greeted()
    assert http2.settings[8] == 1
    websocket = await http2.websocket(grace)
    assert "sec-websocket-extensions" not in websocket.head
    assert (await websocket.next_of("Connected"))["transport"] == "websocket"
    websocket.say({"type": "Subscribe", "channels": [f"author:{grace.id}"], "ref": "r"})
    assert (await websocket.next_of("Subscribed"))["ref"] == "r"
    body = json.dumps({"content": "a post beside it"}).encode()
    posted = http2.request(
        "POST", "/api/v1/community/posts", grace, ("content-type", "application/json"), body=body
    )
    status, answer = await http2.response(posted)
    assert status == 201
    assert (await websocket.next_of("NewCommunityPost"))["post_id"] == json.loads(answer)["id"]
    websocket.close(1000)
    assert await websocket.close_code() == 1000
    assert await websocket.receive() is None


async def test_many_streams_share_one_connection(http2: HTTP2Client, api: Api, grace: Person) -> None:
    """Ten streams of both transports on one connection each see every event, in order."""
    websockets = [await http2.websocket(grace) for _ in range(5)]
    sse = [http2.request("GET", "/api/v1/realtime/sse", grace) for _ in range(5)]
    for websocket in websockets:
        await websocket.next_of("Connected")
    for stream_id in sse:
        assert (await http2.status(stream_id))[":status"] == "200"
    posted = [(await api.post(grace, f"number {number}"))["id"] for number in range(20)]
    for websocket in websockets:
        assert [(await websocket.next_of("NewCommunityPost"))["post_id"] for _ in posted] == posted


@pytest.mark.parametrize("version", ["12", "8"])
async def test_another_version_of_websocket_is_refused(
    http2: HTTP2Client, grace: Person, version: str
) -> None:
    """400, naming the one that is spoken."""
    await http2.greeted()
    head = await http2.status(http2.open(http2.connect_headers(grace, version=version), None))
    assert (head[":status"], head["sec-websocket-version"]) == ("400", "13")


async def test_a_websocket_without_a_token_is_refused(http2: HTTP2Client) -> None:
    """401 with a problem, as before an upgrade."""
    await http2.greeted()
    stream_id = http2.open(http2.connect_headers(None), None)
    assert (await http2.status(stream_id))[":status"] == "401"
    assert json.loads(await http2.body(stream_id))["code"] == "unauthenticated"


async def test_the_server_is_no_tunnel(http2: HTTP2Client) -> None:
    """CONNECT is for WebSockets: a proxy's, or another protocol's, is 501."""
    await http2.greeted()
    plain = http2.open([(":method", "CONNECT"), (":authority", "elsewhere.example:443")], None)
    assert (await http2.status(plain))[":status"] == "501"
    headers = [
        (name, "connect-udp" if name == ":protocol" else value) for name, value in http2.connect_headers(None)
    ]
    assert (await http2.status(http2.open(headers, None)))[":status"] == "501"


async def test_a_stream_that_is_reset_at_once_is_nobody_s_defect(
    http2: HTTP2Client, server: Server, quiet: int
) -> None:
    """Opened and reset in one breath, refused or not: the connection goes on."""
    await http2.greeted()
    plain = [(":method", "CONNECT"), (":authority", "elsewhere.example:443")]
    for headers in (plain, http2.connect_headers(None), http2.connect_headers(None, version="8")):
        stream_id = http2.h2.get_next_available_stream_id()
        http2.h2.send_headers(stream_id, headers)
        http2.h2.reset_stream(stream_id)
    http2.flush()
    status, _ = await http2.response(http2.request("GET", "/health/live"))
    assert status == 200
    assert _complaints(server, quiet) == []


@covers("closes: 1002", "closes: 1007", "closes: 1009", "ends: 1003", on="websocket", sink="http2")
async def test_broken_frames_are_closed_with_their_code(
    http2: HTTP2Client, server: Server, grace: Person, quiet: int
) -> None:
    """Binary, too large, unmasked, not UTF-8: as over HTTP/1.1, and the connection's other streams go on."""
    other = await http2.websocket(grace)
    for broken, code in [
        (frame(BINARY), 1003),
        (frame(TEXT, b"x" * 65 * 1024), 1009),
        (frame(TEXT, b"x", masked=False), 1002),
        (frame(TEXT, b"\xff"), 1007),
    ]:
        websocket = await http2.websocket(grace)
        await websocket.send_all(broken)
        assert await websocket.close_code() == code
    other.say({"type": "Unsubscribe", "channels": ["community"]})
    await other.next_of("Unsubscribed")
    assert _complaints(server, quiet) == []


@covers("liveness: stuck", "ends: 4008", sink="http2")
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_stream_that_is_not_read_waits_alone(
    server: Server, certificate: Certificate, api: Api, grace: Person, transport: Transport
) -> None:
    """Its client never opens its window: the stream is ended after the timeout, and until then the other one
    on the connection gets every event."""
    tls = certificate.trusting("h2")
    async with http2_client(server.address, tls, reads=False, window=2_000) as client:
        await client.greeted()
        seen = len(server.lines)
        if transport == "sse":
            stuck = client.request("GET", "/api/v1/realtime/sse", grace)
        else:
            stuck = (await client.websocket(grace)).stream_id
        open_one = await client.websocket(grace)
        client.h2.increment_flow_control_window(1_000_000, open_one.stream_id)
        client.h2.increment_flow_control_window(1_000_000)
        client.flush()
        posted = [(await api.post(grace, "x" * 400))["id"] for _ in range(10)]
        assert [(await open_one.next_of("NewCommunityPost"))["post_id"] for _ in posted] == posted
        ended = await server.logged(
            lambda line: line.get("transport") == transport and line.get("code") == 4008, after=seen
        )
        assert ended["user_id"] == str(grace.id)
        while not isinstance(event := await client.event(stuck), StreamReset):
            assert event is not None, "the whole connection ended"


@covers("liveness: HTTP/2", on=STREAMS, sink="http2")
async def test_a_client_that_answers_no_ping_is_gone(
    server: Server, certificate: Certificate, grace: Person
) -> None:
    """Its kernel acknowledges every byte, and yet its streams end, soon after the timeout."""
    reader, writer = await asyncio.open_connection(*server.address, ssl=certificate.trusting("h2"))
    client = HTTP2Client(reader, writer, "localhost", reads=True)
    await client.greeted()
    stream_id = client.request("GET", "/api/v1/realtime/sse", grace)
    await client.status(stream_id)
    await client.websocket(grace)
    before = len(server.lines)
    client._reading.cancel()  # from now on it reads nothing, and so answers nothing
    began = asyncio.get_running_loop().time()
    for transport in TRANSPORTS:
        await server.logged(partial(_is_end_of, transport), after=before)
    took = asyncio.get_running_loop().time() - began
    assert TIMEOUT_SECONDS - HEARTBEAT_SECONDS < took < TIMEOUT_SECONDS + 4 * HEARTBEAT_SECONDS
    writer.transport.abort()


@pytest.mark.parametrize("flood", ["pings", "resets", "settings", "empty data", "unknown"])
async def test_a_flood_of_frames_ends_the_connection(
    server: Server, certificate: Certificate, api: Api, grace: Person, flood: str, quiet: int
) -> None:
    """With GOAWAY and ENHANCE_YOUR_CALM, if the flooder still listens; and nobody else notices."""
    async with http2_client(server.address, certificate.trusting("h2")) as client:
        await client.greeted()
        stream_id = client.open(client.connect_headers(grace), None)
        for _ in range(3_000):
            if flood == "resets":
                opened = client.h2.get_next_available_stream_id()
                headers = [(":method", "GET"), (":scheme", "https"), (":authority", "x"), (":path", "/")]
                client.h2.send_headers(opened, headers, end_stream=True)
                client.h2.reset_stream(opened)
            elif flood == "pings":
                client.h2.ping(b"12345678")
            elif flood == "settings":
                client.send(b"\0\0\0\4\0" + bytes(4))
            elif flood == "empty data":
                client.send(b"\0\0\0\0\0" + stream_id.to_bytes(4))
            else:
                client.send(b"\0\0\0\xfa\0" + bytes(4))
        client.flush()
        await client.closed()
        assert client.goaway in {ErrorCodes.ENHANCE_YOUR_CALM, None}
    assert (await api.request("GET", "/auth/me", grace)).status_code == 200
    assert _complaints(server, quiet) == []


async def test_nonsense_ends_its_own_connection_and_nothing_else(
    server: Server, certificate: Certificate, api: Api, grace: Person, quiet: int
) -> None:
    """Frames of random types, flags, streams and lengths, after a good beginning: no error is logged, and the
    next client is served."""
    chance = random.Random(1)
    for _ in range(60):
        async with http2_client(server.address, certificate.trusting("h2")) as client:
            client.request("GET", "/api/v1/realtime/sse", grace)
            for _ in range(20):
                payload = chance.randbytes(chance.choice([0, 1, 4, 5, 8, 30]))
                kind, flags, stream = chance.randrange(11), chance.randrange(64), chance.randrange(8)
                client.send(len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload)
    assert (await api.request("GET", "/auth/me", grace)).status_code == 200
    assert _complaints(server, quiet) == []


async def test_a_busy_client_is_no_flood(http2: HTTP2Client, grace: Person) -> None:
    """More requests than a flood has frames, one after another, as fast as they are answered."""
    for _ in range(600):
        status, _ = await http2.response(http2.request("GET", "/health/live"))
        assert status == 200


async def test_a_body_that_is_too_large_is_refused_and_the_connection_goes_on(
    http2: HTTP2Client, grace: Person
) -> None:
    """413 before all of it has come; what still comes of it is nobody's."""
    stream_id = http2.open(
        [
            (":method", "POST"),
            (":scheme", "https"),
            (":authority", "localhost"),
            (":path", "/api/v1/community/posts"),
            ("authorization", f"Bearer {grace.access_token}"),
            ("content-type", "application/json"),
            ("content-length", "20000000"),
        ],
        None,
    )
    for _ in range(3):
        http2.h2.send_data(stream_id, bytes(16_000))
    http2.flush()
    assert (await http2.status(stream_id))[":status"] == "413"
    status, _ = await http2.response(http2.request("GET", "/health/live"))
    assert status == 200


@covers("ends: 1012", on=STREAMS, sink="http2")
async def test_sigterm_says_1012_and_goaway(tmp_path: Path, certificate: Certificate) -> None:
    """On one connection a WebSocket is closed with 1012, an SSE body ends cleanly after the same words, then
    comes GOAWAY without an error; the exit code is 0."""
    async with running(tmp_path, **certificate.settings) as server:
        api = Api(server, tls=certificate)
        ada = await api.register("Ada Lovelace")
        await api.aclose()
        async with http2_client(server.address, certificate.trusting("h2")) as client:
            websocket = await client.websocket(ada)
            stream_id = client.request("GET", "/api/v1/realtime/sse", ada)
            assert (await client.status(stream_id))[":status"] == "200"
            await websocket.next_of("Connected")
            server.terminate()
            assert (await websocket.next_of("Disconnecting"))["code"] == 1012
            assert await websocket.close_code() == 1012
            assert b'"code":1012' in await client.body(stream_id)
            await client.closed()
            assert client.goaway == 0
            assert await server.ended(within=10) == 0
