"""The views of the page, each with the part of the stream that it shows."""

from playwright.async_api import expect

from tests.support.browser import Visitor, patient
from tests.support.processes import Server

LOG_PAGE = 20  # entries of the audit log on one page

pytestmark = patient


async def test_a_post_is_edited_and_its_author_followed(ada: Visitor, ben: Visitor) -> None:
    """What the author changes is another text for everyone at once; only they may. Following tells them."""
    await ben.share("Dumplings, boiled")
    own = ben.tab.get_by_role("article").first
    await own.get_by_role("button", name="Edit this post").click()
    await own.get_by_label("What the post says").fill("Dumplings, fried")
    await own.get_by_role("button", name="Save").click()
    post = ada.post("Dumplings, fried")
    await expect(post.get_by_role("button", name="Edit this post")).to_have_count(0)

    await post.get_by_role("button", name=ben.name).click()
    await post.get_by_role("button", name="Follow", exact=True).click()
    await expect(post).to_contain_text("1 follower")
    await expect(ben.tab.get_by_label("News")).to_contain_text(f"{ada.name} follows you")

    await own.get_by_role("button", name="Delete this post").click()
    await expect(post).to_have_count(0)


async def test_a_household_shares_its_fridge(ada: Visitor, ben: Visitor) -> None:
    """Who joins by a code sees what is there, and both see what the other does, what expires first on top."""
    await ada.go("Kitchen")
    await ada.tab.get_by_label("Name of the kitchen").fill("Our flat")
    await ada.tab.get_by_role("button", name="Add").last.click()
    await expect(ada.tab.get_by_role("heading", name="Our flat")).to_be_visible()
    await ada.tab.get_by_role("button", name="Invite someone").click()
    code = await ada.tab.locator(".invite code").inner_text()

    await ben.go("Kitchen")
    await ben.tab.get_by_label("Invitation code").fill(code.lower())
    await ben.tab.get_by_role("button", name="Join").click()
    await expect(ben.tab.get_by_role("heading", name="Our flat")).to_be_visible()
    members = ada.tab.get_by_role("region", name="Members")
    await expect(members).to_contain_text(ben.name)

    await _put_in(ben, "Rice", "2099-01-01")
    await _put_in(ben, "Milk", "2020-01-01")
    shown = ada.tab.get_by_role("region", name="What is there").get_by_role("listitem")
    await expect(shown).to_have_count(2)
    await expect(shown.first).to_contain_text("Milk")
    await expect(shown.first).to_contain_text("expired")
    await expect(ada.tab.get_by_role("region", name="What others do")).to_contain_text(
        f"{ben.name} put in Milk"
    )

    await ada.tab.get_by_role("button", name="Remove Milk").click()
    await expect(ben.tab.get_by_role("button", name="Remove Milk")).to_have_count(0)


async def _put_in(person: Visitor, name: str, expires_on: str) -> None:
    form = person.tab.get_by_role("form", name="Put something in")
    await form.get_by_label("Name").fill(name)
    await form.get_by_label("Good until").fill(expires_on)
    await form.get_by_role("button", name="Add").click()
    await expect(person.tab.get_by_role("button", name=f"Remove {name}")).to_be_visible()


async def test_a_goal_is_drawn_and_reached(ada: Visitor) -> None:
    """Progress is on the chart; the value that reaches the target is told by the stream."""
    await ada.go("Goals")
    form = ada.tab.get_by_role("form", name="New goal")
    await form.get_by_label("Title").fill("Two litres a day")
    await form.get_by_label("Kind").select_option("water")
    await form.get_by_label("Target").fill("2")
    await form.get_by_label("Unit").fill("l")
    await form.get_by_role("button", name="Set the goal").click()
    goal = ada.tab.get_by_role("article").filter(has_text="Two litres a day")
    for value in ("1.5", "2"):
        await goal.get_by_label("Where I stand now").fill(value)
        await goal.get_by_role("button", name="Record").click()
        await expect(goal).to_contain_text(f"{value} l now, 2 l the target")
    await expect(goal.get_by_role("img")).to_have_accessible_name(
        "Two litres a day: 1 days of progress, the last value 2 l, the target 2 l"
    )
    await expect(goal).to_contain_text("reached")
    await expect(ada.tab.get_by_label("News")).to_contain_text("Goal reached: Two litres a day")


