"""The guides, followed: each command, each line for a console, each file, against a real server."""

import json
import sqlite3
import subprocess
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.async_api import Browser, CDPSession, ConsoleMessage, Page, expect

from tests.support.api import Api
from tests.support.browser import PATIENCE, chromium
from tests.support.documents import ROOT, sessions
from tests.support.processes import Server, running
from tests.support.schema import check_event, check_message
from tests.support.snippets import SECONDS, Block, blocks, of, run_shell, settle, unexplained, write_files
from tests.support.tools import leave_out, need
from tests.support.waiting import until

WEBSOCKET, FRONTEND, BACKEND = (f"docs/{name}_GUIDE.md" for name in ("WEBSOCKET", "FRONTEND", "BACKEND"))
OPERATIONS = "docs/OPERATIONS.md"
GUIDES = (WEBSOCKET, FRONTEND, BACKEND)
CLIENT = ROOT / "client"
ACCOUNT = {
    "email": "ada@example.com",
    "password": "a long kitchen secret",
    "first_name": "Ada",
    "last_name": "Cook",
}
# As Vite's template has it, which the guides tell their readers to begin with.
TSCONFIG = {
    "compilerOptions": {
        "target": "ES2022",
        "lib": ["ES2022", "DOM", "DOM.Iterable"],
        "module": "ESNext",
        "moduleResolution": "bundler",
        "moduleDetection": "force",
        "jsx": "react-jsx",
        "types": [],
        "strict": True,
        "noUnusedLocals": True,
        "noUnusedParameters": True,
        "noFallthroughCasesInSwitch": True,
        "verbatimModuleSyntax": True,
        "erasableSyntaxOnly": True,
        "skipLibCheck": True,
        "noEmit": True,
    },
    "include": ["src"],
}


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    # Heartbeats are not waited for longer than need be.
    async with running(tmp_path_factory.mktemp("data"), heartbeat_seconds=1) as server:
        yield server


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def tab(browser: Browser, server: Server) -> AsyncIterator[Page]:
    """A private window that looks at some page of the server."""
    context = await browser.new_context(locale="en-GB")
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    await page.goto(f"{server.url}/health/live")
    yield page
    await context.close()


def need_client() -> None:
    """Without a built client the test is left out; where `CI` is set it fails instead."""
    need("npm")
    if not (CLIENT / "dist/index.js").exists():
        leave_out("the client is not built: make client")


@pytest.mark.parametrize("page", [WEBSOCKET, FRONTEND])
async def test_the_commands_of_a_guide_do_what_it_says(page: str, tmp_path: Path, server: Server) -> None:
    """In one shell, from top to bottom, with the output that is shown."""
    need("curl")
    need_client()
    await run_shell(page, settle(page, tmp_path / "checkout", server), server)


async def test_the_commands_of_operations_do_what_they_say(tmp_path: Path) -> None:
    """On the data of a server that was stopped, as most of them want it, and with an account."""
    (tmp_path / "data").mkdir()
    async with running(tmp_path / "data") as server:
        api = Api(server)
        await api.done("POST", "/auth/register", None, json=ACCOUNT)
        await api.aclose()
        server.terminate()
        assert await server.ended() == 0
        checkout = settle(OPERATIONS, tmp_path / "checkout", server)
        await run_shell(OPERATIONS, checkout, server)
    with closing(sqlite3.connect(checkout / "backup.sqlite3")) as backup:
        assert backup.execute("SELECT email FROM users").fetchall() == [(ACCOUNT["email"],)]
        before = backup.execute("SELECT epoch FROM stream_heads").fetchall()
    with closing(sqlite3.connect(server.database)) as restored:
        assert restored.execute("SELECT epoch FROM stream_heads").fetchall() != before


async def test_a_browser_with_nothing_but_the_guide_gets_events(tab: Page, server: Server) -> None:
    """What is pasted into the console, one block after the other, says what is shown."""
    console = Console(tab, await tab.context.new_cdp_session(tab))
    for block in of(WEBSOCKET, "js"):
        await console.paste(block, server)


class Console:
    """The browser's console: what is pasted into it, and what it shows."""

    def __init__(self, tab: Page, devtools: CDPSession) -> None:
        self._devtools = devtools
        self._shown: list[str] = []
        tab.on("console", self._show)

    async def paste(self, block: Block, server: Server) -> None:
        """Evaluate a block as the console does, and see it show what the page says."""
        before = len(self._shown)
        evaluated = await self._devtools.send(
            "Runtime.evaluate",
            {"expression": block.written_for(server), "replMode": True, "awaitPromise": True},
        )
        assert "exceptionDetails" not in evaluated, f"{block} failed: {evaluated}"
        try:
            await until(lambda: block.shows(self._since(before), server), within=SECONDS)
        except TimeoutError:
            block.check(self._since(before), server)

    def _since(self, number: int) -> str:
        return "".join(f"{line}\n" for line in self._shown[number:])

    def _show(self, message: ConsoleMessage) -> None:
        self._shown.append(message.text.rstrip())


