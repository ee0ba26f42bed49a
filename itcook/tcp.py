"""One TCP connection: what Hypercorn's protocols do on it, and what they leave undone.

- A stream whose handshake is answered takes its connection over (`transports.connection`). That relies on
  this: Hypercorn writes the 101, or the head of a streamed answer, before the application's `send` returns,
  and what it wants to write or close later comes by way of `protocol_send`, where it is dropped.
- No connection is closed with bytes unread: that would reset it, and the client would lose the last words.
- A call of the application that is over holds nobody up, however much its client still sends.
- A request that does not come whole in time is answered, if anything of it came, and its connection closed.
"""

import asyncio
import contextlib
import ssl
from typing import Any, cast

import h11
import structlog
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.task_group import TaskGroup
from hypercorn.asyncio.tcp_server import MAX_RECV, TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData
from hypercorn.typing import ASGIReceiveCallable, ASGIReceiveEvent, ConnectionState
from hypercorn.utils import parse_socket_addr

from itcook.http1 import HTTP1
from itcook.http2 import HTTP2
from itcook.stream.session import Liveness
from transports.connection import EXTENSION, Connection

LINGER_SECONDS = 3.0  # from our last byte until a client that does not close is dropped

Address = tuple[str, int] | None

log = structlog.get_logger(__name__)


class Client(TCPServer):
    """One TCP connection, served when awaited.

    `run`, `_initiate_server_close`, `_close`, `_read_data` and `protocol_send` stand for Hypercorn's of the
    same names.
    """

    def __init__(
        self,
        app: ASGIWrapper,
        config: Config,
        context: WorkerContext,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        liveness: Liveness,
    ) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(self._call, loop, config, context, {}, reader, writer)  # type: ignore[arg-type] # an AppWrapper is any callable of this form
        self._wrapped = app
        self._liveness = liveness
        self._tls: ssl.SSLObject | None = writer.get_extra_info("ssl_object")
        self._http2 = self._tls is not None and self._tls.selected_alpn_protocol() == "h2"
        self._transport = cast("asyncio.Transport", writer.transport)
        self._owner: asyncio.Protocol | None = None  # of the connection, once it is taken over
        self._reading = asyncio.timeout(None)  # given an end when there is nothing left to say
        self._finishing = False

    async def run(self) -> None:
        try:
            ends = self._addresses()  # not in the group, out of which an OSError would come as another error
            async with TaskGroup(self.loop) as task_group:
                self._task_group = task_group
                self.protocol = self._http(task_group, *ends)  # type: ignore[assignment] # of one shape
                await self.protocol.initiate()
                await self.idle_task.restart(task_group, self._first_request)
                await self._read_data()
                await self.idle_task.stop()  # else the socket would be kept until that is over
        except OSError as error:
            log.debug("connection lost", error=str(error))
        finally:
            if self._owner is None:
                await self._close()

    async def _first_request(self) -> None:
        """Close if none comes. Not at once when the server stops, as it does where one was answered: who has
        just connected has it on its way, and would find the connection reset.
        """
        await asyncio.sleep(self.config.keep_alive_timeout)
        await asyncio.shield(self._initiate_server_close())

    async def _initiate_server_close(self) -> None:
        """What Hypercorn calls when no request came, or when the server stops."""
        if isinstance(self.protocol, HTTP1) and not self.context.terminated.is_set():
            await self.protocol.refuse_late_head()
        if not self._finishing:
            await super()._initiate_server_close()

    async def _close(self) -> None:
        with contextlib.suppress(OSError):  # such as of a client that does not end its side of TLS
            await super()._close()

    async def _read_data(self) -> None:
        try:
            async with self._reading:
                await self._read_all()
        except TimeoutError:
            self._transport.abort()
        self._finishing = True
        if self._owner is None:
            await self.protocol.handle(Closed())

    async def _read_all(self) -> None:
        while not self.reader.at_eof():
            try:
                data = await self.reader.read(MAX_RECV)
            except OSError:
                break
            if self._owner is None:
                if not self._finishing:
                    await self.protocol.handle(RawData(data))
            elif data:
                self._owner.data_received(data)
        if self._owner is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def _hand_over(self, owner: asyncio.Protocol) -> None:
        """Have `owner` own the connection, after what was read of it already."""
        self._owner = owner
        cast("HTTP1", self.protocol).is_over = True
        if self._finishing:
            self._transport.abort()  # the client has left: nobody reads any more, or would see it go
        if self._transport.is_closing():
            self.loop.call_soon(owner.connection_lost, None)
            return
        self._transport.pause_reading()
        self._transport.set_protocol(owner)
        self.reader.feed_eof()  # wakes `_read_all`, which passes on what is still in the reader

    async def protocol_send(self, event: Event) -> None:
        if self._owner is not None:
            return
        if isinstance(event, Closed):
            self._finish()
            return
        try:
            await super().protocol_send(event)
        except OSError:
            # Hypercorn knows a connection that was reset, and none that timed out.
            await self.protocol.handle(Closed())

    def _finish(self) -> None:
        """Say that nothing more comes and let the client close; what it still sends is read and forgotten."""
        if self._finishing:
            return
        self._finishing = True
        with contextlib.suppress(OSError, RuntimeError):
            if self._tls is None:
                self.writer.write_eof()
            elif not self._is_in_a_request():
                # TLS knows no half of a close: whatever comes after ours resets the connection.
                self.writer.close()
        self._reading.reschedule(self.loop.time() + LINGER_SECONDS)

    def _is_in_a_request(self) -> bool:
        """Whether the client is in the middle of sending one, as where its body is refused for its size."""
        return isinstance(self.protocol, HTTP1) and self.protocol.connection.their_state is h11.SEND_BODY

    async def _call(self, scope: Any, receive: ASGIReceiveCallable, *rest: Any) -> None:
        if not self._http2:
            scope["extensions"][EXTENSION] = Connection(self._transport, self._hand_over)
        inbox = _Inbox(receive)
        await self._wrapped(scope, inbox.receive, *rest)
        if self._owner is None:
            self._task_group.spawn(inbox.empty)

    def _addresses(self) -> tuple[Address, Address]:
        """The client's and ours. Raises `OSError` if the client has left already."""
        sock = self.writer.get_extra_info("socket")
        return (
            parse_socket_addr(sock.family, sock.getpeername()),
            parse_socket_addr(sock.family, sock.getsockname()),
        )

    def _http(self, task_group: TaskGroup, client: Address, server: Address) -> HTTP1 | HTTP2:
        if self._http2:
            return HTTP2(
                self.app,
                self.config,
                self.context,
                task_group,
                client,
                server,
                self.writer,
                self.protocol_send,
                self._liveness,
            )
        return HTTP1(
            self.app,
            self.config,
            self.context,
            task_group,
            ConnectionState({}),
            self._tls is not None,
            client,
            server,
            self.protocol_send,
        )


class _Inbox:
    """What a client sends to one call of the application.

    Hypercorn waits without end for room in it, also when the call is over and nobody makes any: a client
    that was sent away for sending too much would keep its connection.
    """

    def __init__(self, receive: ASGIReceiveCallable) -> None:
        self._receive = receive
        self._disconnected = False

    async def receive(self) -> ASGIReceiveEvent:
        message = await self._receive()
        self._disconnected = message["type"].endswith(".disconnect")
        return message

    async def empty(self) -> None:
        """Forget what comes, until nothing more does."""
        while not self._disconnected:
            await self.receive()
