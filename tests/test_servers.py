"""The servers that tests start: they go with whoever started them, and where the system has none pip does."""

import asyncio
import sys
from pathlib import Path

import asyncpg
import psutil
import pytest

from tests.support import postgres
from tests.support.documents import ROOT
from tests.support.postgres import cluster
from tests.support.redis_server import redis_server
from tests.support.waiting import until

PATIENCE_SECONDS = 60  # for a start and an end, on a busy machine
START = """
import time
from tests.support.postgres import cluster
with cluster() as postgresql:
    print(postgresql.directory, flush=True)
    time.sleep(600)
"""


async def test_postgresql_ends_with_who_started_it() -> None:
    """Also with one that was killed: neither a process nor a file is left."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", START, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None, "it is a pipe"
    async with asyncio.timeout(PATIENCE_SECONDS):
        directory = Path((await process.stdout.readline()).decode().strip())
    assert _servers_in(directory)
    process.kill()
    await process.wait()
    await until(lambda: not directory.exists(), PATIENCE_SECONDS)
    assert not _servers_in(directory)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A system without servers of its own."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postgres, "DEBIAN", tmp_path)


@pytest.mark.usefixtures("bare")
async def test_pip_brings_a_postgresql() -> None:
    """It takes our migrations."""
    with cluster() as postgresql:
        async with postgresql.database() as url:
            connection = await asyncpg.connect(url)
            try:
                assert await connection.fetchval("SELECT count(*) FROM stream_entries") == 0
            finally:
                await connection.close()


@pytest.mark.usefixtures("bare")
async def test_pip_brings_a_redis(tmp_path: Path) -> None:
    """It has streams whose ids are ours."""
    async with redis_server(tmp_path) as server, server.client() as client:
        assert await client.xadd("events", {"body": "x"}, id="0-7") == "0-7"


def _servers_in(directory: Path) -> list[int]:
    """Whose working directory is in `directory`, as that of PostgreSQL's processes is."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(directory):
                found.append(process.pid)
        except psutil.Error:
            continue
    return found
