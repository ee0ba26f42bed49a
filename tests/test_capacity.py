"""How many connections a process takes, under the limit of open files that it has."""

import asyncio
import resource
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from itcook import server
from itcook.app import create_app
from itcook.auth.passwords import Passwords
from itcook.capacity import SPARE, Capacity, capacity, raise_limit_of_files
from itcook.settings import Settings
from tests.support.servers import exchange, serving
from tests.support.survival import survives


@pytest.fixture
def files() -> Iterator[int]:
    """Few open files are allowed, and more may be had."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1_064, hard))
    yield 1_064
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def taking(connections: int) -> Settings:
    return Settings(_env_file=None, connections=connections)


def test_few_files_are_few_connections(files: int) -> None:
    """What the files allow, and a tenth of that for requests."""
    assert capacity(taking(10_000)) == Capacity(streams=900, sockets=1_000)
    assert capacity(taking(20)) == Capacity(streams=20, sockets=1_000)


def test_the_limit_of_files_is_raised_as_far_as_needed(files: int) -> None:
    """And then everything fits that the setting says; nothing is logged."""
    with capture_logs() as logs:
        raise_limit_of_files(taking(500))
    assert capacity(taking(500)) == Capacity(streams=500, sockets=500 + SPARE)
    assert logs == []


def test_files_that_cannot_be_had_are_told(files: int) -> None:
    """One warning with what there is room for."""
    with capture_logs() as logs:
        raise_limit_of_files(taking(1_000_000))
    allowed = capacity(taking(1_000_000)).streams
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard == resource.RLIM_INFINITY or hard > 1_002_000:
        assert (allowed, logs) == (1_000_000, [])
    else:
        assert allowed < 1_000_000
        (line,) = logs
        assert (line["setting"], line["connections"]) == ("ITCOOK_CONNECTIONS", allowed)


@survives("handshake: one connection too many")
async def test_connections_past_the_sockets_are_turned_away(
    settings: Settings, passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an answer, and not with silence; when one has left the next is served."""
    monkeypatch.setattr(server, "capacity", lambda settings: Capacity(streams=1, sockets=2))
    request = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    async with serving(create_app(settings, passwords), settings) as port:
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        refused = await exchange(port, b"")
        assert refused.startswith(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n")
        for _, writer in idle:
            writer.close()
            await writer.wait_closed()
        async with asyncio.timeout(10):
            while b" 200 " not in await _asked(port, request):
                pass


async def _asked(port: int, request: bytes) -> bytes:
    """The answer; nothing of one that was refused before it had sent its request."""
    try:
        return await exchange(port, request)
    except ConnectionError:
        return b""
