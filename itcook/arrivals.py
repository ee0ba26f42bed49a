"""Arrivals: connections from their acceptance to their first bytes, which show how they are served.

Most are a stream's plain handshake (`transports.plain`), and after a restart nearly all are. Any other is
passed on to Hypercorn's protocols, with what was read of it.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import cast

from transports.connection import Connection
from transports.plain import Handshake, read_handshake

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]
Grant = Callable[[Handshake, Connection], Awaitable[bool]]

FULL = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Arrivals:
    """Makes the protocol of each connection.

    `is_full` says whether there is room for one more; `grant` begins a stream or is False; `serve` is for
    all others. A connection that sends nothing is closed after `patience` seconds.
    """

    def __init__(self, is_full: Callable[[], bool], grant: Grant, serve: Serve, patience: float) -> None:
        self.is_full = is_full
        self.grant = grant
        self.serve = serve
        self.patience = patience
        self.waiting: set[Arrival] = set()

    def __call__(self) -> asyncio.Protocol:
        return Arrival(self)

    def __len__(self) -> int:
        return len(self.waiting)

    async def finish(self, seconds: float) -> None:
        """Have all that have sent nothing yet served as any other, and those whose handshake is looked at
        granted, or served too, within `seconds`: afterwards nobody waits here.
        """
        looked_at = [task for arrival in list(self.waiting) if (task := arrival.pass_on()) is not None]
        if looked_at:
            await asyncio.wait(looked_at, timeout=seconds)


class Arrival(asyncio.Protocol):
    """One connection of which nothing, or one handshake, was read."""

    __slots__ = ("_all", "_granting", "_patience", "_transport")

    def __init__(self, arrivals: Arrivals) -> None:
        self._all = arrivals
        self._granting: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport
        self._patience: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        loop = asyncio.get_running_loop()
        self._patience = loop.call_later(self._all.patience, self._transport.close)
        if self._all.is_full():
            self._turn_away()
            return
        self._all.waiting.add(self)
        if _speaks_http2(self._transport):
            self._pass_on(b"")

    def data_received(self, data: bytes) -> None:
        handshake = read_handshake(data)
        if handshake is None:
            self._pass_on(data)
            return
        self._patience.cancel()
        self._transport.pause_reading()  # what comes next is for whoever owns the connection then
        self._granting = asyncio.get_running_loop().create_task(self._grant(handshake, data))

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()

    def pass_on(self) -> asyncio.Task[None] | None:
        """Let go of the connection; if its handshake is looked at, what ends with that."""
        if self._granting is None:
            self._pass_on(b"")
        return self._granting

    async def _grant(self, handshake: Handshake, data: bytes) -> None:
        granted = await self._all.grant(handshake, Connection(self._transport, self._hand_over))
        if not granted and not self._transport.is_closing():
            self._transport.resume_reading()
            self._pass_on(data)

    def _hand_over(self, owner: asyncio.Protocol) -> None:
        self._leave()
        if self._transport.is_closing():
            asyncio.get_running_loop().call_soon(owner.connection_lost, None)
            return
        self._transport.set_protocol(owner)
        self._transport.resume_reading()

    def _pass_on(self, data: bytes) -> None:
        self._leave()
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader, self._all.serve)
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        if data:
            protocol.data_received(data)

    def _turn_away(self) -> None:
        """Answer without reading. The socket is not kept until the client has read it: there are too many."""
        if self._transport.get_extra_info("ssl_object") is None:
            self._transport.write(FULL)
        self._transport.close()

    def _leave(self) -> None:
        self._patience.cancel()
        self._all.waiting.discard(self)


def _speaks_http2(transport: asyncio.Transport) -> bool:
    tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
    return tls is not None and tls.selected_alpn_protocol() == "h2"
