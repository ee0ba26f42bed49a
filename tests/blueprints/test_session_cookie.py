from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from http.cookies import Morsel, SimpleCookie
from typing import Any

import pytest
from quart import Quart, Response
from quart.typing import TestClientProtocol as Client

from itcook.app import create_app
from itcook.auth.passwords import Passwords
from itcook.clock import utc_now
from itcook.models import LoginSession, RefreshToken, Ticket
from itcook.settings import Settings
from tests.support.http import send
from tests.support.people import PASSWORD, Person, registration

AUTH = "/api/v1/auth"
PAGE = "http://localhost"  # where Quart's client believes to be
ORIGIN = {"Origin": PAGE}
POSTS = "/api/v1/community/posts"


@pytest.fixture
def browser(app: Quart) -> Client:
    """A client that keeps no cookies by itself: what is sent is what a test says."""
    return app.test_client(use_cookies=False)


def cookie_of(response: Response) -> "Morsel[str]":
    [line] = response.headers.getlist("Set-Cookie")
    return SimpleCookie(line)["itcook_session"]


class Page:
    """A page with a session cookie, and what it sends."""

    def __init__(self, cookie: "Morsel[str]", answer: Mapping[str, Any]) -> None:
        self.cookie = cookie
        self.answer = answer
        self.reads = {**ORIGIN, "Cookie": f"itcook_session={cookie.value}"}
        self.writes = {**self.reads, "X-CSRF-Token": answer["csrf_token"]}


async def signed_in(browser: Client, name: str = "Ada Lovelace") -> Page:
    body = registration(name, cookie=True)
    response = await browser.post(f"{AUTH}/register", json=body, headers=ORIGIN)
    assert response.status_code == 201
    return Page(cookie_of(response), await response.get_json())


@pytest.fixture
async def page(browser: Client) -> Page:
    """Someone who has registered in a page."""
    return await signed_in(browser)


async def code_of(response: Response) -> tuple[int, str | None]:
    body = await response.get_json()
    return response.status_code, body.get("code") if isinstance(body, dict) else None


async def test_a_page_gets_a_cookie_and_no_token(browser: Client, page: Page) -> None:
    """HttpOnly, SameSite, this host alone, as long as the session; and no token is in the body."""
    assert set(page.answer) == {"csrf_token", "expires_at", "user"}
    cookie = page.cookie
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (
        True,
        "Strict",
        "/",
        "",
    )
    assert not cookie["secure"]
    assert abs(int(cookie["max-age"]) - 30 * 86400) < 60
    assert not await RefreshToken.exists()
    stored = await LoginSession.get()
    assert stored.cookie_hash is not None
    assert cookie.value not in stored.cookie_hash


async def test_logging_in_gets_a_cookie_too(browser: Client, page: Page) -> None:
    """Another one for each login, in place of the one that was there."""
    body = {"email": page.answer["user"]["email"], "password": PASSWORD, "cookie": True}
    response = await browser.post(f"{AUTH}/login", json=body, headers=page.reads)
    assert response.status_code == 200
    assert cookie_of(response).value != page.cookie.value


async def test_a_reloaded_page_asks_who_it_is(browser: Client, page: Page) -> None:
    """And gets what it had: the account and the token against forgery."""
    response = await browser.get(f"{AUTH}/cookie", headers=page.reads)
    assert response.status_code == 200
    assert await response.get_json() == page.answer


async def test_who_has_no_cookie_reads_none(browser: Client, ada: Person) -> None:
    """404 for a token, 401 for nobody."""
    assert (await browser.get(f"{AUTH}/cookie", headers=ada.headers)).status_code == 404
    assert (await browser.get(f"{AUTH}/cookie")).status_code == 401


async def test_the_page_reads_and_writes(browser: Client, page: Page) -> None:
    """As with a token."""
    response = await browser.post(POSTS, headers=page.writes, json={"content": "Plov"})
    assert response.status_code == 201
    assert (await browser.get(POSTS, headers=page.reads)).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("token", [None, "", "x", "é"])
async def test_a_write_needs_the_csrf_token(
    browser: Client, page: Page, method: str, token: str | None
) -> None:
    """403 for every unsafe method without it, or with another one."""
    path = f"{AUTH}/logout" if method == "POST" else f"{AUTH}/password"
    path = {"PATCH": f"{POSTS}/{page.answer['user']['id']}", "DELETE": f"{AUTH}/sessions"}.get(method, path)
    headers = page.reads if token is None else {**page.reads, "X-CSRF-Token": token}
    response = await send(browser, method, path, headers=headers)
    assert await code_of(response) == (403, "csrf_token_invalid")
    assert await LoginSession.filter(revoked_at=None).count() == 1


