"""Several workers on one port, killed, replaced and stopped under the eyes of their clients."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.interpreters import installed, server_under
from tests.support.metrics import metrics_url, scraped
from tests.support.people import Person
from tests.support.ports import free_port
from tests.support.postgres import SECRET, Cluster
from tests.support.processes import Server, refused_start
from tests.support.streams import PATIENCE_SECONDS, TRANSPORTS, Stream, StreamEndedError, Transport
from tests.support.survival import survives
from tests.support.workers import START_SECONDS, WORKERS, Says, Workers, is_cut_off, working

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]  # each starts several processes

DIES_AT_ONCE = """
import os, sys
if "worker" in sys.orig_argv:
    os._exit(7)
"""


@pytest.fixture
async def database_url(postgresql: Cluster) -> AsyncIterator[str]:
    """An empty database, up to date."""
    async with postgresql.database() as url:
        yield url


async def _sees(stream: Stream, post_id: str) -> None:
    """It is the next post on the stream, so none is missing."""
    assert (await stream.next_of("NewCommunityPost")).data["post_id"] == post_id


async def test_a_killed_worker_takes_nobody_with_it(tmp_path: Path, database_url: str) -> None:
    """Both transports reach both workers. After kill -9 of one, the clients of the other see what is posted
    next, on the connections that they have; those of the dead one resume at once, without gap; another worker
    takes its place."""
    async with working(tmp_path, database_url) as workers:
        server, api = workers.server, workers.api
        ada = await api.register("Ada Lovelace")
        streams = await workers.connect_to_each(ada)
        first = await api.post(ada, "before")
        cursors = {}
        for key, stream in streams.items():
            event = await stream.next_of("NewCommunityPost")
            assert (event.data["post_id"], event.id is None) == (first["id"], False)
            cursors[key] = str(event.id)

        victim, other = workers.pids
        lines = len(server.lines)
        os.kill(victim, signal.SIGKILL)
        for transport in TRANSPORTS:
            assert await is_cut_off(streams[victim, transport])
        died = await server.logged(Says("a worker died"), after=lines)
        second = await api.post(ada, "after")
        for transport in TRANSPORTS:
            async with await api.connect(transport, ada, cursor=cursors[victim, transport]) as resumed:
                assert (await resumed.next()).data["resume"] == "resumed"
                await _sees(resumed, second["id"])
            await _sees(streams[other, transport], second["id"])

        assert (died["pid"], died["code"]) == (victim, -signal.SIGKILL)
        again = await server.logged(Says("serving"), after=lines, within=START_SECONDS)
        assert (again["worker"], again["url"]) == (died["worker"], server.url)
        assert workers.pids == {other, again["pid"]}
        for stream in streams.values():
            await stream.close()
        await asyncio.gather(*[stream.close() for stream in (await workers.connect_to_each(ada)).values()])


class _Follower:
    """A client that follows the posts, whatever becomes of its connections."""

    def __init__(self, workers: Workers, person: Person, transport: Transport, cursor: str) -> None:
        self._workers = workers
        self._person = person
        self._transport: Transport = transport
        self._cursor = cursor
        self.seen: list[str] = []
        self.ends: list[int | None] = []

    async def until(self, last: asyncio.Future[str]) -> None:
        """Follow until the post is seen that `last` will name."""
        while not (last.done() and last.result() in self.seen):
            stream = await self._workers.api.connect(self._transport, self._person, cursor=self._cursor)
            try:
                while not (last.done() and last.result() in self.seen):
                    event = await stream.next()
                    assert event.type != "ResyncRequired"
                    if event.type == "NewCommunityPost":
                        self.seen.append(event.data["post_id"])
                    self._cursor = event.id or self._cursor
            except StreamEndedError as ended:
                self.ends.append(ended.code)
            finally:
                await stream.close()


@survives("process: a rolling restart")
async def test_a_rolling_restart_refuses_nobody_and_loses_nothing(tmp_path: Path, database_url: str) -> None:
    """SIGHUP replaces each worker by a new process. Every request meanwhile is on a new connection, and each
    is answered; clients on both transports are sent away with 1012, resume, and see every post once and in
    order."""
    async with working(tmp_path, database_url) as workers:
        server, api = workers.server, workers.api
        ada = await api.register("Ada Lovelace")
        async with await api.connect("sse", ada) as stream:
            cursor = (await stream.next()).data["cursor"]
        followers = [_Follower(workers, ada, transport, cursor) for transport in TRANSPORTS * 4]
        last: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        async with asyncio.TaskGroup() as tasks:
            for follower in followers:
                tasks.create_task(follower.until(last))
            old, lines, posted = workers.pids, len(server.lines), []
            server.hang_up()
            rolled = tasks.create_task(workers.complete(after=lines))
            while not rolled.done():
                posted.append((await api.post(ada, "meanwhile"))["id"])
            posted.append((await api.post(ada, "the last"))["id"])
            last.set_result(posted[-1])

        assert len(workers.pids) == WORKERS
        assert not workers.pids & old
        for follower in followers:
            assert follower.seen == posted
            assert follower.ends.count(1012 if follower._transport == "websocket" else None) >= 1
        events = [line["event"] for line in server.lines[lines:] if line["event"] in {"serving", "draining"}]
        assert events == ["serving", "draining"] * WORKERS


async def test_a_rolling_restart_with_a_wrong_setting_leaves_the_old_workers(
    tmp_path: Path, database_url: str
) -> None:
    """The new worker says what is wrong, and nobody is sent away; once mended, the next SIGHUP works."""
    async with working(tmp_path, database_url) as workers:
        server = workers.server
        old = workers.pids
        (tmp_path / ".env").write_text("ITCOOK_HISTORY_ENTRIES=10\n")
        server.hang_up()
        await server.logged(
            Says("rolling restart given up, as a new worker does not start"), within=START_SECONDS
        )
        assert workers.pids == old
        assert any("ITCOOK_HISTORY_ENTRIES" in line.get("text", "") for line in server.lines)
        assert not any(line["event"] == "draining" for line in server.lines)
        (tmp_path / ".env").unlink()
        lines = len(server.lines)
        server.hang_up()
        await workers.complete(after=lines)
        assert not workers.pids & old


@survives("process: SIGTERM")
@pytest.mark.parametrize("version", [None, *installed()])
async def test_sigterm_drains_all_workers_under_every_python(
    tmp_path: Path, database_url: str, version: str | None
) -> None:
    """Each client of each hears 1012, all are gone within ten seconds with exit code 0, and nobody complains.
    The port is free again."""
    async with working(tmp_path, database_url, server_under(version), "serve", drain_seconds=8) as workers:
        ada = await workers.api.register("Ada Lovelace")
        streams = await workers.connect_to_each(ada)
        workers.server.terminate()
        for (_, transport), stream in streams.items():
            seen, code = await stream.end()
            assert seen[-1].data["code"] == 1012
            assert code == (1012 if transport == "websocket" else None)
            await stream.close()
        assert await workers.server.ended(within=10) == 0
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*workers.server.address)
        assert [line for line in workers.server.lines if line["level"] not in {"info", "debug"}] == []


async def test_a_second_signal_waits_for_nobody(tmp_path: Path, database_url: str) -> None:
    """A request that never ends would hold the drain up for a minute."""
    async with working(tmp_path, database_url, drain_seconds=60) as workers:
        server = workers.server
        _, writer = await asyncio.open_connection(*server.address)
        ada = await workers.api.register("Ada Lovelace")
        stays = await workers.api.connect("sse", ada)  # and does not read
        writer.write(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{")
        await writer.drain()
        server.interrupt()
        await server.logged(Says("draining"))
        server.interrupt()
        assert await server.ended(within=15) == 0
        writer.transport.abort()
        await stays.close()


async def test_one_worker_asked_to_end_is_replaced(tmp_path: Path, database_url: str) -> None:
    """SIGTERM to it alone drains it; asked twice it drains all the same: a service manager may ask, too."""
    async with working(tmp_path, database_url) as workers:
        ada = await workers.api.register("Ada Lovelace")
        streams = await workers.connect_to_each(ada)
        leaving, other = workers.pids
        lines = len(workers.server.lines)
        os.kill(leaving, signal.SIGTERM)
        os.kill(leaving, signal.SIGTERM)
        _, code = await streams[leaving, "websocket"].end()
        assert code == 1012
        again = await workers.server.logged(Says("serving"), after=lines, within=START_SECONDS)
        assert workers.pids == {other, again["pid"]}
        post = await workers.api.post(ada, "to who stayed")
        for transport in TRANSPORTS:
            await _sees(streams[other, transport], post["id"])
        for stream in streams.values():
            await stream.close()


async def test_workers_whose_supervisor_was_killed_drain(tmp_path: Path, database_url: str) -> None:
    """They do not serve on as orphans that nobody could stop."""
    async with working(tmp_path, database_url) as workers:
        streams = await workers.connect_to_each(await workers.api.register("Ada Lovelace"))
        await workers.server.kill()
        for stream in streams.values():
            seen, _ = await stream.end()
            assert seen[-1].data["code"] == 1012
            await stream.close()


async def test_workers_that_die_at_once_are_given_up(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After five deaths, with a line that says so and an exit code of its own."""
    (tmp_path / "sitecustomize.py").write_text(DIES_AT_ONCE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    server = Server(tmp_path, {"workers": WORKERS, "database_url": database_url, "secret": SECRET})
    await server.launch()
    assert await server.ended(within=START_SECONDS) == 3
    died = [line["code"] for line in server.lines if line["event"] == "a worker died"]
    assert died[:5] == [7] * 5
    assert [line["event"] for line in server.lines if line["level"] == "error"] == [
        "workers die as soon as they are started"
    ]


async def test_workers_that_cannot_start_say_why(tmp_path: Path, postgresql: Cluster) -> None:
    """A wrong setting is wrong the next time too: exit code 2 at once, with the line of the worker."""
    behind = postgresql.url("postgres")
    server = Server(tmp_path, {"workers": WORKERS, "database_url": behind, "secret": SECRET})
    await server.launch()
    assert await server.ended(within=START_SECONDS) == 2
    said = [line["text"] for line in server.lines if line["event"] == "not a log line"]
    assert "itcook: ITCOOK_DATABASE_URL: the database is behind this version: run itcook migrate" in said


@pytest.fixture(scope="module")
async def lasting_database_url(postgresql: Cluster) -> AsyncIterator[str]:
    """Likewise, for as long as the workers below."""
    async with postgresql.database() as url:
        yield url


@pytest.fixture(scope="module")
async def metrics_port() -> int:
    """Where the first worker tells its metrics."""
    return free_port(WORKERS)


@pytest.fixture(scope="module")
async def lasting(
    tmp_path_factory: pytest.TempPathFactory, lasting_database_url: str, metrics_port: int
) -> AsyncIterator[Workers]:
    """Workers for tests that leave them as they are."""
    directory = tmp_path_factory.mktemp("workers")
    bind = f"127.0.0.1:{metrics_port}"
    async with working(directory, lasting_database_url, metrics_bind=bind) as workers:
        yield workers


async def test_the_port_of_workers_is_theirs_alone(
    tmp_path: Path, lasting: Workers, lasting_database_url: str
) -> None:
    """The one that the system chose is the same for all, and a second server is not let in beside them."""
    urls = [line["url"] for line in lasting.server.lines if line["event"] == "serving"]
    assert urls == [lasting.server.url] * WORKERS
    bind = lasting.server.url.removeprefix("http://")
    code, errors = await refused_start(
        tmp_path, bind=bind, workers=WORKERS, database_url=lasting_database_url, secret=SECRET
    )
    assert (code, errors) == (
        2,
        f"itcook: ITCOOK_BIND: cannot listen on {bind}: Address already in use\n",
    )


async def test_each_worker_tells_of_itself_at_a_port_of_its_own(lasting: Workers, metrics_port: int) -> None:
    """In the order of their slots, from the port that is set on. Each knows its own connections and those of
    nobody else, and that there are as many nodes as workers."""
    streams = await lasting.connect_to_each(await lasting.api.register("Ada Lovelace"))
    served = {line["pid"]: line for line in lasting.server.lines if line["event"] == "serving"}
    assert {line["worker"] for line in served.values()} == set(range(WORKERS))
    for pid, line in served.items():
        url = await metrics_url(lasting.server, pid)
        assert url == f"http://127.0.0.1:{metrics_port + line['worker']}/metrics"
        assert (await scraped(url)).has("itcook_node_info", node_id=line["node_id"])
        await _tells(url, [WORKERS, 1, 1])
    for stream in streams.values():
        await stream.close()


async def _tells(url: str, expected: list[int]) -> None:
    """Wait until the metrics there say so many nodes, and connections over each transport: a client that has
    closed one waits for nobody, and a node that has just come may not be known yet."""
    told: list[float] = []
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while told != expected:
                seen = await scraped(url)
                connections = [seen("itcook_connections", transport=transport) for transport in TRANSPORTS]
                told = [seen("itcook_nodes"), *connections]
    except TimeoutError:
        raise AssertionError(f"{url} tells {told}, not {expected}") from None
