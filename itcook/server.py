"""`itcook serve`: Hypercorn's protocols under a server loop of our own.

What Hypercorn's loop does not do, and this one does:

- It drains: SIGTERM closes the listener, tells every stream client when to come back, lets requests
  finish, and exits. Hypercorn lets streams run into its `graceful_timeout` and cuts them, and on
  Python 3.12 and newer it may never exit (hypercorn #308).
- It lets the application see its connection (`transports.connection`): when bytes last came in, how many
  wait to go out, and a way to drop a client that does not read.
- It answers a broken WebSocket frame with the close code it deserves instead of dropping the connection.
- It negotiates no permessage-deflate, which costs 100 KiB a connection and lets a small message inflate
  without bound, and switches no clear-text connection to HTTP/2.
"""

import asyncio
import contextlib
import gc
import logging
import signal
import socket
from collections.abc import Callable
from typing import Any

import h11
import structlog
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.task_group import TaskGroup
from hypercorn.asyncio.tcp_server import MAX_RECV, TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.ws_stream import WSStream
from hypercorn.typing import ConnectionState
from hypercorn.utils import parse_socket_addr
from quart import Quart
from wsproto.events import CloseConnection
from wsproto.utilities import RemoteProtocolError

from itcook.settings import Settings, SettingsError
from transports.connection import EXTENSION, Connection

MAX_MESSAGE = 64 * 1024  # bytes of a client's WebSocket message; the contract's bound
BACKLOG = 2048  # connections the kernel holds while the loop is busy; a reconnect storm is not refused
LAST_REQUESTS_SECONDS = 1.5  # for requests still running when all streams are closed
COLLECT_EVERY = (5_000, 10, 5)  # objects; youngest collections for one of the next; those for a full one

log = structlog.get_logger(__name__)


async def serve(app: Quart, settings: Settings, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve on `listener` until `stop` is set, then drain. Closes the listener.

    Raises `SettingsError` for a database that cannot be opened.
    """
    try:
        await app.startup()
        try:
            await _serve(app, settings, listener, stop)
        finally:
            await app.shutdown()
    finally:
        listener.close()
    log.info("stopped")


async def _serve(app: Quart, settings: Settings, listener: socket.socket, stop: asyncio.Event) -> None:
    connections = app.extensions["itcook"].stream.connections
    clients = _Clients(app)
    # Not as a context: leaving that would wait for every client of its own accord from Python 3.12 on.
    accepting = await asyncio.start_server(clients.connected, sock=listener, backlog=BACKLOG)
    log.info("serving", url=_url(listener))
    await stop.wait()
    log.info("draining", connections=len(connections))
    accepting.close()
    await connections.drain(settings.drain_seconds)
    await clients.finish(LAST_REQUESTS_SECONDS)


class _Clients:
    """The TCP connections, from their acceptance to the last request."""

    def __init__(self, app: Quart) -> None:
        self._app = ASGIWrapper(app)
        self._context = WorkerContext(None)
        self._config = Config()
        self._config.websocket_max_message_size = MAX_MESSAGE
        self._config.include_server_header = False
        self._config.errorlog = logging.getLogger("hypercorn.error")  # instead of a handler of its own
        self._tasks: set[asyncio.Task[Any]] = set()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "start_server runs this in a task"
        self._tasks.add(task)
        try:
            await _Client(self._app, self._config, self._context, reader, writer)
        finally:
            self._tasks.discard(task)

    async def finish(self, seconds: float) -> None:
        """Close what is idle at once and the rest when its request is answered, or `seconds` are over."""
        await self._context.terminated.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class _Client(TCPServer):
    """One TCP connection. Its `run` and `_read_data` stand for Hypercorn's of the same names."""

    def __init__(
        self,
        app: ASGIWrapper,
        config: Config,
        context: WorkerContext,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(self._call, loop, config, context, {}, reader, writer)  # type: ignore[arg-type] # an AppWrapper is any callable of this form
        self._wrapped = app
        self._connection = Connection(writer.transport, loop.time())

    async def run(self) -> None:
        try:
            async with TaskGroup(self.loop) as task_group:
                self._task_group = task_group
                self.protocol = self._http(task_group)  # type: ignore[assignment] # of one shape
                await self.idle_task.restart(task_group, self._idle_timeout)
                await self._read_data()
        except OSError as error:
            log.debug("connection lost", error=str(error))
        finally:
            await self._close()

    async def _read_data(self) -> None:
        while not self.reader.at_eof():
            try:
                data = await self.reader.read(MAX_RECV)
            except OSError:
                break
            self._connection.heard_at = self.loop.time()
            await self.protocol.handle(RawData(data))
        await self.protocol.handle(Closed())

    async def _call(self, scope: Any, *rest: Any) -> None:
        scope["extensions"][EXTENSION] = self._connection
        await self._wrapped(scope, *rest)

    def _http(self, task_group: TaskGroup) -> "_HTTP":
        sock = self.writer.get_extra_info("socket")
        return _HTTP(
            self.app,
            self.config,
            self.context,
            task_group,
            ConnectionState({}),
            False,
            parse_socket_addr(sock.family, sock.getpeername()),
            parse_socket_addr(sock.family, sock.getsockname()),
            self.protocol_send,
        )


class _HTTP(H11Protocol):
    """HTTP/1.1, and the WebSocket it may become."""

    async def handle(self, event: Event) -> None:
        try:
            await super().handle(event)
        except RemoteProtocolError as error:
            await self._refuse_frame(error)

    async def _refuse_frame(self, error: RemoteProtocolError) -> None:
        """Close with the code that the broken frame deserves, RFC 6455 section 7.4.1."""
        code = error.event_hint.code if isinstance(error.event_hint, CloseConnection) else 1002
        if isinstance(self.stream, WSStream):
            await self.stream._send_wsproto_event(CloseConnection(code=code, reason=str(error)))
        await self.send(Closed())

    async def _create_stream(self, request: h11.Request) -> None:
        # Hypercorn accepts every permessage-deflate that it is offered, so it is offered none.
        headers = [(name, value) for name, value in request.headers if name != b"sec-websocket-extensions"]
        await super()._create_stream(
            h11.Request(
                method=request.method,
                target=request.target,
                headers=headers,
                http_version=request.http_version,
            )
        )

    async def _check_protocol(self, event: h11.Request) -> None:
        """Hypercorn would switch to clear-text HTTP/2 here, with none of what this module adds."""


def listen(settings: Settings) -> socket.socket:
    """A socket on `settings.bind`. Raises `SettingsError` for an address that cannot be had."""
    try:
        address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(address[0], socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            # Accepted sockets inherit it: a client that acknowledges nothing for so long is gone.
            milliseconds = int(settings.timeout_seconds * 1000)
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        listener.bind(address[4])
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        raise SettingsError(f"ITCOOK_BIND: cannot listen on {settings.bind}: {error.strerror}") from None
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def run(app: Quart, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; a second signal does not wait for the drain."""
    _collect_less_often()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_until_signalled(app, settings))


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
