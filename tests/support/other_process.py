"""A client of the stream in a process of its own, which can be frozen while its kernel goes on.

    python -m tests.support.other_process URL TOKEN

prints `ready` when `Connected` has come, and reads on; over a WebSocket it answers pings.
"""

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.client import connect

from tests.support.documents import ROOT
from tests.support.people import Person

RECEIVE_BUFFER = 4096  # bytes that the kernel takes for a process that reads nothing
PATIENCE_SECONDS = 60


class OtherProcess:
    """The process, seen from outside."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    def freeze(self) -> None:
        """Have it do nothing any more, as a laptop's lid does."""
        self._process.send_signal(signal.SIGSTOP)

    async def kill(self) -> None:
        self._process.kill()
        await self._process.communicate()


@asynccontextmanager
async def other_process(url: str, person: Person) -> AsyncIterator[OtherProcess]:
    """One that reads the stream at `url`, gone afterwards."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", __name__, url, person.access_token),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    other = OtherProcess(process)
    try:
        assert process.stdout is not None, "it is a pipe"
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await process.stdout.readline() == b"ready\n"
        yield other
    finally:
        await other.kill()


async def _read_websocket(url: str, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    async with connect(url, additional_headers=headers, proxy=None, ping_interval=None) as websocket:
        await websocket.recv()
        print("ready", flush=True)  # noqa: T201 # it is what the other process waits for
        async for _ in websocket:
            pass


def _read_sse(url: str, token: str) -> None:
    authority, _, path = url.removeprefix("http://").partition("/")
    host, _, port = authority.rpartition(":")
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        sock.connect((host, int(port)))
        sock.sendall(
            f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        )
        seen = b""
        while b'"Connected"' not in seen:
            seen += sock.recv(RECEIVE_BUFFER)
        print("ready", flush=True)  # noqa: T201 # likewise
        while sock.recv(RECEIVE_BUFFER):
            pass


if __name__ == "__main__":
    if sys.argv[1].startswith("ws"):
        asyncio.run(_read_websocket(sys.argv[1], sys.argv[2]))
    else:
        _read_sse(sys.argv[1], sys.argv[2])