def test_what_is_written_in_typescript_compiles(tmp_path: Path, server: Server) -> None:
    """All guides' modules, as strictly as Vite's template has it, against the client as it is installed."""
    compile_all(project(tmp_path, server))


def project(directory: Path, server: Server) -> Path:
    """A front end's directory with the guides' modules, and what they import."""
    need_client()
    for page in GUIDES:
        write_files(page, directory, server)
    modules = directory / "node_modules"
    (modules / "@itcook").mkdir(parents=True)
    (modules / "@itcook/realtime").symlink_to(CLIENT)
    for name in ("react", "react-dom", "@types", "csstype", "scheduler"):
        (modules / name).symlink_to(CLIENT / "node_modules" / name)
    (directory / "tsconfig.json").write_text(json.dumps(TSCONFIG))
    return directory


def compile_all(directory: Path) -> None:
    done = subprocess.run(
        [CLIENT / "node_modules/.bin/tsc", "--project", directory], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


async def test_the_application_of_the_frontend_guide_works(
    browser: Browser, tab: Page, tmp_path: Path, server: Server
) -> None:
    """Two people sign up in their browsers, and see live what the other does."""
    script = bundle(project(tmp_path, server))
    await open_application(tab, script)
    await sign_up(tab, "Ada")
    context = await browser.new_context()
    try:
        other = await context.new_page()
        await other.goto(f"{server.url}/health/live")
        await open_application(other, script)
        await sign_up(other, "Ben")
        await tab.get_by_placeholder("What is cooking?").fill("Borscht for Ben")
        await tab.get_by_role("button", name="Share").click()
        seen = other.get_by_role("article").filter(has_text="Borscht for Ben")
        await seen.get_by_role("button", name="♥").click()
        own = tab.get_by_role("article").filter(has_text="Borscht for Ben")
        await expect(own.get_by_role("button", name="♥")).to_have_text("♥ 1")
        await expect(tab.get_by_role("button", name="Inbox")).to_have_text("Inbox 1")
        await own.get_by_role("button", name="Comments").click()
        await seen.get_by_role("button", name="Comments").click()
        await seen.get_by_placeholder("Answer").press_sequentially("Yum")
        await expect(own).to_contain_text("Ben Cook writes…")
        await seen.get_by_placeholder("Answer").press("Enter")
        await expect(own).to_contain_text("Ben Cook Yum")
        await tab.get_by_placeholder("Into the fridge").fill("Beetroot")
        await tab.get_by_placeholder("Into the fridge").press("Enter")
        await expect(tab.get_by_role("listitem")).to_contain_text("1 piece Beetroot")
        await tab.get_by_role("button", name="Something with").click()
        await expect(tab.locator("body")).to_contain_text("Recipe: ")
    finally:
        await context.close()


def bundle(directory: Path) -> Path:
    """The application as one script."""
    (main,) = [block for page in GUIDES for block in blocks(page) if "mount" in block.words]
    output = directory / "application.js"
    subprocess.run(
        [
            CLIENT / "node_modules/.bin/esbuild",
            directory / main.words["file"],
            "--bundle",
            "--format=esm",
            "--jsx=automatic",
            "--log-level=warning",
            f"--outfile={output}",
        ],
        check=True,
    )
    return output


async def open_application(tab: Page, script: Path) -> None:
    await tab.evaluate("document.body.innerHTML = '<div id=root></div>'")
    await tab.add_script_tag(path=script, type="module")


async def sign_up(tab: Page, name: str) -> None:
    """Fill in the form, and see the stream live."""
    await tab.get_by_placeholder("First name").fill(name)
    await tab.get_by_placeholder("Last name").fill("Cook")
    await tab.get_by_placeholder("E-mail").fill(f"{name.lower()}@guides.example.org")
    await tab.get_by_placeholder("Password").fill("a long kitchen secret")
    await tab.get_by_role("button", name="Sign up").click()
    await expect(tab.get_by_role("banner")).to_contain_text("live over websocket")


@pytest.mark.parametrize("page", GUIDES)
def test_json_in_the_guides_is_what_goes_over_the_wire(page: str) -> None:
    """Events and messages, each held against the schema."""
    for block in blocks(page):
        if "event" in block.words:
            check_event(block.text.strip())
        elif "message" in block.words:
            check_message(json.loads(block.text))


@pytest.mark.parametrize("page", [*GUIDES, OPERATIONS, "README.md", "docs/tutorial.md"])
def test_every_block_is_followed_or_says_why_not(page: str) -> None:
    """No snippet is there that nothing tries. Sessions are run by tests of their own."""
    run_elsewhere = set(sessions(page).values())
    left = [str(block) for block in unexplained(page) if block.text not in run_elsewhere]
    assert left == []