async def test_anothers_csrf_token_is_none(browser: Client, page: Page) -> None:
    """It belongs to one cookie."""
    other = await signed_in(browser, "Grace Hopper")
    headers = {**page.reads, "X-CSRF-Token": other.answer["csrf_token"]}
    response = await browser.post(f"{AUTH}/logout", headers=headers)
    assert await code_of(response) == (403, "csrf_token_invalid")


@pytest.mark.parametrize("fetch_site", [None, "same-site", "cross-site", "none", "SAME-ORIGIN"])
async def test_a_cookie_without_an_origin_is_refused(
    browser: Client, page: Page, fetch_site: str | None
) -> None:
    """403, unless the browser itself says that its own page reads: such a GET has no Origin."""
    headers = {"Cookie": page.reads["Cookie"]}
    headers |= {} if fetch_site is None else {"Sec-Fetch-Site": fetch_site}
    assert await code_of(await browser.get(f"{AUTH}/me", headers=headers)) == (403, "origin_forbidden")


@pytest.mark.parametrize(
    "said",
    [{"Sec-Fetch-Site": "same-origin"}, {"Referer": f"{PAGE}/feed"}, {"Referer": "https://localhost/"}],
)
async def test_the_own_page_reads_without_an_origin_and_does_not_write(
    browser: Client, page: Page, said: dict[str, str]
) -> None:
    """A browser leaves Origin out of a same-origin GET, and out of nothing else; over plain http, where it
    says nothing in Sec-Fetch-Site, its Referer counts.
    """
    headers = {"Cookie": page.reads["Cookie"], **said}
    assert (await browser.get(f"{AUTH}/me", headers=headers)).status_code == 200
    headers["X-CSRF-Token"] = page.answer["csrf_token"]
    response = await browser.post(f"{AUTH}/logout", headers=headers)
    assert await code_of(response) == (403, "origin_forbidden")


