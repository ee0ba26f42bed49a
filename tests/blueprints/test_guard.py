from collections.abc import AsyncIterator

import pytest
from quart import Quart, websocket
from quart.typing import TestClientProtocol as Client

from itcook.app import create_app
from itcook.auth.passwords import Passwords
from itcook.settings import Settings
from tests.support.http import send
from tests.support.people import Person
from tests.support.servers import exchange, serving

PUBLIC = {
    "auth.login",
    "auth.refresh",
    "auth.register",
    "documentation.asyncapi",
    "documentation.events_schema",
    "documentation.openapi",
    "documentation.overview",
    "documentation.rest",
    "documentation.stream",
    "documentation.style",
    "health.live",
    "health.ready",
    "metrics.metrics",  # which asks for a token of its own
    "page.asset",
    "page.icon",
    "page.page",
}
ME = "/api/v1/auth/me"


async def test_every_view_is_closed_but_those_listed(app: Quart, client: Client) -> None:
    """A new view is refused to strangers unless someone adds it to this list."""
    for rule in app.url_map.iter_rules():
        if rule.websocket or rule.endpoint in PUBLIC:
            continue
        path = rule.build(dict.fromkeys(rule.arguments, "00000000-0000-7000-8000-000000000000"))
        assert path is not None
        for method in (rule.methods or set()) - {"OPTIONS"}:
            response = await send(client, method, path[1])
            assert response.status_code == 401, (method, path[1])


async def test_the_public_views_are_open(client: Client) -> None:
    """Health and the contract need no account."""
    for path in ("/health/live", "/health/ready", "/openapi.json"):
        assert (await client.get(path)).status_code == 200


async def test_an_unknown_address_is_not_a_closed_one(client: Client) -> None:
    """404 and 405 tell a developer more than 401 would."""
    assert (await client.get("/api/v1/nothing")).status_code == 404
    assert (await client.get("/api/v1//auth/me")).status_code == 404
    response = await client.delete(ME)
    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer a b",
        "bearer x",
        "Token x",
        "x",
        "Bearer " + "x" * 100_000,
    ],
)
async def test_a_malformed_header_is_401(client: Client, value: str) -> None:
    """Never 500, whatever it holds."""
    assert (await client.get(ME, headers={"Authorization": value})).status_code == 401


async def test_the_scheme_is_case_insensitive(client: Client, ada: Person) -> None:
    """RFC 9110 section 11.1."""
    assert (await client.get(ME, headers={"Authorization": f"bearer {ada.access_token}"})).status_code == 200


@pytest.mark.parametrize("name", ["token", "access_token", "jwt", "authorization"])
async def test_a_token_in_the_query_is_refused(client: Client, ada: Person, name: str) -> None:
    """Even beside a good header: it is in a log already. The answer says what to use instead."""
    response = await client.get(f"{ME}?{name}={ada.access_token}", headers=ada.headers)
    answer = await response.get_json()
    assert (response.status_code, answer["code"]) == (400, "token_in_query")
    assert "Authorization: Bearer" in answer["detail"]
    assert ada.access_token not in answer["detail"]


@pytest.fixture
async def open_to_pages(settings: Settings, passwords: Passwords) -> AsyncIterator[Client]:
    app = create_app(settings.model_copy(update={"allowed_origins": ("https://app.example",)}), passwords)
    async with app.test_app():
        yield app.test_client()


async def test_an_allowed_page_may_ask(open_to_pages: Client) -> None:
    """The browser's preflight needs no account, and errors too can be read by the page."""
    preflight = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }
    response = await open_to_pages.options(ME, headers=preflight)
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert response.headers["Access-Control-Allow-Headers"] == "authorization"
    response = await open_to_pages.get(ME, headers={"Origin": "https://app.example"})
    assert response.status_code == 401
    assert response.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "Stream-Cursor" in response.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://app.example.evil.example"])
async def test_a_foreign_page_may_not(open_to_pages: Client, origin: str) -> None:
    """403 before anyone looks at its token, and no permission to read the answer."""
    response = await open_to_pages.get(ME, headers={"Origin": origin})
    assert (response.status_code, (await response.get_json())["code"]) == (403, "origin_forbidden")
    assert "Access-Control-Allow-Origin" not in response.headers
    response = await open_to_pages.options(
        ME, headers={"Origin": origin, "Access-Control-Request-Method": "GET"}
    )
    assert "Access-Control-Allow-Origin" not in response.headers


HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: cook.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
)


@pytest.fixture
async def port(settings: Settings, passwords: Passwords) -> AsyncIterator[int]:
    """A real server with one WebSocket that nobody marked public."""
    app = create_app(settings, passwords)

    @app.websocket("/closed")
    async def closed() -> None:
        await websocket.accept()

    async with serving(app, settings) as port:
        yield port


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        ("/closed", "", 401, "unauthenticated"),
        ("/closed", "Authorization: Bearer a.b.c\r\n", 401, "invalid_token"),
        ("/closed", "Origin: https://evil.example\r\n", 403, "origin_forbidden"),
        ("/closed", "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n", 400, "invalid_request"),
        ("/closed?token=a.b.c", "", 400, "token_in_query"),
        ("/nothing", "", 404, "not_found"),
        ("/health/live", "", 400, "invalid_request"),
    ],
)
async def test_a_handshake_is_refused_as_a_problem(
    port: int, path: str, headers: str, status: int, code: str
) -> None:
    """Before the upgrade, over HTTP: a client can tell what was wrong."""
    answer = (await exchange(port, HANDSHAKE.format(path=path, headers=headers).encode())).decode()
    head, _, body = answer.partition("\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert "content-type: application/problem+json" in head
    assert ("www-authenticate: Bearer" in head) == (status == 401)
    assert f'"code": "{code}"' in body
