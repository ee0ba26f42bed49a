"""A process that is measured: how it is started, what it has used, and its end."""

import os
import resource
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.cores import SERVER_CORE, pin

STOP_SECONDS = 20.0  # more than the drain of the default settings
SETTLE_SECONDS = 0.25  # between two looks at a size that must have stopped growing
SETTLE_LOOKS = 20  # and then it is taken as it is
NOISE_KIB = 64  # what the size changes by while nothing happens


class Process:
    """A running process on the server's core. CPU times are user and system seconds of all its threads."""

    def __init__(self, popen: "subprocess.Popen[bytes]", log: Path) -> None:
        self._popen = popen
        self._usage = psutil.Process(popen.pid)
        self._threads = Path(f"/proc/{popen.pid}/task")
        self._log = log

    @property
    def lives(self) -> bool:
        return self._popen.poll() is None

    def log(self) -> str:
        """What it has said."""
        return self._log.read_text(errors="replace")

    def order(self, text: str) -> None:
        """Write `text` as a line to its standard input."""
        assert self._popen.stdin is not None, "started with a pipe"
        self._popen.stdin.write(text.encode() + b"\n")

    def cpu_seconds(self) -> float:
        """In nanoseconds where the kernel counts them, else in its ticks of 10 ms."""
        try:
            return sum(_run_seconds(thread) for thread in self._threads.iterdir())
        except OSError:
            times = self._usage.cpu_times()
            return times.user + times.system

    def settled_rss_kib(self) -> float:
        """The resident memory in KiB, once it has stopped changing."""
        before, now = -1.0, self._rss_kib()
        for _ in range(SETTLE_LOOKS):
            if abs(now - before) <= NOISE_KIB:
                break
            time.sleep(SETTLE_SECONDS)
            before, now = now, self._rss_kib()
        return now

    def _rss_kib(self) -> float:
        return self._usage.memory_info().rss / 1024


@contextmanager
def running(
    command: Sequence[str | Path],
    directory: Path,
    environment: Mapping[str, str],
    inherited: Sequence[int] = (),
) -> Iterator[Process]:
    """Run `command` in `directory` with the descriptors `inherited`; end it, by force if it will not."""
    log = directory / "server.log"
    with log.open("wb") as output:
        popen = subprocess.Popen(
            command,
            cwd=directory,
            env=_own() | dict(environment),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            bufsize=0,
            pass_fds=inherited,
        )
    try:
        pin(popen.pid, SERVER_CORE)
        yield Process(popen, log)
    finally:
        _stop(popen)


def _stop(popen: "subprocess.Popen[bytes]") -> None:
    popen.terminate()
    try:
        popen.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        popen.kill()
        popen.wait()
    if popen.stdin is not None:
        popen.stdin.close()


def _own() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("ITCOOK_", "PEER_"))}


def _run_seconds(thread: Path) -> float:
    # Linux, Documentation/scheduler/sched-stats.rst: nanoseconds on a processor come first.
    return int((thread / "schedstat").read_text().split()[0]) / 1e9


def allow_files(count: int) -> None:
    """Let this process, and the servers it starts, have `count` connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
