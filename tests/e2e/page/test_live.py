"""The page in a real browser: what others do is seen at once, whatever the network does."""

import asyncio
import re

from playwright.async_api import Browser, Locator, Page, expect

from tests.support.bad_network import BadNetwork
from tests.support.browser import PATIENCE, Visitor, in_both, patient, visitor
from tests.support.people import PASSWORD
from tests.support.processes import Server

pytestmark = patient


@in_both
async def test_two_people_see_each_other(ada: Visitor, ben: Visitor) -> None:
    """Posts, likes, comments, who types and who is there, without loading anything anew."""
    await ada.sees_live("WebSocket")
    await ben.share("Borscht is ready!")
    post = ada.post("Borscht is ready!")
    await expect(post).to_contain_text(ben.name)
    await expect(ada.tab.get_by_role("complementary")).to_contain_text(ben.name)

    await post.get_by_role("button", name="Like", exact=True).click()
    await expect(ben.post("Borscht")).to_contain_text("1 like")
    own = ben.post("Borscht")
    await own.get_by_role("button", name="0 comments").click()
    await post.get_by_role("button", name="0 comments").click()
    await _type(
        post.get_by_label("Write a comment"), "Save me a bowl", own.get_by_text(f"{ada.name} is typing")
    )
    await post.get_by_role("button", name="Send").click()
    await expect(own).to_contain_text("Save me a bowl")
    await expect(own).to_contain_text("1 comment")
    await expect(own).not_to_contain_text("is typing")
    await expect(ben.tab.get_by_label("News")).to_contain_text(f"{ada.name} commented: Save me a bowl")


async def _type(field: Locator, text: str, seen: Locator) -> None:
    """Type, and go on until that is seen elsewhere: what is typed too early reaches nobody."""
    await field.press_sequentially(text)
    async with asyncio.timeout(PATIENCE / 1000):
        while not await seen.is_visible():
            await field.press_sequentially("!")


@in_both
async def test_the_switch_changes_the_transport_and_loses_nothing(ada: Visitor, ben: Visitor) -> None:
    """To SSE and back, with a post before, between and after; all are there, each once. The badge tells the
    transport, how long a round trip takes, and the cursor.
    """
    await ben.share("First course")
    await ada.blocks_websockets()
    await ben.share("Second course")
    await ada.sees_live("Server-Sent Events")
    details = ada.badge().get_by_role("definition")
    told = (r"^Server-Sent Events$", r"^\d+ ms$", r"^\w+\.\d+$")
    await expect(details).to_have_text([re.compile(pattern) for pattern in told])
    await ben.share("Third course")
    await ada.blocks_websockets(False)
    await ben.share("Fourth course")
    await ada.sees_live("WebSocket")
    await ben.share("Fifth course")
    for course in ("First", "Second", "Third", "Fourth", "Fifth"):
        await expect(ada.post(f"{course} course")).to_have_count(1)


@in_both
async def test_a_network_without_websockets_carries_the_stream_all_the_same(
    ada: Visitor, ben: Visitor, network: BadNetwork
) -> None:
    """Where every WebSocket is dropped the page comes over SSE by itself, and misses nothing meanwhile."""
    await ben.share("Before")
    network.refuses_websockets = True
    network.cut()
    await ben.share("Meanwhile")
    await ada.sees_live("Server-Sent Events")
    await ben.share("Dumplings for all")
    for content in ("Before", "Meanwhile", "Dumplings for all"):
        await expect(ada.post(content)).to_have_count(1)


@in_both
async def test_a_restarted_server_is_gone_on_with(
    ada: Visitor, ben: Visitor, server: Server, network: BadNetwork
) -> None:
    """The page stays as it is, reconnects, and has what happened since."""
    await ada.tab.evaluate("document.body.dataset.kept = 'yes'")
    await ada.tab.get_by_label("What is cooking?").press_sequentially("Half a sentence")
    async with server.stopped():
        await expect(ada.badge()).to_contain_text("Reconnecting")
    network.server = server.address
    await ben.sees_live()
    await ben.share("Back again")
    await expect(ada.post("Back again")).to_have_count(1)
    await expect(ada.tab.get_by_label("What is cooking?")).to_have_value("Half a sentence")
    assert await ada.tab.evaluate("document.body.dataset.kept") == "yes"


