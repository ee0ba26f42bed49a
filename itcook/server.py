"""`itcook serve`: Hypercorn's protocols under a server loop of our own.

What Hypercorn's loop does not do, and this one does: it drains. SIGTERM closes the listener, tells every
stream client when to come back, lets requests finish, and exits. Hypercorn lets streams run into its
`graceful_timeout` and cuts them, and on Python 3.12 and newer it may never exit (hypercorn #308).
"""

import asyncio
import contextlib
import gc
import logging
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Sized
from typing import Any

import structlog
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from quart import Quart

from itcook.answers import EXTENSION as ANSWERS
from itcook.arrivals import Arrivals, Grant
from itcook.capacity import capacity, raise_limit_of_files
from itcook.listening import BACKLOG, listen, listen_for_metrics
from itcook.messages import MAX_MESSAGE_BYTES
from itcook.metrics import EXTENSION as METRICS
from itcook.metrics.serving import MetricsApp
from itcook.settings import Settings
from itcook.stream.session import Liveness
from itcook.tcp import Client
from itcook.tls import HANDSHAKE_SECONDS, SHUTDOWN_SECONDS, tls_context
from transports.connection import Connection
from transports.plain import Handshake, answer

LAST_REQUESTS_SECONDS = 1.5  # for requests still running when all streams are closed
SCRAPERS = 16  # connections to the address of the metrics
COLLECT_EVERY = (5_000, 10, 5)  # objects; youngest collections for one of the next; those for a full one

log = structlog.get_logger(__name__)


def _nothing() -> None: ...


async def serve(
    app: Quart,
    settings: Settings,
    listener: socket.socket,
    stop: asyncio.Event,
    ready: Callable[[], None] = _nothing,
) -> None:
    """Serve on `listener` until `stop` is set, then drain. Closes the listener. Calls `ready` when it serves.

    Raises `SettingsError` for a database or a certificate that cannot be opened.
    """
    try:
        tls = tls_context(settings)
        await app.startup()
        try:
            await _serve(app, settings, listener, tls, stop, ready)
        finally:
            await app.shutdown()
    finally:
        listener.close()
    log.info("stopped")


async def _serve(
    app: Quart,
    settings: Settings,
    listener: socket.socket,
    tls: ssl.SSLContext | None,
    stop: asyncio.Event,
    ready: Callable[[], None],
) -> None:
    services, answers = app.extensions["itcook"], app.extensions[ANSWERS]
    stream = services.stream
    connections = stream.connections
    liveness = Liveness(settings.heartbeat_seconds, settings.timeout_seconds)
    clients = _Clients(
        app,
        liveness,
        capacity(settings).sockets,
        connections,
        lambda handshake, connection: answer(handshake, services, answers, connection),
    )
    # Not as a context: leaving that would wait for every client of its own accord from Python 3.12 on.
    accepting = await clients.accept(listener, tls)
    async with _metrics(app, settings, liveness):
        log.info("serving", url=_url(listener, tls), node_id=stream.id)
        ready()
        await stop.wait()
        log.info("draining", connections=len(connections))
        accepting.close()
    await connections.drain(settings.drain_seconds)
    await clients.finish(LAST_REQUESTS_SECONDS)


@contextlib.asynccontextmanager
async def _metrics(app: Quart, settings: Settings, liveness: Liveness) -> AsyncIterator[None]:
    """Serve metrics at their own address, if they have one. Not while the server drains: in a rolling
    restart the next process is already there.
    """
    listener = listen_for_metrics(settings)
    if listener is None:
        yield
        return
    scrapers = _Clients(MetricsApp(app.extensions[METRICS]), liveness, SCRAPERS, (), _no_stream)
    accepting = await scrapers.accept(listener, None)
    log.info("serving metrics", url=f"{_url(listener, None)}/metrics")
    try:
        yield
    finally:
        accepting.close()
        await scrapers.finish(0)


async def _no_stream(handshake: Handshake, connection: Connection) -> bool:
    return False


class _Clients:
    """The TCP connections, from their acceptance to the last request. `grant` is for plain handshakes."""

    def __init__(self, app: Any, liveness: Liveness, limit: int, streams: Sized, grant: Grant) -> None:
        self._app = ASGIWrapper(app)
        self._liveness = liveness
        self._limit = limit
        self._streams = streams  # which have connections of their own, no longer served here
        self._context = WorkerContext(None)
        self._config = Config()
        self._config.websocket_max_message_size = MAX_MESSAGE_BYTES
        self._config.include_server_header = False
        self._config.errorlog = logging.getLogger("hypercorn.error")  # instead of a handler of its own
        self._tasks: set[asyncio.Task[Any]] = set()
        self._arrivals = Arrivals(self.is_full, grant, self.serve, self._config.keep_alive_timeout)

    async def accept(self, listener: socket.socket, tls: ssl.SSLContext | None) -> asyncio.Server:
        """Serve whoever connects."""
        return await asyncio.get_running_loop().create_server(
            self._arrivals,
            sock=listener,
            backlog=BACKLOG,
            ssl=tls,
            ssl_handshake_timeout=HANDSHAKE_SECONDS if tls else None,
            ssl_shutdown_timeout=SHUTDOWN_SECONDS if tls else None,
        )

    def is_full(self) -> bool:
        """Whether there are as many connections as there may be."""
        return len(self._arrivals) + len(self._tasks) + len(self._streams) >= self._limit

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Have Hypercorn speak on a connection."""
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Client(self._app, self._config, self._context, reader, writer, self._liveness)

    async def finish(self, seconds: float) -> None:
        """Close what is idle at once and the rest when its request is answered, or `seconds` are over."""
        await self._arrivals.finish(seconds)
        await self._context.terminated.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _url(listener: socket.socket, tls: ssl.SSLContext | None) -> str:
    host, port = listener.getsockname()[:2]
    return f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def run(app: Quart, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; a second signal does not wait for the drain."""
    run_loop(settings, _until_signalled(app, settings))


def run_loop(settings: Settings, main: Coroutine[None, None, None]) -> None:
    """Run `main`, which serves, with this process set up for many connections."""
    raise_limit_of_files(settings)
    _collect_less_often()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(main)


async def _until_signalled(app: Quart, settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    serving = asyncio.create_task(serve(app, settings, listen(settings), stop))

    def signalled() -> None:
        if stop.is_set():
            serving.cancel()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, signalled)
    with contextlib.suppress(asyncio.CancelledError):
        await serving


def _collect_less_often() -> None:
    """Have the garbage collector stop everybody less often.

    A full collection looks at every object, about 180 a connection, while nobody is served: 200 to 300 ms
    at 1,000 connections. What was imported by now is never looked at again. Collecting still less often
    would leave the memory of connections that have ended, which are cycles, lying about.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_EVERY)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop
