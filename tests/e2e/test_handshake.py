"""Who is let in, who is refused, and how: with an HTTP problem before any upgrade."""

import json
import socket
import struct
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from websockets.exceptions import InvalidStatus

from itcook.auth.signing import signing_key
from itcook.auth.tokens import Tokens
from itcook.settings import Settings
from tests.support.api import Api
from tests.support.people import Person
from tests.support.processes import Server
from tests.support.raw_websocket import exchange, handshake
from tests.support.streams import TRANSPORTS, Transport, WebSocketStream
from tests.support.survival import survives

SECRET = "a secret that is long enough for HS256, and known to the tests"


@pytest.fixture(scope="module")
def server_settings() -> Mapping[str, object]:
    return {"secret": SECRET, "allowed_origins": "https://app.example", "log_level": "debug"}


def _expired(person: Person) -> str:
    tokens = Tokens(signing_key(Settings(_env_file=None, secret=SECRET)), 60)
    return tokens.issue(person.id, uuid4(), datetime.now(UTC) - timedelta(hours=1))


async def _refusal(
    api: Api, transport: Transport, headers: Mapping[str, str], **query: str
) -> tuple[int, str]:
    """Status and problem code of a handshake that must be refused."""
    if transport == "sse":
        response = await api.request("GET", "/realtime/sse", headers=dict(headers), params=query)
        assert response.headers["Content-Type"] == "application/problem+json"
        return response.status_code, response.json()["code"]
    with pytest.raises(InvalidStatus) as refused:
        await WebSocketStream.open(api.address("websocket", **query), dict(headers))
    answer = refused.value.response
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code, json.loads(answer.body or b"")["code"]


@survives("handshake: no token", "handshake: a token that is not right")
@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    "kind",
    ["none", "garbage", "empty", "Basic", "expired", "refresh", "tampered", "unsigned", "1 MB"],
)
async def test_nobody_without_a_valid_token_is_let_in(
    api: Api, grace: Person, transport: Transport, kind: str
) -> None:
    """401 before the upgrade, as a problem that a client can tell from a server in trouble."""
    header, payload, signature = grace.access_token.split(".")
    given = {
        "garbage": "Bearer garbage",
        "empty": "Bearer",
        "Basic": "Basic YTpi",
        "expired": f"Bearer {_expired(grace)}",
        "refresh": f"Bearer {grace.refresh_token}",
        "tampered": f"Bearer {header}.{payload[:-2]}xx.{signature}",
        "unsigned": f"Bearer {header}.{payload}.",
        "1 MB": f"Bearer {'a' * 20_000}",
    }
    headers = {} if kind == "none" else {"Authorization": given[kind]}
    status, code = await _refusal(api, transport, headers)
    assert status == 401
    assert code == {"none": "unauthenticated", "expired": "token_expired"}.get(kind, "invalid_token")


@survives("handshake: a token in the address")
@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("name", ["token", "access_token", "jwt"])
async def test_a_token_in_the_address_is_refused_and_never_logged(
    api: Api, server: Server, grace: Person, transport: Transport, name: str
) -> None:
    """400 `token_in_query`, also for a valid one; and no line of the log holds it, even at debug level."""
    refused = await _refusal(api, transport, {}, **{name: grace.access_token})
    assert refused == (400, "token_in_query")
    async with await api.connect(transport, grace) as stream:
        connection_id = (await stream.next()).data["connection_id"]
    await server.logged(lambda line: line.get("connection_id") == connection_id)
    assert grace.access_token not in str(server.lines)


@survives("handshake: a foreign Origin")
@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "https://app.example.evil.example", "http://app.example"]
)
async def test_a_page_from_elsewhere_is_refused(
    api: Api, grace: Person, transport: Transport, origin: str
) -> None:
    """403 for an Origin that is not allowed, whatever token it brings."""
    refused = await _refusal(api, transport, {**grace.headers, "Origin": origin})
    assert refused == (403, "origin_forbidden")


async def test_a_page_from_an_allowed_origin_is_served(api: Api, grace: Person) -> None:
    """The origins of `ITCOOK_ALLOWED_ORIGINS` connect."""
    headers = {**grace.headers, "Origin": "https://app.example"}
    async with await WebSocketStream.open(api.address("websocket"), headers) as stream:
        assert (await stream.next()).type == "Connected"


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("query", [{"cursr": "x"}, {"channel": "community"}])
async def test_an_unknown_parameter_is_refused(
    api: Api, grace: Person, transport: Transport, query: dict[str, str]
) -> None:
    """422: a misspelt `cursor` would else be a silent gap."""
    refused = await _refusal(api, transport, grace.headers, **query)
    assert refused == (422, "validation_failed")


async def test_head_on_the_stream_ends(api: Api, grace: Person) -> None:
    """The headers of a stream and no stream."""
    response = await api.request("HEAD", "/realtime/sse", grace)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/event-stream")
    assert response.content == b""


@survives("handshake: HTTP/2 in clear text")
async def test_no_connection_is_switched_to_http_2(server: Server, grace: Person) -> None:
    """Neither by an upgrade to h2c nor by the preface of who knows already: both are HTTP/1.1 here."""
    host = "{}:{}".format(*server.address)
    upgrade = (
        f"GET /health/live HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade, HTTP2-Settings, close\r\n"
        "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"
    )
    assert (await exchange(server.address, upgrade.encode())).startswith("HTTP/1.1 200")
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9)
    assert "HTTP/1.1 101" not in (await exchange(server.address, preface))


@survives("handshake: another version", "handshake: a bad key")
@pytest.mark.parametrize(
    ("wrong", "right", "status"),
    [("Sec-WebSocket-Version: 12", "Sec-WebSocket-Version:", 426), ("X-Key: x", "Sec-WebSocket-Key:", 400)],
)
async def test_a_wrong_handshake_is_no_upgrade(
    server: Server, grace: Person, wrong: str, right: str, status: int
) -> None:
    """Another version, or no key: 426 with the version that is spoken, or 400, and the connection ends."""
    lines = handshake("localhost", grace.access_token).decode().split("\r\n")
    changed = [wrong if line.startswith(right) else line for line in lines]
    answer = await exchange(server.address, "\r\n".join(changed).encode())
    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert ("sec-websocket-version: 13" in answer.lower()) == (status == 426)


async def test_clients_that_leave_before_they_are_looked_at_leave_no_trace(
    server: Server, api: Api, grace: Person
) -> None:
    """A connect and a reset, as port scanners and load balancers do: no error is logged."""
    seen = len(server.lines)
    for _ in range(100):
        with socket.create_connection(server.address) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    async with await api.websocket(grace) as stream:
        await stream.next_of("Connected")
    await server.logged(lambda line: line["event"] == "connection ended", after=seen)
    assert [line for line in server.lines[seen:] if line.get("level") not in {"info", "debug"}] == []
