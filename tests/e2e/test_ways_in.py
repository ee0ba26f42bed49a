"""Every way in, on both transports: what opens a stream, what does not, and what nobody must ever read."""

import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from uuid import uuid4

import jwt
import pytest
from websockets.asyncio.client import connect

from itcook.auth.signing import signing_key
from itcook.settings import Settings
from tests.support.api import Api
from tests.support.contract import covers
from tests.support.forgery import Forger
from tests.support.people import PASSWORD, Person, registration
from tests.support.processes import Server
from tests.support.raw_websocket import exchange
from tests.support.streams import TRANSPORTS, SSEStream, Stream, Transport, WebSocketStream
from tests.support.survival import survives

SECRET = "a secret that is long enough for HS256, and known to the tests"
KEY = signing_key(Settings(_env_file=None, secret=SECRET))
ATTACKS = Forger(KEY, uuid4(), uuid4()).attacks()
WAYS: list[tuple[str, Transport]] = [
    ("header", "websocket"),
    ("header", "sse"),
    ("subprotocol", "websocket"),
    ("ticket", "websocket"),
    ("ticket", "sse"),
    ("cookie", "websocket"),
    ("cookie", "sse"),
]
PAGE = "https://app.example"


@pytest.fixture(scope="module")
def server_settings() -> Mapping[str, object]:
    return {
        "secret": SECRET,
        "allowed_origins": PAGE,
        "trusted_proxies": "127.0.0.1",
        "log_level": "debug",
    }


@pytest.fixture
async def ticket(api: Api, grace: Person) -> str:
    return await _bought(api, grace)


@pytest.fixture
async def cookie(api: Api, grace: Person) -> str:
    """The secret of a session cookie."""
    body = {"email": grace.email, "password": PASSWORD, "cookie": True}
    response = await api.request("POST", "/auth/login", json=body)
    api.http.cookies.clear()
    secret: str = response.cookies["itcook_session"]
    return secret


async def _bought(api: Api, person: Person) -> str:
    answer = await api.request("POST", "/realtime/tickets", person)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    ticket: str = answer.json()["ticket"]
    return ticket


def _request(server: Server, transport: Transport, *headers: str, query: str = "") -> bytes:
    """A request for a stream, in which the headers may hold anything."""
    lines = [
        f"GET /api/v1/realtime/{'sse' if transport == 'sse' else 'ws'}{query} HTTP/1.1",
        "Host: {}:{}".format(*server.address),
        *headers,
    ]
    if transport == "websocket":
        lines += ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
        lines += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
    else:
        lines += ["Connection: close"]
    return "\r\n".join([*lines, "", ""]).encode()


async def _refused(server: Server, request: bytes, status: int, code: str) -> None:
    answer = await exchange(server.address, request)
    head, _, body = answer.partition("\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} "), answer[:300]
    assert "content-type: application/problem+json" in head
    assert f'"code": "{code}"' in body


@covers("ways: Sec-WebSocket-Protocol: itcook.v1, bearer.TOKEN", on="websocket")
async def test_a_browser_brings_its_token_as_a_subprotocol(api: Api, grace: Person) -> None:
    """`itcook.v1` is selected, and the token is not in the answer."""
    url = api.address("websocket")
    offered = ["itcook.v1", f"bearer.{grace.access_token}"]
    async with connect(url, subprotocols=offered, proxy=None) as connection:  # type: ignore[arg-type] # a NewType of str
        assert connection.subprotocol == "itcook.v1"
        assert connection.response is not None
        assert grace.access_token not in str(connection.response.headers)
        stream = WebSocketStream(connection)
        assert (await stream.next()).data["user_id"] == str(grace.id)


async def test_the_subprotocol_alone_is_selected_too(api: Api, grace: Person) -> None:
    """A client that says what it speaks may say who it is in another way."""
    url, headers = api.address("websocket"), grace.headers
    async with connect(
        url,
        subprotocols=["itcook.v1"],  # type: ignore[list-item] # a NewType of str
        additional_headers=headers,
        proxy=None,
    ) as connection:
        assert connection.subprotocol == "itcook.v1"


