"""What people decide about their own accounts, on the page."""

import json
from collections.abc import Mapping

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.support.browser import Visitor, patient, visitor
from tests.support.people import PASSWORD

pytestmark = patient


@pytest.fixture(scope="module")
def server_settings() -> Mapping[str, object]:
    """Quotas, as one of these tests uses one up."""
    return {"rate_limits": "on"}


@pytest.fixture
async def account(ada: Visitor) -> Locator:
    """Ada's view of her account."""
    await ada.tab.get_by_role("link", name=f"Account of {ada.name}").press("Enter")
    account = ada.tab.get_by_role("main")
    await expect(account).to_be_focused()
    return account


async def test_an_address_and_a_password_are_changed(ada: Visitor, account: Locator) -> None:
    """With the present password only. The page shows the new address, and goes on with its new cookie."""
    address = account.get_by_role("form", name="E-mail address")
    await address.get_by_label("New e-mail").fill("countess@example.org")
    await _confirm(address, "not the password", "Change e-mail")
    await expect(address.get_by_role("alert")).to_have_text("This is not your current password.")
    await _confirm(address, PASSWORD, "Change e-mail")
    await expect(address.get_by_role("status")).to_have_text("Changed.")
    await expect(address.get_by_label("New e-mail")).to_be_empty()
    await expect(account).to_contain_text("countess@example.org")

    password = account.get_by_role("form", name="Password")
    await password.get_by_label("New password").fill(f"{PASSWORD} anew")
    await _confirm(password, PASSWORD, "Change password")
    await expect(password.get_by_role("status")).to_have_text("Changed.")
    await ada.go("Feed")
    await ada.share("Still here")
    await ada.sees_live()


async def test_another_login_is_seen_and_ended(
    ada: Visitor, account: Locator, browser: Browser, site: str
) -> None:
    """A login elsewhere is told by its device; ended here, it shows the door there."""
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
    async with visitor(browser, site, ada.name, user_agent=agent) as elsewhere:
        await elsewhere.sign_in()
        await ada.tab.reload()
        logins = account.get_by_role("region", name="Where you are signed in").get_by_role("listitem")
        await expect(logins).to_have_count(2)
        await expect(logins.filter(has_text="this device")).to_have_count(1)
        await account.get_by_role("button", name="Sign out Firefox · Windows").click()
        await expect(logins).to_have_count(1)
        await expect(elsewhere.tab.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    await ada.sees_live()


async def test_everything_is_downloaded_and_then_deleted(ada: Visitor, account: Locator) -> None:
    """The file has what the person wrote, asked for by keyboard. What is refused is told instead of saved.
    With the password the account is gone, as the door says.
    """
    await ada.fetch("POST", "/community/posts", {"content": "Remember me", "post_type": "general"})
    card = account.get_by_role("region", name="Your data")
    async with ada.tab.expect_download() as begun:
        await card.get_by_role("button", name="Download").press("Enter")
    saved = await begun.value
    await expect(card.get_by_role("status")).to_have_text("Downloaded.")
    assert saved.suggested_filename == "itcook.json"
    data = json.loads((await saved.path()).read_text())
    assert [post["content"] for post in data["posts"]] == ["Remember me"]

    for _ in range(9):  # with the one above, as many as there may be in an hour
        await ada.fetch("GET", "/auth/export")
    await card.get_by_role("button", name="Download").click()
    await expect(card.get_by_role("alert")).to_contain_text("That was too often.")
    await expect(card.get_by_role("status")).to_be_empty()

    await account.get_by_role("button", name="Delete my account…").click()
    form = account.get_by_role("form", name="Delete the account")
    await _confirm(form, PASSWORD, "Delete for good")
    await expect(ada.tab.get_by_text("Your account is deleted, with everything in it.")).to_be_visible()
    with pytest.raises(AssertionError, match="invalid_credentials"):
        await ada.sign_in()


async def _confirm(form: Locator, password: str, verb: str) -> None:
    await form.get_by_label("Current password").fill(password)
    await form.get_by_role("button", name=verb).click()
