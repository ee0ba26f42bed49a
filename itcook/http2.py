"""HTTP/2 (RFC 9113) on one TLS connection.

h2 keeps the rules of the protocol, Hypercorn's streams speak with the application, and this module stands
between them in the place of Hypercorn's `H2Protocol` (docs/why/0005-server-loop.md).

- A stream that its client does not read waits alone: nobody who reads from the connection waits for it.
- A connection whose client answers no PING is dropped, so that the streams of a dead client end.
- Frames that neither our own sending nor their bytes explain are limited: resets, pings, empty ones.
- A response that was cut is reset, so that it does not look whole. A connection ends with GOAWAY.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    RemoteSettingsChanged,
    RequestReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.events import Event as H2Event
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes
from h2.settings import Settings as H2Settings
from hypercorn.asyncio.task_group import TaskGroup
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.protocol import events as stream_events
from hypercorn.typing import AppWrapper, ConnectionState
from hypercorn.utils import filter_pseudo_headers
from wsproto.handshake import WEBSOCKET_VERSION

from itcook.http2_frames import FRAMES_PER_DATA, FRAMES_PER_STREAM, Allowance
from itcook.http2_streams import Exchange, Outlet, WebSocket
from itcook.stream.session import Liveness

MAX_STREAMS = 100  # of one connection at once, RFC 9113 section 6.5.2; a browser needs a handful
MAX_HEADERS = 32 * 1024  # bytes, each header counted with the 32 of RFC 9113 section 6.5.2
MAX_UNREAD = 256 * 1024  # bytes of answers to a client's frames that it does not read
LINGER_SECONDS = 3.0  # from our last word on a stream until a client that does not end it has it reset

Address = tuple[str, int] | None
Headers = list[tuple[bytes, bytes]]

log = structlog.get_logger(__name__)


class HTTP2:
    """The protocol of one connection, with the interface of Hypercorn's."""

    def __init__(
        self,
        app: AppWrapper,
        config: Config,
        context: WorkerContext,
        task_group: TaskGroup,
        client: Address,
        server: Address,
        writer: asyncio.StreamWriter,
        send: Callable[[Event], Awaitable[None]],
        liveness: Liveness,
    ) -> None:
        self._app = app
        self._config = config
        self._context = context
        self._task_group = task_group
        self._ends = client, server
        self._writer = writer
        self._send = send
        self._liveness = liveness
        self._loop = asyncio.get_running_loop()
        self._h2 = _connection()
        self._streams: dict[int, Exchange | WebSocket] = {}
        self._outlets: dict[int, Outlet] = {}  # also of streams that are closed, until all is sent
        self._allowance = Allowance(self._loop.time())
        self._ready = asyncio.Event()  # there may be something to send, and room for it
        self._closed = asyncio.Event()
        self._heard = False  # anything from the client, since that was last looked at
        self._busy = False  # there are streams

    async def initiate(self) -> None:
        """Send our settings, and begin."""
        self._h2.initiate_connection()
        self._flush()
        self._task_group.spawn(self._send_data)
        self._task_group.spawn(self._watch)

    async def handle(self, event: Event) -> None:
        """Bytes from the client, or the end of the connection."""
        if isinstance(event, Closed):
            await self._close()
        elif isinstance(event, RawData) and not self._closed.is_set():
            await self._receive(event.data)

    async def _receive(self, data: bytes) -> None:
        self._heard = True
        try:
            events = self._h2.receive_data(data)
        except ProtocolError as error:
            log.debug("broken HTTP/2", error=str(error))
            await self._close(None)  # h2 has written the GOAWAY that says why
            return
        if not self._allowance.take(data, self._loop.time()) or self._unread() > MAX_UNREAD:
            await self._close(ErrorCodes.ENHANCE_YOUR_CALM)
            return
        for event in events:
            await self._act_on(event)
            if self._closed.is_set():
                return
        self._flush()

    async def _act_on(self, event: H2Event) -> None:
        if isinstance(event, RequestReceived):
            await self._open(event.stream_id, event.headers)
        elif isinstance(event, DataReceived):
            await self._tell(stream_events.Body(event.stream_id, event.data))
            with contextlib.suppress(ProtocolError):
                self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamEnded):
            if event.stream_id in self._streams:
                self._streams[event.stream_id].request_ended = True
            await self._tell(stream_events.EndBody(event.stream_id))
        elif isinstance(event, StreamReset):
            self._drop_outlet(event.stream_id)
            await self._close_stream(event.stream_id)
        elif isinstance(event, WindowUpdated | RemoteSettingsChanged):
            self._ready.set()
        elif isinstance(event, ConnectionTerminated):
            await self._close()

    async def _tell(self, event: stream_events.Event) -> None:
        stream = self._streams.get(event.stream_id)
        if stream is not None:  # else it was answered before the client had said everything
            await stream.handle(event)

    async def _open(self, stream_id: int, headers: Headers) -> None:
        if self._context.terminated.is_set():
            self._reset(stream_id, ErrorCodes.REFUSED_STREAM)  # which a client may repeat elsewhere
            return
        given = dict(headers)
        method, path = given[b":method"], given.get(b":path", b"")
        websocket = method == b"CONNECT" and given.get(b":protocol") == b"websocket"
        if method == b"CONNECT" and not websocket:
            self._refuse(stream_id, 501)
        elif not (method + path).isascii():
            self._refuse(stream_id, 400)
        elif websocket and given.get(b"sec-websocket-version") != WEBSOCKET_VERSION:
            self._refuse(stream_id, 400, (b"sec-websocket-version", WEBSOCKET_VERSION))
        else:
            await self._start(stream_id, method.decode(), path, headers, WebSocket if websocket else Exchange)

    def _refuse(self, stream_id: int, status: int, *headers: tuple[bytes, bytes]) -> None:
        """Answer what the application cannot be asked."""
        answer = [(b":status", b"%d" % status), (b"content-length", b"0"), *headers]
        with contextlib.suppress(ProtocolError):  # such as of a stream that its client has reset already
            self._h2.send_headers(stream_id, answer, end_stream=True)
        self._reset(stream_id, ErrorCodes.NO_ERROR)

    async def _start(
        self,
        stream_id: int,
        method: str,
        path: bytes,
        headers: Headers,
        kind: type[Exchange] | type[WebSocket],
    ) -> None:
        stream = kind(
            self._app,
            self._config,
            self._context,
            self._task_group,
            True,
            *self._ends,
            self.stream_send,
            stream_id,
        )
        stream.outlet = self._outlets[stream_id] = Outlet()
        self._streams[stream_id] = stream
        self._busy = True
        await self._send(Updated(idle=False))
        # Hypercorn accepts every permessage-deflate that it is offered, so it is offered none.
        offered = [header for header in headers if header[0] != b"sec-websocket-extensions"]
        await stream.handle(
            stream_events.Request(
                stream_id=stream_id,
                headers=filter_pseudo_headers(offered),
                http_version="2",
                method=method,
                raw_path=path,
                state=ConnectionState({}),
            )
        )

    async def stream_send(self, event: stream_events.Event) -> None:
        """What a stream has to say; nothing where its client has reset it meanwhile."""
        with contextlib.suppress(ProtocolError):
            await self._say(event)

    async def _say(self, event: stream_events.Event) -> None:
        outlet = self._outlets.get(event.stream_id)
        if isinstance(event, stream_events.StreamClosed):
            await self._close_stream(event.stream_id)
        elif outlet is None or outlet.complete:
            return
        elif isinstance(event, stream_events.Response | stream_events.InformationalResponse):
            status = (b":status", b"%d" % event.status_code)
            headers = [status, *event.headers, *self._config.response_headers("h2")]
            self._h2.send_headers(event.stream_id, headers)
            self._flush()
        elif isinstance(event, stream_events.Body | stream_events.Data):
            outlet.add(event.data)
            self._ready.set()
        elif isinstance(event, stream_events.EndBody | stream_events.EndData):
            outlet.complete = True
            if outlet.buffer:
                self._ready.set()
                await outlet.empty.wait()
            else:
                self._end(event.stream_id)

    async def _close_stream(self, stream_id: int) -> None:
        """The application or the client is through with a stream: what waits of it is still sent."""
        stream = self._streams.pop(stream_id, None)
        if stream is None:
            return
        outlet = self._outlets.get(stream_id)
        if outlet is not None and not outlet.complete:
            if isinstance(stream, Exchange):
                self._reset(stream_id, ErrorCodes.INTERNAL_ERROR)  # or half a response would look whole
            else:
                outlet.complete = True
        if stream_id in self._outlets or not stream.request_ended:
            self._loop.call_later(LINGER_SECONDS, self._reset, stream_id, ErrorCodes.NO_ERROR)
        self._ready.set()
        await stream.handle(stream_events.StreamClosed(stream_id=stream_id))

    async def _send_data(self) -> None:
        """Send what waits, as far as the client's windows and its reading allow, a frame of each stream in
        turn. In a task of its own: it waits for the client, whom somebody must meanwhile listen to.
        """
        while not self._closed.is_set():
            await self._ready.wait()
            self._ready.clear()
            while await self._send_frames():
                pass
            if self._busy and not self._streams and not self._outlets and not self._closed.is_set():
                self._busy = False
                await self._send(Updated(idle=True))

    async def _send_frames(self) -> bool:
        """Whether anything was sent."""
        sent = False
        for stream_id, outlet in list(self._outlets.items()):
            try:
                if not self._send_frame(stream_id, outlet):
                    continue
            except ProtocolError:
                self._drop_outlet(stream_id)
                continue
            sent = True
            self._flush()
            with contextlib.suppress(OSError):
                await self._writer.drain()
        return sent

    def _send_frame(self, stream_id: int, outlet: Outlet) -> bool:
        if not outlet.buffer:
            if outlet.complete:
                self._end(stream_id)
            return False
        size = min(self._h2.local_flow_control_window(stream_id), self._h2.max_outbound_frame_size)
        if size <= 0:
            return False
        data = outlet.take(size)
        last = outlet.complete and not outlet.buffer
        self._h2.send_data(stream_id, data, end_stream=last)
        self._allowance.grant(FRAMES_PER_DATA + last * FRAMES_PER_STREAM)
        if last:
            del self._outlets[stream_id]
        return True

    def _end(self, stream_id: int) -> None:
        """Say that nothing more comes on a stream."""
        self._drop_outlet(stream_id)
        self._h2.end_stream(stream_id)
        self._allowance.grant(FRAMES_PER_STREAM)
        self._flush()
        self._ready.set()

    def _reset(self, stream_id: int, code: ErrorCodes) -> None:
        self._drop_outlet(stream_id)
        stream = self._h2.streams.get(stream_id)
        if stream is None or stream.closed or self._closed.is_set():
            return
        with contextlib.suppress(ProtocolError):
            self._h2.reset_stream(stream_id, code)
        self._flush()

    def _drop_outlet(self, stream_id: int) -> None:
        """Let go of what waits, and of who waits for it."""
        outlet = self._outlets.pop(stream_id, None)
        if outlet is not None:
            outlet.empty.set()
            self._ready.set()

    async def _watch(self) -> None:
        """Ask for a sign of life as often as there are heartbeats, while there are streams.

        Silence is counted in questions, not by the clock: a process that stood still has not listened.
        """
        questions = 0
        while not await self._closed_within(self._liveness.heartbeat):
            questions = questions + 1 if self._streams and not self._heard else 0
            self._heard = False
            if questions * self._liveness.heartbeat >= self._liveness.timeout:
                log.debug("no answer over HTTP/2", streams=len(self._streams))
                self._writer.transport.abort()
                return
            if self._streams:
                with contextlib.suppress(ProtocolError):  # of a connection that its client has just ended
                    self._h2.ping(bytes(8))
                self._flush()

    async def _closed_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closed.wait()
        return self._closed.is_set()

    async def _close(self, code: ErrorCodes | None = ErrorCodes.NO_ERROR) -> None:
        """End the connection; `code` goes into its GOAWAY."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._ready.set()
        if code is not None:
            with contextlib.suppress(ProtocolError):
                self._h2.close_connection(code)
        self._flush()
        for stream_id, stream in list(self._streams.items()):
            self._drop_outlet(stream_id)
            await stream.handle(stream_events.StreamClosed(stream_id=stream_id))
        self._streams.clear()
        await self._send(Closed())

    def _unread(self) -> int:
        return self._writer.transport.get_write_buffer_size()

    def _flush(self) -> None:
        data = self._h2.data_to_send()
        if data and not self._writer.transport.is_closing():
            self._writer.write(data)


def _connection() -> H2Connection:
    connection = H2Connection(H2Configuration(client_side=False, header_encoding=None))
    connection.local_settings = H2Settings(
        client=False,
        initial_values={
            SettingCodes.MAX_CONCURRENT_STREAMS: MAX_STREAMS,
            SettingCodes.MAX_HEADER_LIST_SIZE: MAX_HEADERS,
            SettingCodes.ENABLE_CONNECT_PROTOCOL: 1,
        },
    )
    connection.decoder.max_header_list_size = MAX_HEADERS  # also before the client has read our settings
    return connection