@pytest.fixture(params=TRANSPORTS)
async def by_ticket(
    request: pytest.FixtureRequest, api: Api, ticket: str
) -> AsyncIterator[tuple[Stream, str]]:
    """A stream opened by a ticket, and that ticket."""
    address = api.address(request.param, ticket=ticket)
    if request.param == "websocket":
        stream: Stream = await WebSocketStream.open(address, {})
    else:
        stream = await SSEStream.open(api.http, address, {})
    async with stream:
        yield stream, ticket


@survives("handshake: a ticket twice, or late")
async def test_a_ticket_opens_one_stream(
    server: Server, grace: Person, by_ticket: tuple[Stream, str]
) -> None:
    """The buyer's, until the buyer's token ends; on either transport it has been used for both."""
    stream, ticket = by_ticket
    connected = (await stream.next()).data
    assert connected["user_id"] == str(grace.id)
    claims = jwt.decode(grace.access_token, options={"verify_signature": False})
    assert connected["expires_at"] == _text(claims["exp"])
    for transport in TRANSPORTS:
        request = _request(server, transport, query=f"?ticket={ticket}")
        await _refused(server, request, 401, "invalid_ticket")


async def _opens(api: Api, ticket: str, **headers: str) -> None:
    async with await WebSocketStream.open(api.address("websocket", ticket=ticket), headers) as stream:
        assert (await stream.next()).type == "Connected"


def _text(timestamp: int) -> str:
    return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@survives("handshake: a ticket twice, or late")
async def test_a_late_ticket_opens_nothing(server: Server, ticket: str) -> None:
    """401 once its time is over."""
    server.change("UPDATE tickets SET expires_at = '2020-01-01 00:00:00+00:00'")
    await _refused(server, _request(server, "sse", query=f"?ticket={ticket}"), 401, "invalid_ticket")


async def test_a_ticket_opens_streams_only(api: Api, ticket: str) -> None:
    """Elsewhere it is no credential, and is not used up."""
    refused = await api.request("GET", f"/auth/me?ticket={ticket}")
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    async with await SSEStream.open(api.http, api.address("sse", ticket=ticket), {}) as stream:
        assert (await stream.next()).type == "Connected"


def _carrying(server: Server, transport: Transport, way: str, token: str) -> bytes:
    if way == "header":
        return _request(server, transport, f"Authorization: Bearer {token}")
    if way == "subprotocol":
        return _request(server, transport, f"Sec-WebSocket-Protocol: itcook.v1, bearer.{token}")
    if way == "cookie":
        return _request(server, transport, f"Origin: {PAGE}", f"Cookie: itcook_session={token}")
    return _request(server, transport, query=f"?ticket={token}")


@survives("handshake: a token that is not right")
@pytest.mark.parametrize(("way", "transport"), WAYS)
@pytest.mark.parametrize("attack", ATTACKS)
async def test_no_forged_token_opens_a_stream(
    server: Server, way: str, transport: Transport, attack: str
) -> None:
    """401 before the upgrade, whichever way it came. In the place of a ticket it is a token in the address. A
    head longer than any honest one is refused before anyone reads it, with 431 of RFC 6585.
    """
    answer = await exchange(server.address, _carrying(server, transport, way, ATTACKS[attack]))
    assert _summary(answer) in _refusals(way, attack)


def _refusals(way: str, attack: str) -> set[tuple[str, str]]:
    match way, attack:
        case _, "a megabyte":
            return {("431", "head_too_large")}
        case "ticket", "not ASCII":
            return {("400", "invalid_request")}  # not the line of an HTTP request
        case "ticket", _:
            return {("400", "token_in_query"), ("401", "invalid_ticket")}
        case "cookie", _:
            return {("401", "session_ended"), ("401", "unauthenticated")}
        case "subprotocol", "not ASCII":
            return {("401", "unauthenticated")}  # not a header of this kind
    return {("401", "invalid_token")}


