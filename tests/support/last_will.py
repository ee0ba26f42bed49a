"""What becomes of a server's directory when the tests are killed: a process that outlives them sees to it."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

END_SECONDS = 10.0  # for a server to end by SIGQUIT, before it is killed


@contextmanager
def last_will(directory: Path) -> Iterator[None]:
    """Have `directory` removed afterwards, and whoever was started on it ended; also if this process is
    killed in the middle of it.
    """
    # The pipe closes however this process ends. A session of its own, as Ctrl-C goes to the whole group.
    heir = subprocess.Popen(
        [sys.executable, __file__, directory], stdin=subprocess.PIPE, start_new_session=True
    )
    assert heir.stdin is not None, "it is a pipe"
    try:
        yield
    finally:
        heir.stdin.close()
        heir.wait()


def _execute(directory: Path) -> None:
    sys.stdin.buffer.read()
    servers = [process for process in psutil.process_iter() if _is_on(process, directory)]
    for server in servers:
        for number in (signal.SIGQUIT, signal.SIGCONT):  # it may be frozen
            with suppress(psutil.NoSuchProcess):
                server.send_signal(number)
    for server in psutil.wait_procs(servers, timeout=END_SECONDS)[1]:
        with suppress(psutil.NoSuchProcess):
            server.kill()
    shutil.rmtree(directory)


def _is_on(process: psutil.Process, directory: Path) -> bool:
    """Whether its command line names something in `directory`. PostgreSQL's own children name nothing."""
    try:
        return any(argument.startswith(f"{directory}/") for argument in process.cmdline())
    except psutil.Error:
        return False


if __name__ == "__main__":
    _execute(Path(sys.argv[1]))
