"""One HTTP/2 stream: a request, or a WebSocket by extended CONNECT (RFC 8441).

What the application hears and says of it is Hypercorn's. Added is that saying something takes as long as the
client takes to make room for it: that is how the queue above learns that a client does not read.
"""

import asyncio

from hypercorn.protocol.events import Body, Data, EndBody, Event, StreamClosed
from hypercorn.protocol.http_stream import HTTPStream
from hypercorn.protocol.ws_stream import WSStream
from hypercorn.typing import ASGISendEvent

from transports.inbound import Answer, Inbound


class Outlet:
    """Bytes of one stream that wait for room in the client's windows."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.complete = False  # nothing follows what is in the buffer
        self.empty = asyncio.Event()
        self.empty.set()

    def add(self, data: bytes) -> None:
        self.buffer += data
        self.empty.clear()

    def take(self, size: int) -> bytes:
        taken = bytes(self.buffer[:size])
        del self.buffer[:size]
        if not self.buffer:
            self.empty.set()
        return taken


class Exchange(HTTPStream):
    """A request and its response."""

    outlet: Outlet
    request_ended = False

    async def app_send(self, message: ASGISendEvent | None) -> None:
        await super().app_send(message)
        await self.outlet.empty.wait()


class WebSocket(WSStream):
    """A WebSocket that is closed with a code, RFC 6455 section 7.4.1, whatever ends it."""

    outlet: Outlet
    request_ended = False
    _inbound: Inbound | None = None

    async def app_send(self, message: ASGISendEvent | None) -> None:
        await super().app_send(message)
        await self.outlet.empty.wait()

    async def handle(self, event: Event) -> None:
        if isinstance(event, Body) and not self.closed and self.handshake.accepted:
            await self._receive(event.data)
        elif isinstance(event, EndBody):
            # As a TCP connection's end would be: nothing more comes, so nothing is answered any more.
            await self.send(StreamClosed(stream_id=self.stream_id))
        else:
            await super().handle(event)

    async def _receive(self, data: bytes) -> None:
        now = asyncio.get_running_loop().time()
        if self._inbound is None:
            self._inbound = Inbound(now)
        assert self.app_put is not None, "frames come after the handshake"
        for received in self._inbound.feed(data, now):
            if isinstance(received, Answer):
                await self._answer(received)
            elif isinstance(received, str):
                await self.app_put({"type": "websocket.receive", "bytes": None, "text": received})
            else:
                await self.app_put({"type": "websocket.receive", "bytes": received, "text": None})

    async def _answer(self, answer: Answer) -> None:
        await self.send(Data(stream_id=self.stream_id, data=answer.data))
        if answer.closing:
            await self.send(StreamClosed(stream_id=self.stream_id))
