"""An HTTP/2 client on the `h2` library, with WebSockets by extended CONNECT (RFC 8441)."""

import asyncio
import contextlib
import json
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Message, TextMessage
from wsproto.events import Event as Frame

from tests.support.people import Person
from tests.support.schema import check_event
from tests.support.waiting import until

PATIENCE_SECONDS = 20
Headers = list[tuple[str, str]]


class HTTP2Client:
    """One connection. Windows are kept open unless `reads` is false."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, authority: str, *, reads: bool
    ) -> None:
        self.h2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self.goaway: ErrorCodes | int | None = None  # the code with which the server said goodbye
        self.settings: dict[int, int] = {}  # the server's
        self._reader = reader
        self._writer = writer
        self._authority = authority
        self._reads = reads
        self._events: defaultdict[int, asyncio.Queue[Event | None]] = defaultdict(asyncio.Queue)
        self._greeted = asyncio.Event()
        self.h2.initiate_connection()
        self.flush()
        self._reading = asyncio.create_task(self._read())

    @property
    def port(self) -> int:
        """This end's."""
        port: int = self._writer.get_extra_info("sockname")[1]
        return port

    def flush(self) -> None:
        """Send what h2 has prepared."""
        self.send(self.h2.data_to_send())

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._writer.write(data)

    async def greeted(self) -> None:
        """Wait for the server's settings."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._greeted.wait()

    async def closed(self, within: float = PATIENCE_SECONDS) -> None:
        """Wait until the server has closed the connection."""
        async with asyncio.timeout(within):
            await asyncio.shield(self._reading)

    def request(
        self, method: str, path: str, person: Person | None = None, *more: tuple[str, str], body: bytes = b""
    ) -> int:
        """Send a request; the number of its stream."""
        headers = [
            (":method", method),
            (":scheme", "https"),
            (":authority", self._authority),
            (":path", path),
            *_authorization(person),
            *more,
        ]
        return self.open(headers, body)

    def open(self, headers: Headers, body: bytes | None = b"") -> int:
        """Open a stream with these headers, and end our side of it unless `body` is None."""
        stream_id = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream_id, headers, end_stream=body == b"")
        if body:
            self.h2.send_data(stream_id, body, end_stream=True)
        self.flush()
        return stream_id

    async def event(self, stream_id: int) -> Event | None:
        """What happens next on a stream; None if the connection is over."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._events[stream_id].get()

    async def status(self, stream_id: int) -> dict[str, str]:
        """The head of the response."""
        event = await self.event(stream_id)
        assert isinstance(event, ResponseReceived), event
        return {str(name): str(value) for name, value in event.headers}

    async def body(self, stream_id: int) -> bytes:
        """What still comes, to a good end."""
        body = b""
        while not isinstance(event := await self.event(stream_id), StreamEnded):
            assert isinstance(event, DataReceived), event
            body += event.data
        return body

    async def response(self, stream_id: int) -> tuple[int, bytes]:
        """Status and body."""
        head = await self.status(stream_id)
        return int(head[":status"]), await self.body(stream_id)

    async def websocket(self, person: Person | None, path: str = "/api/v1/realtime/ws") -> "HTTP2WebSocket":
        """Open a WebSocket by extended CONNECT."""
        await self.greeted()
        stream_id = self.open(self.connect_headers(person, path), None)
        head = await self.status(stream_id)
        assert head[":status"] == "200", head
        return HTTP2WebSocket(self, stream_id, head)

    def connect_headers(
        self, person: Person | None, path: str = "/api/v1/realtime/ws", version: str = "13"
    ) -> Headers:
        """Those of extended CONNECT, RFC 8441 section 4."""
        return [
            (":method", "CONNECT"),
            (":protocol", "websocket"),
            (":scheme", "https"),
            (":authority", self._authority),
            (":path", path),
            ("sec-websocket-version", version),
            ("sec-websocket-extensions", "permessage-deflate"),
            *_authorization(person),
        ]

    async def close(self) -> None:
        """Be gone."""
        self._reading.cancel()
        await asyncio.wait({self._reading})
        self._writer.transport.abort()

    async def _read(self) -> None:
        with contextlib.suppress(OSError, ProtocolError):
            while data := await self._reader.read(2**16):
                for event in self.h2.receive_data(data):
                    self._note(event)
                self.flush()
        for queue in self._events.values():
            queue.put_nowait(None)

    def _note(self, event: Event) -> None:
        if isinstance(event, RemoteSettingsChanged):
            self.settings |= {int(code): change.new_value for code, change in event.changed_settings.items()}
            self._greeted.set()
        elif isinstance(event, ConnectionTerminated):
            self.goaway = event.error_code
        elif isinstance(event, DataReceived) and self._reads:
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        if isinstance(event, ResponseReceived | DataReceived | StreamEnded | StreamReset):
            self._events[event.stream_id].put_nowait(event)


