"""Other pages than ours, in a real browser: with a ticket, and with a token that expires."""

from collections.abc import AsyncIterator, Mapping

import pytest
from playwright.async_api import Browser, Page, Route

from tests.support.api import Api
from tests.support.browser import PATIENCE, in_both, need_page, patient
from tests.support.documents import ROOT
from tests.support.people import PASSWORD, Person

CLIENT = ROOT / "client/dist"
pytestmark = patient


@pytest.fixture(scope="module")
def server_settings() -> Mapping[str, object]:
    """Tokens that expire while one watches."""
    return {"access_token_seconds": 6}


@pytest.fixture
async def blank(other_browser: Browser, api: Api) -> AsyncIterator[Page]:
    """A page of the server's own origin that nobody is signed in on; it finds the client at /client/."""
    need_page()
    context = await other_browser.new_context()
    context.set_default_timeout(PATIENCE)

    async def serve(route: Route) -> None:
        path = CLIENT / route.request.url.partition("/client/")[2]
        await route.fulfill(path=path, content_type="text/javascript")

    await context.route("**/client/**", serve)
    page = await context.new_page()
    # Really from the server: a browser lets no page that came from nowhere connect to this machine.
    await page.goto(f"{api.url}/health/live")
    yield page
    await context.close()


@in_both
async def test_a_plain_page_follows_with_event_source_and_a_ticket(
    api: Api, blank: Page, other_browser: Browser
) -> None:
    """What every browser brings is enough: no header, no library."""
    ada = await api.register(f"Ada {other_browser.browser_type.name.capitalize()}")
    await blank.evaluate(
        """async (token) => {
            const headers = {Authorization: `Bearer ${token}`};
            const answer = await fetch("/api/v1/realtime/tickets", {method: "POST", headers});
            const {ticket} = await answer.json();
            window.heard = [];
            const source = new EventSource(`/api/v1/realtime/sse?ticket=${ticket}`);
            source.onmessage = ({data}) => window.heard.push(JSON.parse(data));
        }""",
        ada.access_token,
    )
    await blank.wait_for_function("heard.some(({type}) => type === 'Connected')")
    await api.post(ada, "Heard by a plain page")
    await blank.wait_for_function("heard.some(({data}) => data.content === 'Heard by a plain page')")


@pytest.mark.parametrize("transport", ["websocket", "sse"])
async def test_a_token_that_expires_is_refreshed_unnoticed(api: Api, blank: Page, transport: str) -> None:
    """The client asks for another one in time and goes on with the same connection; every post arrives."""
    ada = await api.register(f"Ada {transport.capitalize()}")
    await _follow(blank, ada, transport)
    await blank.wait_for_function("heard.some(({type}) => type === 'Connected')")
    await blank.wait_for_function("heard.filter(({type}) => type === 'TokenRefreshed').length === 2")
    await api.post(await _again(api, ada), "After the token")
    await blank.wait_for_function("heard.some(({data}) => data.content === 'After the token')")
    connected = await blank.evaluate("heard.filter(({type}) => type === 'Connected').length")
    assert connected == 1


async def _follow(page: Page, person: Person, transport: str) -> None:
    await page.evaluate(
        """async ({access, refresh, transport}) => {
            const {RealtimeClient} = await import("/client/index.js");
            const token = async ({refresh: again}) => {
                if (access && !again) return access;
                const headers = {"Content-Type": "application/json"};
                const body = JSON.stringify({refresh_token: refresh});
                const answer = await fetch("/api/v1/auth/refresh", {method: "POST", headers, body});
                ({access_token: access, refresh_token: refresh} = await answer.json());
                return access;
            };
            window.heard = [];
            const url = `${location.origin}/api/v1`;
            const client = new RealtimeClient({url, token, transports: [transport]});
            client.on("event", (event) => window.heard.push(event));
            client.connect();
        }""",
        {"access": None, "refresh": person.refresh_token, "transport": transport},
    )


async def _again(api: Api, person: Person) -> Person:
    """The same person with a token that has not expired."""
    body = await api.done("POST", "/auth/login", None, json={"email": person.email, "password": PASSWORD})
    return Person(person.id, person.name, person.email, body["access_token"], body["refresh_token"])
