"""A client of the stream: WebSocket and SSE behind one interface."""

import asyncio
import json
import socket
import ssl
import struct
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Any, Literal, Self

import httpx
from httpx_sse import EventSource, ServerSentEvent
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.support.schema import check_event, check_message

PATIENCE_SECONDS = 20  # for the next event; far more than any takes, on a busy machine too

Transport = Literal["websocket", "sse"]
TRANSPORTS: tuple[Transport, ...] = ("websocket", "sse")


class StreamEndedError(Exception):
    """The server ended the stream: `code` of the close frame, None where an SSE body ended cleanly."""

    def __init__(self, code: int | None) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Received:
    """One event: its JSON as it came, and over SSE the `id:` in force and the `event:` name."""

    text: str
    sse_id: str | None = None
    sse_name: str = "message"

    @cached_property
    def json(self) -> dict[str, Any]:
        """The whole envelope."""
        value: dict[str, Any] = json.loads(self.text)
        return value

    @property
    def type(self) -> str:
        name: str = self.json["type"]
        return name

    @property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = self.json["data"]
        return data

    @property
    def id(self) -> str | None:
        """The cursor of a durable event."""
        return self.json.get("id")


class Stream(ABC):
    """One connection, read by one task at a time. Who comes and goes meanwhile is passed over, unless
    `watches_presence`: most tests are about something else, and share their server.

    Every event that comes, and every message that is sent as JSON, is held against the documented schema.
    """

    transport: Transport
    watches_presence = False

    @property
    @abstractmethod
    def port(self) -> int:
        """This end's, by which one finds the process at the other."""

    @abstractmethod
    async def _receive(self) -> Received:
        """The next event. Raises `StreamEndedError`."""

    @abstractmethod
    async def say(self, message: object) -> None:
        """Send a client message: text or bytes as they are, anything else as JSON.

        What is meant to be no message is sent as text.
        """

    @abstractmethod
    async def cut(self) -> None:
        """Drop the connection without a word, as a phone in a tunnel's end does: TCP reset."""

    @abstractmethod
    async def close(self) -> None:
        """Leave as a polite client does."""

    async def next(self) -> Received:
        """The next event. Raises `StreamEndedError`, and `TimeoutError` if nothing comes."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                event = await self._receive()
                check_event(event.text)
                if self.watches_presence or event.type != "PresenceChanged":
                    return event

    async def until(self, matches: Callable[[Received], bool]) -> list[Received]:
        """Every event up to and with the first that `matches`. Raises `StreamEndedError`, and `TimeoutError`
        if it does not come: heartbeats are no reason to wait on.
        """
        async with asyncio.timeout(3 * PATIENCE_SECONDS):
            seen = [await self.next()]
            while not matches(seen[-1]):
                seen.append(await self.next())
            return seen

    async def next_of(self, name: str) -> Received:
        """The next event of this type; what comes before it is passed over."""
        return (await self.until(lambda event: event.type == name))[-1]

    async def end(self) -> tuple[list[Received], int | None]:
        """What still comes until the server ends the stream, and the code of the end."""
        seen = []
        try:
            while True:
                seen.append(await self.next())
        except StreamEndedError as ended:
            return seen, ended.code

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.close()


class WebSocketStream(Stream):
    """Over the `websockets` client."""

    transport: Transport = "websocket"

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    @classmethod
    async def open(cls, url: str, headers: dict[str, str], tls: ssl.SSLContext | None = None) -> Self:
        """Connect to `ws://…`, or to `wss://…` with `tls`. Raises `InvalidStatus` when refused."""
        return cls(
            await connect(
                url,
                ssl=tls,
                additional_headers=headers,
                proxy=None,
                ping_interval=None,
                close_timeout=2,
                max_size=None,
                max_queue=None,
            )
        )

    @property
    def extensions(self) -> list[str]:
        """The names of what was negotiated."""
        return [extension.name for extension in self._connection.protocol.extensions]

    @property
    def port(self) -> int:
        port: int = self._connection.local_address[1]
        return port

    async def say(self, message: object) -> None:
        await self._connection.send(_said(message))

    async def cut(self) -> None:
        _reset_on_close(self._connection.transport.get_extra_info("socket"))
        self._connection.transport.abort()
        await self._connection.wait_closed()

    async def close(self) -> None:
        await self._connection.close()

    async def _receive(self) -> Received:
        try:
            return Received(await self._connection.recv(decode=True))
        except ConnectionClosed as closed:
            raise StreamEndedError(closed.rcvd.code if closed.rcvd else 1006) from None


class SSEStream(Stream):
    """Over `httpx` and `httpx-sse`. What it says goes by POST, once `Connected` came."""

    transport: Transport = "sse"

    def __init__(self, http: httpx.AsyncClient, response: httpx.Response) -> None:
        self._http = http
        self._response = response
        self._events = EventSource(response).aiter_sse()
        self._messages = ""  # where they go

    @classmethod
    async def open(cls, http: httpx.AsyncClient, url: str, headers: dict[str, str]) -> Self:
        """Connect. Raises `httpx.HTTPStatusError` when refused."""
        response = await http.send(http.build_request("GET", url, headers=headers), stream=True)
        if response.is_error:
            await response.aread()
            response.raise_for_status()
        return cls(http, response)

    @property
    def port(self) -> int:
        port: int = self._response.extensions["network_stream"].get_extra_info("client_addr")[1]
        return port

    async def say(self, message: object) -> None:
        response = await self.post(_said(message))
        assert response.status_code == 202, response.text

    async def post(self, message: object) -> httpx.Response:
        """The answer to a client message."""
        assert self._messages, "it has no address before Connected"
        authorization = self._response.request.headers["Authorization"]
        headers = {"Authorization": authorization, "Content-Type": "application/json"}
        return await self._http.post(self._messages, content=_text(message), headers=headers)

    async def cut(self) -> None:
        _reset_on_close(self._response.extensions["network_stream"].get_extra_info("socket"))
        await self.close()

    async def close(self) -> None:
        await self._events.aclose()
        await self._response.aclose()

    async def _receive(self) -> Received:
        async for event in self._events:
            if event.data:  # `retry:` alone is no event
                received = _received(event)
                if received.type == "Connected":
                    path = f"connections/{received.data['connection_id']}/messages"
                    self._messages = str(self._response.url.join(path))
                return received
        raise StreamEndedError(None)


def _said(message: object) -> str | bytes:
    if not isinstance(message, str | bytes):
        check_message(message)
    return _text(message)


def _text(message: object) -> str | bytes:
    return message if isinstance(message, str | bytes) else json.dumps(message)


def _received(event: ServerSentEvent) -> Received:
    return Received(event.data, event.id or None, event.event)


def _reset_on_close(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
