"""The tutorial, run as it is written against a server that runs as it says."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.documents import events, first_of, sessions, shell
from tests.support.processes import Server, running
from tests.support.tools import need

*CURL, PYTHON = sessions("docs/tutorial.md").values()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with running(tmp_path) as server:
        yield server


async def test_the_tutorial_shows_what_it_says(server: Server) -> None:
    """What was missed is replayed, what happens behind a page follows it, and Python sees the same."""
    need("curl")
    printed = await shell(server, "\n".join([*CURL, 'echo "ADA_TOKEN=$ADA_TOKEN"']), 60)
    seen = [(event["type"], event["data"].get("resume")) for event in events(printed)]
    assert seen == [
        ("Connected", "fresh"),
        ("NewCommunityPost", None),
        ("Connected", "resumed"),
        ("PostLiked", None),
        ("NewComment", None),
        ("Connected", "resumed"),
        ("NewComment", None),
    ]
    assert [event["data"].get("replayed") for event in events(printed)][2:6:3] == [2, 1]

    token = re.search(r"^ADA_TOKEN=(\S+)$", printed, re.MULTILINE)
    assert token is not None
    python = PYTHON.replace("make install\n", "")
    (connected,) = events(await shell(server, f"ADA_TOKEN={token[1]}\n{first_of(python, 'Connected')}", 60))
    assert (connected["type"], connected["data"]["transport"]) == ("Connected", "websocket")
