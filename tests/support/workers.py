"""A server of several workers, and who of them serves whom."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil

from tests.support.api import Api
from tests.support.people import Person
from tests.support.postgres import SECRET
from tests.support.processes import LogLine, Server
from tests.support.streams import TRANSPORTS, Stream, StreamEndedError, Transport

WORKERS = 2
DRAIN_SECONDS = 2
START_SECONDS = 60  # for two starts one after the other, on a busy machine
ATTEMPTS = 40  # chance must be very much against us for one worker of two to get none of so many connections


class Says:
    """Whether a line of the log is of `event`, and of the worker `pid` if that is given."""

    def __init__(self, event: str, pid: int | None = None) -> None:
        self._event = event
        self._pid = pid

    def __call__(self, line: LogLine) -> bool:
        return line["event"] == self._event and self._pid in (None, line.get("pid"))


class Workers:
    """A running server of several workers. `api` makes a connection for each request, as each may reach
    another worker.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self.api = Api(server)
        self.api.http = httpx.AsyncClient(
            trust_env=False,
            timeout=httpx.Timeout(20, read=None),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    @property
    def pids(self) -> set[int]:
        """The processes of the workers."""
        return {child.pid for child in psutil.Process(self.server.pid).children()}

    async def complete(self, after: int = 0) -> None:
        """Wait until it is logged, after so many lines, that each worker serves."""
        await self.server.logged(Says("all workers serve"), after=after, within=START_SECONDS)

    def worker_of(self, stream: Stream) -> int:
        """The process at the other end of `stream`."""
        (found,) = [pid for pid in self.pids if stream.port in _ports_of_clients(pid)]
        return found

    async def connect_to_each(self, person: Person) -> dict[tuple[int, Transport], Stream]:
        """A stream over each transport to each worker, all of them after `Connected`."""
        streams: dict[tuple[int, Transport], Stream] = {}
        for _ in range(ATTEMPTS):
            for transport in TRANSPORTS:
                stream = await self.api.connect(transport, person)
                assert (await stream.next()).type == "Connected"
                if streams.setdefault((self.worker_of(stream), transport), stream) is not stream:
                    await stream.close()
            if len(streams) == len(TRANSPORTS) * WORKERS:
                return streams
        raise AssertionError(f"{ATTEMPTS} connections on each transport reached only {list(streams)}")


@asynccontextmanager
async def working(
    directory: Path, database_url: str, *command: str | Path, **settings: object
) -> AsyncIterator[Workers]:
    """Workers that all serve; gone afterwards."""
    own = {"workers": WORKERS, "database_url": database_url, "secret": SECRET, "drain_seconds": DRAIN_SECONDS}
    server = Server(directory, {**own, **settings}, *command)
    try:
        await server.launch()
        server.url = (await server.logged(Says("serving"), within=START_SECONDS))["url"]
        workers = Workers(server)
        await workers.complete()
        yield workers
        await workers.api.aclose()
    finally:
        await server.kill(within=START_SECONDS)  # which its workers find out, and end


async def is_cut_off(stream: Stream) -> bool:
    """Whether a stream ends, and without any of the words that a server says."""
    try:
        while True:
            await stream.next()
    except httpx.TransportError:  # an SSE body that is not whole
        return True
    except StreamEndedError as ended:
        return ended.code == 1006


def _ports_of_clients(pid: int) -> set[int]:
    connections = psutil.Process(pid).net_connections("tcp4")
    return {
        connection.raddr.port for connection in connections if connection.status == psutil.CONN_ESTABLISHED
    }
