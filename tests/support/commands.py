"""`itcook` as people call it: a process, its output, and how it ended."""

import asyncio
import json
import os
import pty
import signal
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.people import PASSWORD, Person
from tests.support.processes import ITCOOK, STOP_SECONDS
from tests.support.schema import check_event

PATIENCE_SECONDS = 60  # for a line or an end; a start takes a second, and this machine may be busy


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as one JSON value."""
        return json.loads(self.out)

    @property
    def events(self) -> list[dict[str, Any]]:
        """Its lines, each of them an event as it is documented."""
        return [_checked(line) for line in self.out.splitlines()]


def signing_in(person: Person) -> list[str]:
    """The options that sign in as `person`; the password is in the environment."""
    return ["--email", person.email]


async def itcook(*arguments: str, directory: Path, settings: Mapping[str, str] | None = None) -> Done:
    """Run `itcook` with `arguments` to its end."""
    process = await _start(arguments, directory, settings)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
    assert process.returncode is not None, "communicate() waits for the end"
    return Done(process.returncode, out.decode(), err.decode())


class Command:
    """One that runs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def line(self) -> str:
        """The next line of its standard output. Raises `EOFError` at its end."""
        assert self.process.stdout is not None, "it is a pipe"
        async with asyncio.timeout(PATIENCE_SECONDS):
            line = await self.process.stdout.readline()
        if not line:
            raise EOFError
        return line.decode().removesuffix("\n")

    async def event(self) -> dict[str, Any]:
        """The next line, which is an event as it is documented."""
        return _checked(await self.line())

    async def told(self, words: str) -> str:
        """The first line of its standard error with these words."""
        assert self.process.stderr is not None, "it is a pipe"
        async with asyncio.timeout(PATIENCE_SECONDS):
            while words not in (line := (await self.process.stderr.readline()).decode()):
                assert line, f"it ended without {words!r}"
        return line

    def interrupt(self) -> None:
        """Send SIGINT, as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)

    async def ended(self) -> Done:
        """How it ended, and what it printed that was not read."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            out, err = await self.process.communicate()
        assert self.process.returncode is not None, "communicate() waits for the end"
        return Done(self.process.returncode, out.decode(), err.decode())


@asynccontextmanager
async def command(
    *arguments: str, directory: Path, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Command]:
    """A started command; whatever becomes of it inside, it is gone afterwards."""
    process = await _start(arguments, directory, settings)
    try:
        yield Command(process)
    finally:
        if process.returncode is None:
            process.kill()
            async with asyncio.timeout(STOP_SECONDS):
                await process.communicate()


async def on_terminal(*arguments: str, directory: Path, settings: Mapping[str, str] | None = None) -> str:
    """What `itcook` with `arguments` shows on a terminal, to its end."""
    shown, terminal = pty.openpty()
    environment = _environment({"TERM": "xterm-256color", "COLUMNS": "120", **(settings or {})})
    process = await asyncio.create_subprocess_exec(
        ITCOOK, *arguments, cwd=directory, env=environment, stdin=terminal, stdout=terminal, stderr=terminal
    )
    os.close(terminal)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            text = await asyncio.to_thread(_read_all, shown)
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(shown)
    return text


def _read_all(terminal: int) -> str:
    """Until the last who writes has closed it, which Linux calls an error."""
    parts = []
    with suppress(OSError):
        while part := os.read(terminal, 65_536):
            parts.append(part)
    return b"".join(parts).decode()


def _checked(line: str) -> dict[str, Any]:
    check_event(line)
    event: dict[str, Any] = json.loads(line)
    return event


async def _start(
    arguments: tuple[str, ...], directory: Path, settings: Mapping[str, str] | None
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        ITCOOK,
        *arguments,
        cwd=directory,
        env=_environment(settings or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        limit=1024 * 1024,
        preexec_fn=_with_interrupts,
    )


def _with_interrupts() -> None:
    # What a shell runs in the background ignores Ctrl-C, and so does all that it starts.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ITCOOK_")}
    return {**inherited, "ITCOOK_PASSWORD": PASSWORD, **settings}
