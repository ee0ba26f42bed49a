"""README's sessions, run as they are written, against a server that runs as README says."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import Server, running

ROOT = Path(__file__).parent.parent
SESSION = re.compile(r"<!-- session: (\w+) -->\n```sh\n(.*?)```", re.DOTALL)
SESSIONS = dict(SESSION.findall((ROOT / "README.md").read_text()))


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with running(tmp_path) as server:
        yield server


async def shell(server: Server, script: str, seconds: float) -> str:
    """What `script` prints, with the server's address in place of README's; ended after `seconds`."""
    address = server.url.removeprefix("http://")
    script = script.replace("127.0.0.1:3000", address).replace(".venv/bin/python", sys.executable)
    process = await asyncio.create_subprocess_exec(
        "timeout", str(seconds), "bash", "-c", script, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()
    return printed.decode()


def events(printed: str) -> list[dict[str, Any]]:
    """The events among the lines, of either transport."""
    lines = [line.removeprefix("data: ") for line in printed.splitlines()]
    return [json.loads(line) for line in lines if line.startswith('{"')]


async def test_the_sessions_of_the_readme_show_what_it_says(server: Server) -> None:
    """Ada sees Ben's post, like, comment and following; resumes; and sees the same over a WebSocket."""
    exported = 'echo "ADA_TOKEN=$ADA_TOKEN"'
    printed = await shell(server, f"{SESSIONS['curl']}\n{exported}", 30)
    seen = events(printed)
    assert [event["type"] for event in seen] == [
        "Connected",
        "NewCommunityPost",
        "PostLiked",
        "NewComment",
        "NewFollower",
    ]
    token = re.search(r"^ADA_TOKEN=(\S+)$", printed, re.MULTILINE)
    assert token is not None

    resume = SESSIONS["resume"].replace("uwwfdbgc.1", seen[1]["id"])
    resumed = events(await shell(server, f"ADA_TOKEN={token[1]} API={server.url}/api/v1\n{resume}", 3))
    assert resumed[1:4] == seen[2:]

    websocket = SESSIONS["websocket"].replace("make install\n", "")
    (connected, *_) = events(await shell(server, f"ADA_TOKEN={token[1]}\n{websocket}", 3))
    assert (connected["type"], connected["data"]["transport"]) == ("Connected", "websocket")