class HTTP2WebSocket:
    """A WebSocket in one stream of a connection."""

    def __init__(self, client: HTTP2Client, stream_id: int, head: dict[str, str]) -> None:
        self.head = head
        self.stream_id = stream_id
        self._client = client
        self._frames = Connection(ConnectionType.CLIENT)
        self._received: list[Frame] = []

    def say(self, message: object) -> None:
        """Send a message: text or bytes as they are, anything else as JSON."""
        if isinstance(message, bytes):
            self.send(self._frames.send(BytesMessage(message)))
        else:
            text = message if isinstance(message, str) else json.dumps(message)
            self.send(self._frames.send(TextMessage(text)))

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._client.h2.send_data(self.stream_id, data)
        self._client.flush()

    async def send_all(self, data: bytes) -> None:
        """Send bytes as they are, as fast as the server's window allows."""
        h2 = self._client.h2
        while data:
            await until(lambda: h2.local_flow_control_window(self.stream_id) > 0)
            size = min(h2.local_flow_control_window(self.stream_id), h2.max_outbound_frame_size)
            self.send(data[:size])
            data = data[size:]

    def close(self, code: int) -> None:
        """Send a close frame."""
        self.send(self._frames.send(CloseConnection(code)))

    async def receive(self) -> dict[str, Any] | int | None:
        """The next message's JSON, the code of a close frame, None at the end of the stream."""
        text = await self.receive_text()
        if not isinstance(text, str):
            return text
        check_event(text)
        message: dict[str, Any] = json.loads(text)
        return message

    async def receive_text(self) -> str | int | None:
        """The next message as it came; else likewise."""
        text = ""
        while True:
            frame = await self.receive_frame()
            if isinstance(frame, CloseConnection):
                return int(frame.code)
            if frame is None:
                return None
            if isinstance(frame, Message):
                text += str(frame.data)
                if frame.message_finished:
                    return text

    async def next_of(self, name: str) -> dict[str, Any]:
        """The data of the next event of this type."""
        while True:
            received = await self.receive()
            assert isinstance(received, dict), received
            if received["type"] == name:
                data: dict[str, Any] = received["data"]
                return data

    async def close_code(self) -> int | None:
        """The code with which the server closes, None if it does without one."""
        while isinstance(received := await self.receive(), dict):
            pass
        return received

    def leave(self) -> None:
        """Give the stream up, if it is still there."""
        with contextlib.suppress(ProtocolError):
            self._client.h2.reset_stream(self.stream_id, ErrorCodes.CANCEL)
            self._client.flush()

    async def receive_frame(self) -> Frame | None:
        """The next frame, or part of one; None at the end of the stream."""
        while not self._received:
            event = await self._client.event(self.stream_id)
            if not isinstance(event, DataReceived):
                return None
            self._frames.receive_data(event.data)
            self._received.extend(self._frames.events())
        return self._received.pop(0)


@asynccontextmanager
async def http2_client(
    address: tuple[str, int], tls: ssl.SSLContext, *, reads: bool = True, window: int | None = None
) -> AsyncIterator[HTTP2Client]:
    """A connection, gone afterwards. `window` is for each stream, in bytes."""
    client = await http2_connection(address, tls, reads=reads)
    if window is not None:
        client.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: window})
        client.flush()
    try:
        yield client
    finally:
        await client.close()


async def http2_connection(
    address: tuple[str, int], tls: ssl.SSLContext, *, reads: bool = True
) -> HTTP2Client:
    """One that somebody else will close."""
    reader, writer = await asyncio.open_connection(*address, ssl=tls)
    negotiated = writer.get_extra_info("ssl_object").selected_alpn_protocol()
    assert negotiated == "h2", negotiated
    return HTTP2Client(reader, writer, "{}:{}".format(*address), reads=reads)


def _authorization(person: Person | None) -> Headers:
    return [("authorization", f"Bearer {person.access_token}")] if person else []