@pytest.mark.parametrize(
    "said",
    [
        {"Referer": "http://localhost.evil.example/"},
        {"Referer": "http://localhost:1/"},
        {"Referer": "http://localhost@evil.example/"},
        {"Referer": "http://localhost"},
        {"Referer": f"{PAGE}/", "Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_no_other_page_passes_for_it(browser: Client, page: Page, said: dict[str, str]) -> None:
    """Neither one that only looks alike, nor against what the browser says."""
    headers = {"Cookie": page.reads["Cookie"], **said}
    assert await code_of(await browser.get(f"{AUTH}/me", headers=headers)) == (403, "origin_forbidden")


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://localhost.evil.example",
        "http://localhost:1",
        "http://LOCALHOST",
    ],
)
async def test_another_page_is_refused(browser: Client, page: Page, origin: str) -> None:
    """403, with the cookie and the right token."""
    for headers in (page.reads, page.writes):
        foreign = {**headers, "Origin": origin}
        assert await code_of(await browser.get(f"{AUTH}/me", headers=foreign)) == (403, "origin_forbidden")


@pytest.mark.parametrize("secret", ["x", "A" * 43, "A" * 4000, "%27--"])
async def test_a_cookie_that_is_none_is_nobody(browser: Client, page: Page, secret: str) -> None:
    """401 on whatever it holds."""
    headers = {**ORIGIN, "Cookie": f"itcook_session={secret}"}
    assert await code_of(await browser.get(f"{AUTH}/me", headers=headers)) == (401, "session_ended")


async def test_a_cookie_beside_a_token_is_refused(browser: Client, page: Page, grace: Person) -> None:
    """400: nobody can tell who is meant; and so are two cookies."""
    both = {**page.reads, **grace.headers}
    assert await code_of(await browser.get(f"{AUTH}/me", headers=both)) == (400, "invalid_request")
    twice = {**page.reads, "Cookie": f"{page.reads['Cookie']}; itcook_session=x"}
    assert await code_of(await browser.get(f"{AUTH}/me", headers=twice)) == (400, "invalid_request")


async def test_an_empty_cookie_is_none(browser: Client, ada: Person) -> None:
    """As it is left by clients that know no better way to clear one."""
    headers = {**ada.headers, "Cookie": "itcook_session="}
    assert (await browser.get(f"{AUTH}/me", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "cleared"),
    [
        ("POST", "/logout", True),
        ("DELETE", "/sessions", True),
        ("DELETE", "/sessions?others=true", False),
    ],
)
async def test_the_end_of_the_login_clears_the_cookie(
    browser: Client, page: Page, method: str, path: str, cleared: bool
) -> None:
    """The browser forgets it, and it is worth nothing to whoever kept it."""
    response = await send(browser, method, AUTH + path, headers=page.writes)
    assert response.status_code == 204
    assert [line.startswith("itcook_session=;") for line in response.headers.getlist("Set-Cookie")] == (
        [True] if cleared else []
    )
    status = (await browser.get(f"{AUTH}/me", headers=page.reads)).status_code
    assert status == (401 if cleared else 200)


async def test_signing_in_with_tokens_clears_the_cookie(browser: Client, page: Page) -> None:
    """It would be a second credential beside every token."""
    body = {"email": page.answer["user"]["email"], "password": PASSWORD}
    response = await browser.post(f"{AUTH}/login", json=body, headers=page.reads)
    assert cookie_of(response)["max-age"] == "0"


async def test_a_new_password_renews_the_cookie(browser: Client, page: Page) -> None:
    """Whoever has stolen it is as signed out as if it were another login."""
    body = {"current_password": PASSWORD, "new_password": "another horse battery"}
    response = await browser.put(f"{AUTH}/password", headers=page.writes, json=body)
    assert response.status_code == 204
    assert (await browser.get(f"{AUTH}/me", headers=page.reads)).status_code == 401
    renewed = {**ORIGIN, "Cookie": f"itcook_session={cookie_of(response).value}"}
    assert (await browser.get(f"{AUTH}/cookie", headers=renewed)).status_code == 200


async def test_a_new_password_ends_the_tickets(browser: Client, page: Page) -> None:
    """Whoever has stolen the cookie has bought some with it, and each would open a stream for weeks."""
    assert (await browser.post("/api/v1/realtime/tickets", headers=page.writes)).status_code == 201
    body = {"current_password": PASSWORD, "new_password": "another horse battery"}
    assert (await browser.put(f"{AUTH}/password", headers=page.writes, json=body)).status_code == 204
    assert not await Ticket.exists()


async def test_use_prolongs_it(browser: Client, page: Page) -> None:
    """About once a day, for the session and in the browser; an answer in between sets no cookie."""
    response = await browser.get(f"{AUTH}/me", headers=page.reads)
    assert "Set-Cookie" not in response.headers
    await LoginSession.all().update(expires_at=utc_now() + timedelta(days=28))
    response = await browser.get(f"{AUTH}/me", headers=page.reads)
    assert cookie_of(response).value == page.cookie.value
    assert int(cookie_of(response)["max-age"]) > 29 * 86400
    assert (await LoginSession.get()).expires_at > utc_now() + timedelta(days=29)


async def test_it_ends_unused(browser: Client, page: Page) -> None:
    """And is not prolonged by whoever comes too late."""
    await LoginSession.all().update(expires_at=utc_now())
    response = await browser.get(f"{AUTH}/me", headers=page.reads)
    assert await code_of(response) == (401, "session_ended")
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    ("scheme", "origin"), [("https", "https://localhost"), ("http", "https://localhost")]
)
async def test_over_https_it_is_secure(browser: Client, scheme: str, origin: str) -> None:
    """Also where TLS ends at a proxy that this server was not told of: the page's Origin tells."""
    response = await browser.post(
        f"{AUTH}/register", json=registration(cookie=True), headers={"Origin": origin}, scheme=scheme
    )
    assert cookie_of(response)["secure"] is True


@pytest.fixture
async def open_to_pages(settings: Settings, passwords: Passwords) -> AsyncIterator[Client]:
    """A server that serves the pages of another origin."""
    app = create_app(settings.model_copy(update={"allowed_origins": ("http://localhost:5173",)}), passwords)
    async with app.test_app():
        yield app.test_client(use_cookies=False)


async def test_an_allowed_page_may_send_it(open_to_pages: Client) -> None:
    """A page of another port of this host: its browser is told that cookies and the header are welcome."""
    page = await signed_in(open_to_pages)
    theirs = {"Origin": "http://localhost:5173"}
    response = await open_to_pages.post(f"{AUTH}/logout", headers={**page.writes, **theirs})
    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Credentials"] == "true"
    preflight = {
        **theirs,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-csrf-token",
    }
    response = await open_to_pages.options(f"{AUTH}/logout", headers=preflight)
    assert response.headers["Access-Control-Allow-Headers"].lower() == "x-csrf-token"
    assert response.headers["Access-Control-Allow-Credentials"] == "true"
