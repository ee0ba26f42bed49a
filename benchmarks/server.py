"""IT Cook as it is measured: `itcook serve` as a process of its own, with people who are signed in."""

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from benchmarks.crowd import Opening, handshake
from benchmarks.event import CONTENT
from benchmarks.people import DATABASE, TOKEN_SECONDS, People
from benchmarks.process import Process, running

START_SECONDS = 60.0  # only a defect takes so long
SERVE = (Path(sys.executable).with_name("itcook"), "serve")
ADDED_TO = (sys.executable, "-m", "benchmarks.app")  # the same, and what benchmarks ask of it
SECRET = "a-secret-for-benchmarks-on-postgresql"
ROOT = Path(__file__).parents[1]


class Server:
    """A running server. `port` is on 127.0.0.1."""

    def __init__(self, process: Process, port: int, people: People) -> None:
        self.process = process
        self.port = port
        self.people = people

    def token(self) -> str:
        """Of one person, always the same."""
        return self.people.first().token

    def openings(self, transport: str, count: int, cursor: str | None = None) -> list[Opening]:
        """How `count` connections are opened, spread over the people."""
        return [handshake(transport, token, cursor) for token in self.people.tokens(count)]

    def cpu_seconds(self) -> float:
        return self.process.cpu_seconds()

    def publish(self, count: int, channel: str = "community", length: int = len(CONTENT)) -> None:
        """Have so many events published without a POST, of `length` characters; it needs `ADDED_TO`."""
        self.process.order(f"{count} {channel} {length}")

    def reads(self) -> tuple[int, int]:
        """How many SELECTs there were, and how many of the stored stream; it needs `--count-reads`."""
        response = httpx.get(f"http://127.0.0.1:{self.port}/benchmark/reads")
        response.raise_for_status()
        counted = response.json()
        return counted["all"], counted["stream"]


@contextmanager
def serving(
    directory: Path,
    people: People,
    command: Sequence[str | Path] = SERVE,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Serve with the database in `directory`, which a later server may open again."""
    if not (directory / DATABASE).exists():
        people.move_in(directory)
    with running(command, directory, _environment(directory) | dict(settings or {})) as process:
        yield Server(process, _port(process), people)


@contextmanager
def nodes(directory: Path, database_url: str, redis_url: str, count: int) -> Iterator[list[int]]:
    """The ports of so many nodes on one PostgreSQL, which is up to date, and one Redis."""
    shared = {"ITCOOK_DATABASE_URL": database_url, "ITCOOK_REDIS_URL": redis_url, "ITCOOK_SECRET": SECRET}
    with ExitStack() as stack:
        ports = []
        for number in range(count):
            own = directory / f"node-{number + 1}"
            own.mkdir()
            process = stack.enter_context(running(SERVE, own, _environment(own) | shared))
            ports.append(_port(process))
        yield ports


def _environment(directory: Path) -> dict[str, str]:
    return {
        "PYTHONPATH": str(ROOT),
        "ITCOOK_BIND": "127.0.0.1:0",
        "ITCOOK_DATABASE_URL": f"sqlite:///{directory / DATABASE}",
        "ITCOOK_LOG_FORMAT": "json",
        "ITCOOK_LOG_REQUESTS": "off",  # as in all that it is compared with
        # All clients come from this machine, and a few people stand for many.
        "ITCOOK_RATE_LIMITS": "off",
        "ITCOOK_CONNECTIONS": "12000",
        "ITCOOK_CONNECTIONS_PER_USER": "1000",
        "ITCOOK_ACCESS_TOKEN_SECONDS": str(TOKEN_SECONDS),
    }


def _port(process: Process) -> int:
    """The port that the server says it is on. Raises `RuntimeError` with its log if it does not."""
    deadline = time.monotonic() + START_SECONDS
    while process.lives and time.monotonic() < deadline:
        for line in process.log().splitlines(keepends=True):
            if line.endswith("\n") and '"event": "serving"' in line:
                url: str = json.loads(line)["url"]
                return int(url.rpartition(":")[2])
        time.sleep(0.02)
    raise RuntimeError(f"the server did not start:\n{process.log()}")