def _summary(answer: str) -> tuple[str, str]:
    """Status and problem code."""
    head, _, body = answer.partition("\r\n\r\n")
    return head.split()[1], json.loads(body)["code"] if body else ""


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_two_credentials_open_nothing(
    server: Server, api: Api, grace: Person, ticket: str, cookie: str, transport: Transport
) -> None:
    """400, although each is good; and the ticket is not used up."""
    header = f"Authorization: Bearer {grace.access_token}"
    query = f"?ticket={ticket}"
    await _refused(server, _request(server, transport, header, query=query), 400, "invalid_request")
    await _refused(server, _request(server, transport, query=f"{query}&{query[1:]}"), 400, "invalid_request")
    page = (f"Origin: {PAGE}", f"Cookie: itcook_session={cookie}")
    await _refused(server, _request(server, transport, header, *page), 400, "invalid_request")
    if transport == "websocket":
        subprotocol = f"Sec-WebSocket-Protocol: itcook.v1, bearer.{grace.access_token}"
        await _refused(server, _request(server, transport, subprotocol, header), 400, "invalid_request")
        await _refused(server, _request(server, transport, subprotocol, subprotocol), 400, "invalid_request")
    await _opens(api, ticket)


async def test_a_token_without_the_subprotocol_is_refused(server: Server, grace: Person) -> None:
    """400: a browser would drop the connection that selects neither."""
    header = f"Sec-WebSocket-Protocol: bearer.{grace.access_token}"
    await _refused(server, _request(server, "websocket", header), 400, "invalid_request")


FOREIGN = [
    ["https://evil.example"],
    ["null"],
    [""],
    ["https://app.example.evil.example"],
    ["https://notapp.example"],
    ["https://app.example:8443"],
    ["http://app.example"],
    ["https://APP.example"],
    ["https://app.example", "https://app.example"],
]


@survives("handshake: a foreign Origin")
@pytest.mark.parametrize("origins", FOREIGN, ids=lambda origins: " and ".join(origins) or "empty")
async def test_a_page_from_elsewhere_opens_nothing(
    server: Server, api: Api, grace: Person, ticket: str, cookie: str, origins: list[str]
) -> None:
    """403 on every way in, also with a good credential, and before a ticket is used up."""
    theirs = [f"Origin: {origin}" for origin in origins]
    for way, transport in WAYS:
        token = {"ticket": ticket, "cookie": cookie}.get(way, grace.access_token)
        request = _carrying(server, transport, way, token).replace(
            b"Host:", "\r\n".join([*theirs, "Host:"]).encode(), 1
        )
        await _refused(server, request, 403, "origin_forbidden")
    await _opens(api, ticket, Origin=PAGE)


@pytest.mark.parametrize("path", ["/realtime/tickets", "/community/posts", "/auth/login", "/auth/refresh"])
async def test_a_page_from_elsewhere_changes_nothing(api: Api, grace: Person, path: str) -> None:
    """403 on what a POST could do, also where nobody must be signed in."""
    refused = await api.request("POST", path, grace, headers={"Origin": "https://evil.example"}, json={})
    assert (refused.status_code, refused.json()["code"]) == (403, "origin_forbidden")


@covers("ways: Cookie: itcook_session=…")
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_cookie_opens_a_pages_stream(
    api: Api, server: Server, grace: Person, cookie: str, transport: Transport
) -> None:
    """With an allowed Origin, until the session ends; without one it is 403; and a logout ends the stream."""
    headers = {"Cookie": f"itcook_session={cookie}", "Origin": PAGE}
    answer = (await api.request("GET", "/auth/cookie", headers=headers)).json()
    bare = _request(server, transport, f"Cookie: itcook_session={cookie}")
    await _refused(server, bare, 403, "origin_forbidden")
    stream: Stream
    if transport == "websocket":
        stream = await WebSocketStream.open(api.address("websocket"), headers)
    else:
        stream = await SSEStream.open(api.http, api.address("sse"), headers)
    async with stream:
        connected = (await stream.next()).data
        assert (connected["user_id"], connected["expires_at"]) == (str(grace.id), answer["expires_at"])
        headers |= {"X-CSRF-Token": answer["csrf_token"]}
        assert (await api.request("POST", "/auth/logout", headers=headers)).status_code == 204
        seen, _ = await stream.end()
        assert (seen[-1].data["code"], seen[-1].data["reconnect"]) == (4403, False)