async def test_a_recipe_is_answered_through_the_stream(ada: Visitor) -> None:
    """The wish is taken at once; the recipe appears when the stream says that it is there."""
    await ada.go("Recipes")
    form = ada.tab.get_by_role("form", name="Make me a recipe")
    await form.get_by_label("With").fill("potatoes, onions")
    await form.get_by_label("vegetarian").check()
    await form.get_by_role("button", name="Generate").click()
    await expect(ada.tab.get_by_role("article").get_by_role("list").first).to_be_visible()
    await expect(ada.tab.get_by_label("News")).to_contain_text("Your recipe is ready")
    await ada.go("Inbox")
    await expect(ada.tab.get_by_role("main")).to_contain_text("Your recipe is ready")


async def test_an_administrator_sees_the_service_and_tells_everyone(
    ada: Visitor, ben: Visitor, server: Server, site: str
) -> None:
    """Numbers and connections, live; a word that everyone gets; an end for one connection."""
    await expect(ben.tab.get_by_role("link", name="Service", exact=True)).to_have_count(0)
    server.change("UPDATE users SET role = 'admin' WHERE email = ?", await _email(ada))
    await ada.tab.goto(f"{site}/admin")
    rows = ada.tab.get_by_role("row")
    await expect(rows.filter(has_text=ben.name)).to_contain_text("websocket")
    await expect(ada.tab.get_by_role("figure").filter(has_text="Connections")).to_contain_text("2")

    form = ada.tab.get_by_role("form", name="Tell everyone")
    await form.get_by_label("Title").fill("Soup kitchen")
    await form.get_by_label("Message").fill("Opens at noon")
    await form.get_by_role("button", name="Send").click()
    await expect(ben.tab.get_by_label("News")).to_contain_text("Soup kitchen: Opens at noon")

    await rows.filter(has_text=ben.name).get_by_role("button").click()
    await expect(ben.badge()).to_contain_text("Ended")
    await ben.badge().get_by_role("button").click()
    await ben.tab.get_by_role("button", name="Connect again").click()
    await ben.sees_live()


async def test_an_administrator_reads_the_audit_log(ada: Visitor, server: Server, site: str) -> None:
    """What was done by whom, a page at a time, of one kind where that is chosen, and anew when asked for."""
    server.change("UPDATE users SET role = 'admin' WHERE email = ?", await _email(ada))
    for number in range(LOG_PAGE + 1):
        await ada.fetch("DELETE", f"/admin/connections/page-{number}")
    await ada.tab.goto(f"{site}/admin")
    log = ada.tab.get_by_role("region", name="Audit log")
    ended = log.get_by_role("row").filter(has_text="Connection ended").filter(has_text=ada.name)
    await expect(ended).to_have_count(LOG_PAGE)
    await log.get_by_role("button", name="Show more").click()
    await expect(ended.filter(has=ada.tab.get_by_text("page-0", exact=True))).to_have_count(1)
    await log.get_by_label("Which actions").select_option("Data exported")
    await expect(ended).to_have_count(0)
    await ada.fetch("GET", "/auth/export")
    await log.get_by_role("button", name="Refresh").click()
    await expect(log.get_by_role("row").filter(has_text=ada.name)).to_contain_text("Data exported")


async def _email(person: Visitor) -> str:
    account = await person.fetch("GET", "/auth/me")
    return str(account["email"])


async def test_the_page_speaks_russian_and_goes_by_keyboard(ada: Visitor) -> None:
    """The language is switched at once; a view is chosen and gets the focus without a mouse."""
    await ada.tab.get_by_label("Language").select_option("ru")
    await expect(ada.tab.get_by_role("heading", name="Сообщество")).to_be_visible()
    assert await ada.tab.evaluate("document.documentElement.lang") == "ru"
    await ada.tab.get_by_role("link", name="Цели").focus()
    await ada.tab.keyboard.press("Enter")
    await expect(ada.tab.get_by_role("heading", name="Цели", exact=True)).to_be_visible()
    await expect(ada.tab.get_by_role("main")).to_be_focused()
