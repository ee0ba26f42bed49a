"""The server that is measured: `itcook serve` as a process of its own, with its default settings."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from benchmarks.cores import SERVER_CORE, pin

START_SECONDS = 20.0
STOP_SECONDS = 20.0  # more than the drain of the default settings
SETTLE_SECONDS = 0.25  # between two looks at a size that must have stopped growing
NOISE_KIB = 64  # what the size changes by while nothing happens


class Server:
    """A running server. `port` is on 127.0.0.1; CPU times are user and system seconds of all its threads."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._process = process
        self._usage = psutil.Process(process.pid)
        self.port = port

    def register(self, name: str) -> str:
        """An access token of a new person."""
        response = httpx.post(
            f"http://127.0.0.1:{self.port}/api/v1/auth/register",
            json={
                "email": f"{name}@example.com",
                "password": "correct horse battery staple",
                "first_name": name,
                "last_name": "Cook",
            },
        )
        response.raise_for_status()
        token: str = response.json()["access_token"]
        return token

    def cpu_seconds(self) -> float:
        times = self._usage.cpu_times()
        return times.user + times.system

    def settled_rss_kib(self) -> float:
        """The resident memory in KiB, once it has stopped changing."""
        before, now = -1.0, self._rss_kib()
        while abs(now - before) > NOISE_KIB:
            time.sleep(SETTLE_SECONDS)
            before, now = now, self._rss_kib()
        return now

    def _rss_kib(self) -> float:
        return self._usage.memory_info().rss / 1024


@contextmanager
def serving(directory: Path) -> Iterator[Server]:
    """Serve with the database in `directory`, which a later server may open again."""
    log = directory / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("itcook"), "serve"],
            cwd=directory,
            env=_environment(directory),
            stdout=output,
            stderr=output,
        )
    try:
        pin(process.pid, SERVER_CORE)
        yield Server(process, _port(process, log))
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def _environment(directory: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ITCOOK_")}
    return inherited | {
        "ITCOOK_BIND": "127.0.0.1:0",
        "ITCOOK_DATABASE_URL": f"sqlite:///{directory / 'itcook.sqlite3'}",
        "ITCOOK_LOG_FORMAT": "json",
        "ITCOOK_RATE_LIMITS": "off",  # what is measured is the server, not the quota
    }


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    """The port that the server says it is on. Raises `RuntimeError` with its log if it does not."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        for line in log.read_text().splitlines(keepends=True):
            if line.endswith("\n") and '"event": "serving"' in line:
                url: str = json.loads(line)["url"]
                return int(url.rpartition(":")[2])
        time.sleep(0.02)
    raise RuntimeError(f"the server did not start:\n{log.read_text()}")
