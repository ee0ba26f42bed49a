"""The ways of serving that the contract holds for, each with the sink that writes there.

- `direct`: `itcook serve` over HTTP/1.1; streams own their connections.
- `http2`: `itcook serve` over TLS and HTTP/2, WebSockets by extended CONNECT; the queued sink.
- `hypercorn`: Hypercorn alone over HTTP/1.1, as of any other ASGI server; the queued sink.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlencode

from tests.support.api import Api
from tests.support.certificates import Certificate, make_certificate
from tests.support.documents import ROOT
from tests.support.http2 import HTTP2Client, HTTP2WebSocket, http2_connection
from tests.support.people import Person
from tests.support.processes import Server, started
from tests.support.schema import check_message
from tests.support.streams import Received, Stream, StreamEndedError, Transport

Sink = Literal["direct", "http2", "hypercorn"]
SINKS: tuple[Sink, ...] = ("direct", "http2", "hypercorn")
HYPERCORN = ROOT / "tests/support/hypercorn_alone.py"


class HTTP2Stream(Stream):
    """A WebSocket in an HTTP/2 connection of its own."""

    transport: Transport = "websocket"

    def __init__(self, client: HTTP2Client, websocket: HTTP2WebSocket) -> None:
        self._client = client
        self._websocket = websocket

    @classmethod
    async def open(cls, client: HTTP2Client, person: Person | None, path: str) -> Self:
        return cls(client, await client.websocket(person, path))

    @property
    def port(self) -> int:
        return self._client.port

    async def say(self, message: object) -> None:
        if not isinstance(message, str | bytes):
            check_message(message)
        self._websocket.say(message)

    async def cut(self) -> None:
        await self._client.close()

    async def close(self) -> None:
        await self._client.close()

    async def _receive(self) -> Received:
        text = await self._websocket.receive_text()
        if not isinstance(text, str):
            raise StreamEndedError(1006 if text is None else text)
        return Received(text)


class HTTP2Api(Api):
    """Everything over HTTP/2, WebSockets too. `http1` is the same server over HTTP/1.1."""

    def __init__(self, server: Server, certificate: Certificate) -> None:
        super().__init__(server, tls=certificate, http2=True)
        self.certificate = certificate
        self._listening = server
        self.http1 = Api(server, tls=certificate)

    async def aclose(self) -> None:
        await self.http1.aclose()
        await super().aclose()

    async def connect(
        self,
        transport: Transport,
        person: Person | None,
        *,
        last_event_id: str | None = None,
        **parameters: str,
    ) -> Stream:
        if transport == "sse":
            return await super().connect(transport, person, last_event_id=last_event_id, **parameters)
        client = await http2_connection(self._listening.address, self.certificate.trusting("h2"))
        path = "/api/v1/realtime/ws" + (f"?{urlencode(parameters)}" if parameters else "")
        return await HTTP2Stream.open(client, person, path)


@asynccontextmanager
async def served(sink: Sink, directory: Path, **settings: object) -> AsyncIterator[tuple[Server, Api]]:
    """A server whose streams use `sink`, and its interface; gone afterwards."""
    if sink == "http2":
        certificate = make_certificate(directory)
        server = Server(directory, {**certificate.settings, **settings})
        api: Api = HTTP2Api(server, certificate)
    elif sink == "hypercorn":
        server = Server(directory, settings, sys.executable, "-P", HYPERCORN)
        api = Api(server)
    else:
        server = Server(directory, settings)
        api = Api(server)
    async with started(server):
        try:
            yield server, api
        finally:
            await api.aclose()
