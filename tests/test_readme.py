"""README's sessions, run as they are written, against a server that runs as README says."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.documents import ROOT, events, first_of, sessions, shell
from tests.support.processes import Server, running
from tests.support.tools import need

README = (ROOT / "README.md").read_text()
SESSIONS = sessions("README.md")
PATIENCE = 60  # seconds, for what takes one


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with running(tmp_path) as server:
        yield server


async def test_the_sessions_of_the_readme_show_what_it_says(server: Server) -> None:
    """Ada sees Ben's post, like, comment and following; resumes; and sees the same over a WebSocket."""
    need("curl")
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
    assert [event["type"] for event in events(README)] == [event["type"] for event in seen[1:]]
    token = re.search(r"^ADA_TOKEN=(\S+)$", printed, re.MULTILINE)
    assert token is not None

    resume = SESSIONS["resume"].replace("rmpcfk7q.1", seen[1]["id"])
    preparation = f"ADA_TOKEN={token[1]} API={server.url}/api/v1"
    resumed = events(await shell(server, f"{preparation}\n{first_of(resume, 'NewFollower')}", PATIENCE))
    assert resumed[1:] == seen[2:]

    websocket = SESSIONS["websocket"].replace("make install\n", "")
    script = f"{preparation}\n{first_of(websocket, 'Connected')}"
    (connected,) = events(await shell(server, script, PATIENCE))
    assert (connected["type"], connected["data"]["transport"]) == ("Connected", "websocket")
