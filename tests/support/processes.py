"""`itcook serve` as a process of its own, as its operator starts it."""

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import psutil

ITCOOK = Path(sys.executable).with_name("itcook")
START_SECONDS = 120  # a start takes one; this machine may be very busy
STOP_SECONDS = 20
LINE_BYTES = 1024 * 1024

LogLine = dict[str, Any]


def environment(directory: Path, **settings: object) -> dict[str, str]:
    """The environment of a server whose data is in `directory`, with these `ITCOOK_*` settings."""
    own = {
        "bind": "127.0.0.1:0",
        "database_url": f"sqlite:///{directory / 'itcook.sqlite3'}",
        "log_format": "json",
        "rate_limits": "off",  # everyone here has one address, and nobody the patience of people
        **settings,
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ITCOOK_")}
    return inherited | {f"ITCOOK_{name.upper()}": str(value) for name, value in own.items()}


async def refused_start(directory: Path, **settings: object) -> tuple[int, str]:
    """Start a server that must not start; its exit code and standard error."""
    process = await asyncio.create_subprocess_exec(
        ITCOOK,
        "serve",
        cwd=directory,
        env=environment(directory, **settings),
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(START_SECONDS):
            _, errors = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.communicate()
        raise AssertionError("the server started, or hangs") from None
    assert process.returncode is not None, "communicate() waits for the end"
    return process.returncode, errors.decode()


class Server:
    """A server that can be stopped, killed and started again on the same data. `command` is `itcook serve`
    unless it is another one.

    `lines` is everything it has logged, over all its starts.
    """

    def __init__(self, directory: Path, settings: Mapping[str, object], *command: str | Path) -> None:
        self.directory = directory
        self._command = command or (ITCOOK, "serve")
        self.url = ""
        self.lines: list[LogLine] = []
        self._environment = environment(directory, **settings)
        self._process: asyncio.subprocess.Process
        self._logging: asyncio.Task[None]
        self._logged = asyncio.Condition()

    @property
    def database(self) -> Path:
        return self.directory / "itcook.sqlite3"

    @property
    def address(self) -> tuple[str, int]:
        """Where to connect a raw socket."""
        host, _, port = self.url.partition("://")[2].rpartition(":")
        return host, int(port)

    @property
    def pid(self) -> int:
        """Of its latest start."""
        return self._process.pid

    @property
    def resident_bytes(self) -> int:
        """The memory that the process occupies."""
        resident: int = psutil.Process(self._process.pid).memory_info().rss
        return resident

    async def start(self) -> None:
        """Start, and return once connections are accepted."""
        seen = len(self.lines)
        await self.launch()
        line = await self.logged(lambda line: line["event"] == "serving", after=seen, within=START_SECONDS)
        self.url = line["url"]

    async def launch(self) -> None:
        """Start, and wait for nothing."""
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            cwd=self.directory,
            env=self._environment,
            stderr=asyncio.subprocess.PIPE,
            limit=LINE_BYTES,
        )
        self._logging = asyncio.create_task(self._read_log())

    async def logged(
        self, matches: Callable[[LogLine], bool], *, after: int = 0, within: float = STOP_SECONDS
    ) -> LogLine:
        """The first log line that `matches`, from line number `after` on; waits for it."""
        try:
            async with asyncio.timeout(within), self._logged:
                while True:
                    for line in self.lines[after:]:
                        if matches(line):
                            return line
                    assert not self._logging.done(), f"the server ended: {self.lines[-5:]}"
                    await self._logged.wait()
        except TimeoutError:
            raise AssertionError(f"not logged within {within} s; last: {self.lines[-5:]}") from None

    @asynccontextmanager
    async def stopped(self) -> AsyncIterator[None]:
        """Stop in good order; start again afterwards."""
        self.terminate()
        assert await self.ended() == 0
        yield
        await self.start()

    def change(self, statement: str, *parameters: object) -> None:
        """Change its data behind its back, with one statement of SQL."""
        with closing(sqlite3.connect(self.database)) as database, database:
            database.execute(statement, parameters)

    async def itcook(self, *arguments: str) -> tuple[int, str]:
        """Run a command on its data; the exit code, and what was printed."""
        process = await asyncio.create_subprocess_exec(
            ITCOOK,
            *arguments,
            cwd=self.directory,
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        assert process.returncode is not None, "communicate() waits for the end"
        return process.returncode, output.decode()

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._process.terminate()

    def interrupt(self) -> None:
        """Send SIGINT, as Ctrl-C does."""
        self._process.send_signal(signal.SIGINT)

    def hang_up(self) -> None:
        """Send SIGHUP."""
        self.signal(signal.SIGHUP)

    def signal(self, number: int) -> None:
        """Send any signal."""
        self._process.send_signal(number)

    def freeze(self) -> None:
        """Have it do nothing any more, as a paused container does; its kernel goes on."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Have it go on."""
        self._process.send_signal(signal.SIGCONT)

    async def kill(self, within: float = STOP_SECONDS) -> None:
        """Send SIGKILL, if it still runs, and see it end."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
        await self.ended(within)

    async def ended(self, within: float = STOP_SECONDS) -> int:
        """The exit code, once there is one."""
        async with asyncio.timeout(within):
            code = await self._process.wait()
            await self._logging
        return code

    async def _read_log(self) -> None:
        assert self._process.stderr is not None, "it is a pipe"
        async for line in self._process.stderr:
            await self._note(_parse(line.decode()))
        async with self._logged:
            self._logged.notify_all()

    async def _note(self, line: LogLine) -> None:
        async with self._logged:
            self.lines.append(line)
            self._logged.notify_all()


def _parse(line: str) -> LogLine:
    try:
        parsed: LogLine = json.loads(line)
    except ValueError:
        return {"event": "not a log line", "text": line.rstrip()}
    return parsed


@asynccontextmanager
async def running(directory: Path, **settings: object) -> AsyncIterator[Server]:
    """A started server; whatever becomes of it inside, it is gone afterwards."""
    async with started(Server(directory, settings)) as server:
        yield server


@asynccontextmanager
async def started(server: Server) -> AsyncIterator[Server]:
    """Likewise, a server that was made in another way."""
    try:
        await server.start()
        yield server
    finally:
        await server.kill()