async def test_offline_and_back(ada: Visitor, ben: Visitor, network: BadNetwork) -> None:
    """What was posted meanwhile is there as soon as the network is."""
    await ada.context.set_offline(True)
    network.cut()
    await expect(ada.badge()).to_contain_text("Reconnecting")
    await ben.share("You missed this")
    await expect(ada.post("You missed this")).to_have_count(0)
    await ada.context.set_offline(False)
    await expect(ada.post("You missed this")).to_have_count(1)
    await ada.sees_live()


@in_both
async def test_two_tabs_share_a_connection_that_outlives_the_tab(ada: Visitor, ben: Visitor) -> None:
    """There is one connection; when its tab is closed, the other one goes on from where it was."""
    other = await ada.open_tab()
    await ada.sees_live(tab=other)
    stats = await ben.fetch("GET", "/realtime/stats")
    assert stats["connected_clients"] == 2, "Ben's, and one for both tabs of Ada's"
    await ben.share("To both tabs")
    await expect(ada.post("To both tabs")).to_have_count(1)
    await expect(ada.post("To both tabs", other)).to_have_count(1)

    await ada.tab.close()
    await ben.share("To the one that is left")
    await expect(ada.post("To the one that is left", other)).to_have_count(1)
    await ada.sees_live(tab=other)


async def test_a_replaced_cookie_is_gone_on_with(ada: Visitor, ben: Visitor) -> None:
    """A new password ends the stream; with the new cookie it comes back, and nobody notices."""
    await ada.tab.evaluate("document.body.dataset.kept = 'yes'")
    body = {"current_password": PASSWORD, "new_password": f"{PASSWORD} anew"}
    await ada.fetch("PUT", "/auth/password", body)
    await ben.share("Still there?")
    await expect(ada.post("Still there?")).to_have_count(1)
    await ada.sees_live()
    await ada.share("Still here.")
    assert await ada.tab.evaluate("document.body.dataset.kept") == "yes"


async def test_a_person_comes_in_by_the_door(browser: Browser, site: str) -> None:
    """An account is made, left and entered again, by labels and buttons alone; a wrong password is told."""
    async with visitor(browser, site, "Ada Lovelace") as ada:
        await ada.tab.goto(site)
        await ada.tab.get_by_role("button", name="New here?").click()
        await ada.tab.get_by_label("First name").fill("Ada")
        await ada.tab.get_by_label("Last name").fill("Lovelace")
        await _fill_in(ada.tab, PASSWORD, "Create account")
        await ada.sees_live()
        await ada.tab.get_by_role("button", name="Sign out").click()
        await _fill_in(ada.tab, "not the password", "Sign in")
        await expect(ada.tab.get_by_role("alert")).to_be_visible()
        await _fill_in(ada.tab, PASSWORD, "Sign in")
        await ada.sees_live()


async def _fill_in(tab: Page, password: str, verb: str) -> None:
    await tab.get_by_label("E-mail").fill("ada@example.com")
    await tab.get_by_label("Password").fill(password)
    await tab.get_by_role("button", name=verb, exact=True).click()


async def test_signing_out_in_one_tab_shows_the_door_in_all(ada: Visitor) -> None:
    """The server ends the stream, and each tab sees that nobody is signed in any more."""
    other = await ada.open_tab()
    await ada.sees_live(tab=other)
    await ada.tab.get_by_role("button", name="Sign out").click()
    await _sees_door(ada.tab)
    await _sees_door(other)


async def _sees_door(tab: Page) -> None:
    await expect(tab.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