async def test_a_replaced_cookie_ends_its_streams(api: Api) -> None:
    """A new password gives the page another cookie. Its streams end with 4401 and come back with that one;
    whoever has stolen the old one does not.
    """
    body = {**registration("Mary Jackson"), "cookie": True}
    registered = await api.request("POST", "/auth/register", json=body)
    headers = {"Cookie": f"itcook_session={registered.cookies['itcook_session']}", "Origin": PAGE}
    api.http.cookies.clear()
    async with await WebSocketStream.open(api.address("websocket"), headers) as stream:
        assert (await stream.next()).type == "Connected"
        change = {"current_password": PASSWORD, "new_password": "another horse battery"}
        token = {"X-CSRF-Token": registered.json()["csrf_token"]}
        changed = await api.request("PUT", "/auth/password", headers=headers | token, json=change)
        api.http.cookies.clear()
        assert changed.status_code == 204
        seen, code = await stream.end()
        assert (code, seen[-1].data["reconnect"]) == (4401, True)
    assert (await api.request("GET", "/realtime/sse", headers=headers)).status_code == 401
    headers["Cookie"] = f"itcook_session={changed.cookies['itcook_session']}"
    async with await WebSocketStream.open(api.address("websocket"), headers) as stream:
        assert (await stream.next()).type == "Connected"


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_tells_whether_a_cookie_is_secure(api: Api, grace: Person, scheme: str) -> None:
    """The cookie of a login that came over https, as a trusted proxy says, never goes out without TLS."""
    body = {"email": grace.email, "password": PASSWORD, "cookie": True}
    headers = {"X-Forwarded-Proto": scheme}
    response = await api.request("POST", "/auth/login", json=body, headers=headers)
    api.http.cookies.clear()
    assert ("Secure" in response.headers["Set-Cookie"]) == (scheme == "https")


async def test_an_event_source_of_the_own_page_needs_no_origin(server: Server, api: Api, cookie: str) -> None:
    """A browser leaves it out of a same-origin GET, and says `Sec-Fetch-Site: same-origin` instead."""
    headers = {"Cookie": f"itcook_session={cookie}", "Sec-Fetch-Site": "same-origin"}
    async with await SSEStream.open(api.http, api.address("sse"), headers) as stream:
        assert (await stream.next()).type == "Connected"


@survives("handshake: a token in the address")
async def test_no_credential_reaches_the_log(api: Api, server: Server, grace: Person, cookie: str) -> None:
    """At debug level: opened, refused, and failed with a traceback, over each way in."""
    secrets = [grace.access_token, grace.refresh_token, cookie]
    for way, transport in WAYS:
        token = cookie if way == "cookie" else grace.access_token
        if way == "ticket":
            secrets.append(token := await _bought(api, grace))
            await _opens(api, token)
        await exchange(server.address, _carrying(server, transport, way, f"{token}x"))
    for parameter in ("token", "q", "ticket"):
        await exchange(server.address, _request(server, "sse", query=f"?{parameter}={grace.access_token}"))
    secrets += [(ticket := await _bought(api, grace))]
    server.change("ALTER TABLE tickets RENAME TO hidden")
    await _refused(server, _request(server, "sse", query=f"?ticket={ticket}"), 500, "internal_error")
    assert (await api.request("POST", "/realtime/tickets", grace)).status_code == 500
    server.change("ALTER TABLE hidden RENAME TO tickets")
    await server.logged(lambda line: line["event"] == "request failed" and "exception" in line)
    log = str(server.lines)
    assert [secret for secret in secrets if secret in log or secret.split(".")[-1] in log] == []
