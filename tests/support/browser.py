"""People who look at the page with a real browser."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

from tests.support.documents import ROOT
from tests.support.people import registration
from tests.support.tools import leave_out, need

PATIENCE = 60_000  # milliseconds; a page shows what comes within a few, but this machine may be busy
START = 90_000  # milliseconds for a browser, which takes two thousand; the same
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

# Firefox writes it down where no WebSocket can be opened; Playwright takes it for an error of the page.
UNREACHABLE = "Firefox can’t establish a connection to the server"

patient = pytest.mark.timeout(300)  # seconds: two browsers and a server may have to be started first

# Two people with two browsers: one of them has Chromium, and the other one this.
in_both = pytest.mark.parametrize("other_browser", ["chromium", "firefox"], indirect=True, scope="module")

expect.set_options(timeout=PATIENCE)


def need_page() -> None:
    """Without a built page the test is left out; where `CI` is set it fails instead."""
    if not (ROOT / "web/dist/index.html").exists():
        leave_out("the page is not built: make web")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser, gone afterwards."""
    path = need("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS, timeout=START)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def firefox() -> AsyncIterator[Browser]:
    """Another one, as Mozilla makes it: this channel is WebDriver BiDi, and no patched Firefox."""
    path = need("firefox-esr")
    async with async_playwright() as playwright:
        browser = await playwright.firefox.launch(channel="moz-firefox", executable_path=path, timeout=START)
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Visitor:
    """Someone with a browser profile of their own, and the tab that they look at."""

    name: str
    site: str
    context: BrowserContext
    tab: Page
    faults: list[str]

    async def sign_up(self) -> None:
        """Create an account, without the form, and see the feed live."""
        await self._come_in("register", registration(self.name))

    async def sign_in(self) -> None:
        """The same with the account that there is."""
        known = registration(self.name)
        await self._come_in("login", {name: known[name] for name in ("email", "password")})

    async def _come_in(self, way: str, body: dict[str, Any]) -> None:
        response = await self.context.request.post(
            f"{self.site}/api/v1/auth/{way}",
            data={**body, "cookie": True},
            headers={"Origin": self.site, "User-Agent": await self.tab.evaluate("navigator.userAgent")},
        )
        assert response.ok, await response.text()
        await self.tab.goto(self.site)
        await self.sees_live()

    async def open_tab(self) -> Page:
        """Another tab of the same browser."""
        tab = await self.context.new_page()
        self._watch(tab)
        await tab.goto(self.site)
        return tab

    async def share(self, content: str) -> None:
        """Post something."""
        await self.tab.get_by_label("What is cooking?").press_sequentially(content)
        await self.tab.get_by_role("button", name="Share").click()
        await expect(self.post(content)).to_be_visible()

    def post(self, content: str, tab: Page | None = None) -> Locator:
        """A post in the feed, of someone with the same last name: of this test, that is."""
        posts = (tab or self.tab).get_by_role("article").filter(has_text=content)
        return posts.filter(has_text=self.name.partition(" ")[2])

    async def go(self, place: str) -> None:
        """Choose a view."""
        await self.tab.get_by_role("navigation").get_by_role("link", name=place).click()

    def badge(self, tab: Page | None = None) -> Locator:
        """What says how the page is connected."""
        return (tab or self.tab).locator(".connection")

    async def sees_live(self, transport: str = "", tab: Page | None = None) -> None:
        """Wait until the page follows the stream, over that transport."""
        await expect(self.badge(tab)).to_contain_text(re.compile(f"Live.*{transport}"))

    async def blocks_websockets(self, blocked: bool = True) -> None:
        """Use the switch of the badge."""
        toggle = self.tab.get_by_role("switch")
        if not await toggle.is_visible():
            await self.badge().get_by_role("button").click()
        await toggle.set_checked(blocked)

    async def fetch(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """A request of the page itself, with its cookie."""
        return await self.tab.evaluate(
            """async ([method, path, body]) => {
                const session = await (await fetch("/api/v1/auth/cookie")).json();
                const headers = {"X-CSRF-Token": session.csrf_token, "Content-Type": "application/json"};
                const more = body && {body: JSON.stringify(body)};
                const response = await fetch(`/api/v1${path}`, {method, headers, ...more});
                if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
                return response.status === 204 ? null : response.json();
            }""",
            [method, path, body],
        )

    def _watch(self, tab: Page) -> None:
        tab.on("pageerror", lambda error: self._check_error(str(error)))
        tab.on("request", lambda request: self._check_origin(request.url))
        tab.on("console", lambda message: self._check_console(message.text))

    def _check_origin(self, url: str) -> None:
        if not url.startswith((self.site, "data:", "blob:")):
            self.faults.append(f"asked another server: {url}")

    def _check_error(self, text: str) -> None:
        if not text.startswith(UNREACHABLE):
            self.faults.append(f"uncaught: {text}")

    def _check_console(self, text: str) -> None:
        if "Content Security Policy" in text or "Warning:" in text:
            self.faults.append(text)


@asynccontextmanager
async def visitor(browser: Browser, site: str, name: str, **looks: Any) -> AsyncIterator[Visitor]:
    """Someone new; whatever their browser had to complain of fails the test. `looks` are the browser's."""
    context = await browser.new_context(locale="en-GB", **looks)
    context.set_default_timeout(PATIENCE)
    try:
        someone = Visitor(name, site, context, await context.new_page(), [])
        someone._watch(someone.tab)
        yield someone
        if someone.faults:
            raise AssertionError(f"the browser of {name} complained: {someone.faults}")
    finally:
        await context.close()
