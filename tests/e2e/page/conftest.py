"""Browsers, a server behind a network that may fail, and two people who look at the page."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.support.bad_network import BadNetwork, bad_network
from tests.support.browser import Visitor, chromium, firefox, need_page, visitor
from tests.support.processes import Server


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    need_page()
    async with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
async def other_browser(request: pytest.FixtureRequest, browser: Browser) -> AsyncIterator[Browser]:
    """Ada's: Firefox for the tests that are marked `in_both`, and else the same."""
    if getattr(request, "param", "chromium") == "firefox":
        async with firefox() as other:
            yield other
    else:
        yield browser


@pytest.fixture
async def network(server: Server) -> AsyncIterator[BadNetwork]:
    """What is between the browsers and the server."""
    async with bad_network(server.address) as network:
        yield network


@pytest.fixture
def site(network: BadNetwork) -> str:
    """The page's address."""
    host, port = network.address
    return f"http://{host}:{port}"


@pytest.fixture
async def ada(other_browser: Browser, site: str, request: pytest.FixtureRequest) -> AsyncIterator[Visitor]:
    """Someone who looks at the page."""
    async with visitor(other_browser, site, f"Ada {_word(request)}") as ada:
        await ada.sign_up()
        yield ada


@pytest.fixture
async def ben(browser: Browser, site: str, request: pytest.FixtureRequest) -> AsyncIterator[Visitor]:
    """Someone else, with another browser profile."""
    async with visitor(browser, site, f"Ben {_word(request)}") as ben:
        await ben.sign_up()
        yield ben


def _word(request: pytest.FixtureRequest) -> str:
    # People of one server need addresses of their own.
    letters = "".join(letter for letter in request.node.name.title() if letter.isalpha())
    return letters.removeprefix("Test")[-30:]
