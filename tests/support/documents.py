"""The Markdown documents as data: their tables and their sessions, each under a comment that names it."""

import asyncio
import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

from tests.support.processes import Server

ROOT = Path(__file__).parents[2]

_SESSION = re.compile(r"<!-- session: (\w+) -->\n```sh\n(.*?)```", re.DOTALL)
_CODE = re.compile(r"`([^`]+)`")


def table(document: str, name: str) -> list[list[str]]:
    """The cells of the table under `<!-- table: name -->`, without its head."""
    _, found, rest = (ROOT / document).read_text().partition(f"<!-- table: {name} -->\n")
    assert found, f"{document} has no table {name}"
    lines = rest.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]


def codes(cell: str) -> list[str]:
    """What a cell has in backticks."""
    return _CODE.findall(cell)


def code(cell: str) -> str:
    """The one thing that a cell has in backticks."""
    (found,) = codes(cell)
    return found


def sessions(document: str) -> dict[str, str]:
    """The shell sessions under `<!-- session: name -->`, in their order."""
    return dict(_SESSION.findall((ROOT / document).read_text()))


async def shell(server: Server, script: str, seconds: float) -> str:
    """What `script` prints, with `server` in place of the one on port 3000; ended after `seconds`, with all
    that it left in the background.
    """
    address = server.url.removeprefix("http://")
    script = script.replace("127.0.0.1:3000", address).replace(".venv/bin/python", sys.executable)
    process = await asyncio.create_subprocess_exec(
        "timeout", str(seconds), "bash", "-c", script, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        printed, _ = await process.communicate()
    finally:
        end_group(process.pid)  # which `timeout` makes its own
    return printed.decode()


def end_group(pid: int) -> None:
    """End what a session left in the background."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def first_of(command: str, event: str) -> str:
    """A command that would go on for ever, ended once it has printed an event of that type."""
    return f'sed \'/"type":"{event}"/q\' < <({command.rstrip()})'


def events(printed: str) -> list[dict[str, Any]]:
    """The events among printed lines, of either transport."""
    lines = [line.removeprefix("data: ") for line in printed.splitlines()]
    return [json.loads(line) for line in lines if line.startswith('{"')]
