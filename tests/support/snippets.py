"""The code blocks of a page, and following them as a reader does.

After its language, a block's info string says what becomes of it:

    file=NAME    it is that file in the reader's directory, and there when the page's commands run
    source=PATH  it is an excerpt of that file of the project
    patch        (diff) it is applied, in the order of the page
    example      (json) it is what comes of that, with `…` for what differs each time
    exits=28     its last command ends with this code in place of 0
    mount        (tsx) it is a page's main module: a browser shows it
    event, message    (json) it is one, and held against the schema
    skip="why"   it is not run

`sh` blocks are one session in bash, `js` blocks without a file are pasted into one browser's console. A block
of `text` is what the block before it prints, somewhere: `…` is anything, alone on a line any lines.
"""

import asyncio
import os
import re
import shlex
import shutil
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.documents import ROOT, end_group
from tests.support.processes import Server, environment

SECONDS = 100  # for what takes a few, as this machine may be very busy
ADDRESS = "127.0.0.1:3000"  # where the pages have their server
FOLLOWED = {"file", "source", "patch", "example", "event", "message", "skip"}
_OWN = {
    ".venv",
    ".git",
    "data",
    ".env",
    "node_modules",
    "build",
}  # of the reader, not of the checkout they read
_BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=indent)```$", re.DOTALL | re.MULTILINE
)
_END = re.compile("\x1e(\\d+)\x1e")


@dataclass(frozen=True)
class Block:
    """A fenced block of code. `expected` is what it should print, if the page says so."""

    page: str
    line: int
    language: str
    words: dict[str, str]
    text: str
    expected: str | None = None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    def written_for(self, server: Server) -> str:
        """Its text with `server` in place of the pages' own."""
        return self.text.replace(ADDRESS, server.url.removeprefix("http://"))

    def check(self, printed: str, server: Server) -> None:
        """Raises `AssertionError` unless it printed what the page says."""
        assert self.shows(printed, server), (
            f"{self} says it prints\n{self.expected}\nbut it printed\n{printed}"
        )

    def shows(self, printed: str, server: Server) -> bool:
        """Whether it printed what the page says, if that says anything."""
        if self.expected is None:
            return True
        expected = self.expected.replace(ADDRESS, server.url.removeprefix("http://"))
        return re.search(_pattern(expected), printed, re.MULTILINE) is not None


def _pattern(expected: str) -> str:
    lines = expected.rstrip("\n").split("\n")
    parts = [
        "(?:.*\n)*?" if line.strip() == "…" else ".*?".join(map(re.escape, line.split("…"))) + "$\n?"
        for line in lines
    ]
    return "^" + "".join(parts)


def blocks(page: str) -> list[Block]:
    """The blocks of a page, in their order; those that only show what one prints belong to that one."""
    found: list[Block] = []
    text = (ROOT / page).read_text()
    for match in _BLOCK.finditer(text):
        language, words = _info(match["info"])
        line = text.count("\n", 0, match.start()) + 1
        code = re.sub(f"^{match['indent']}", "", match["text"], flags=re.MULTILINE)
        if language == "text" and not words:
            assert found, f"{page}:{line} shows what nothing printed"
            *found, last = found
            found.append(Block(last.page, last.line, last.language, last.words, last.text, code))
        else:
            found.append(Block(page, line, language, words, code))
    return found


def _info(info: str) -> tuple[str, dict[str, str]]:
    language, *words = shlex.split(info) or [""]
    pairs = (word.partition("=") for word in words)
    return language, {name: value for name, _, value in pairs}


def of(page: str, language: str) -> list[Block]:
    """The blocks in one language that are to be followed where they stand."""
    return [
        block
        for block in blocks(page)
        if block.language == language and not {"skip", "file"} & block.words.keys()
    ]


def settle(page: str, directory: Path, server: Server, copied: Collection[str] = ()) -> Path:
    """A directory as the page's reader has it: the checkout, the server's data, and the files of the page.

    What the reader changes must be `copied`; all else is the checkout's own.
    """
    directory.mkdir()
    for path in ROOT.iterdir():
        if path.name in copied:
            shutil.copytree(path, directory / path.name)
        elif path.name not in _OWN:
            (directory / path.name).symlink_to(path)
    (directory / ".venv").symlink_to(Path(sys.prefix))
    (directory / "data").symlink_to(server.directory)
    write_files(page, directory, server)
    return directory


def write_files(page: str, directory: Path, server: Server) -> None:
    """Write the files that a page has, into the reader's directory."""
    for block in blocks(page):
        if "file" in block.words:
            path = directory / block.words["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            assert path.resolve().is_relative_to(directory.resolve()), f"{block} would change the checkout"
            path.write_text(block.written_for(server))


async def run_shell(page: str, directory: Path, server: Server) -> None:
    """Run a page's commands in one bash. Raises `AssertionError` where one does not what the page says."""
    session = of(page, "sh")
    printed = await _bash(
        "".join(map(_told, (block.written_for(server) for block in session))), directory, server
    )
    *outputs, rest = _END.split(printed)
    assert len(outputs) == 2 * len(session), f"{page} stopped in {session[len(outputs) // 2]}: {rest}"
    for block, output, code in zip(session, outputs[::2], outputs[1::2], strict=True):
        assert code == block.words.get("exits", "0"), f"{block} ended with {code}: {output}"
        block.check(output, server)


def _told(commands: str) -> str:
    """The commands, and a mark of where their output ends, and how."""
    return f"{commands}printf '\\036%d\\036' $?\n"


async def _bash(script: str, directory: Path, server: Server) -> str:
    # A file and no pipe: what goes on in the background would hold a pipe open.
    output = directory / ".printed"
    with output.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            "bash",
            "-c",
            script,
            cwd=directory,
            env=_environment(server),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(SECONDS):
                await process.wait()
        except TimeoutError:
            pass  # how far it came, its output shows
        finally:
            end_group(process.pid)
            await process.wait()
    return output.read_text(errors="replace")  # a frame on a terminal is no text


def _environment(server: Server) -> dict[str, str]:
    own = environment(server.directory)
    offline = {"npm_config_offline": "true", "npm_config_update_notifier": "false"}
    return own | offline | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def unexplained(page: str) -> Iterator[Block]:
    """The blocks that nothing follows and that do not say why."""
    for block in blocks(page):
        followed = block.language in {"sh", "js"} or block.words.keys() & FOLLOWED
        if not followed or block.words.get("skip") == "":
            yield block
