"""The floor: uvloop and `transport.write` of a finished frame to each connection, and nothing else.

No server that writes to sockets one by one can be below it. It reads one handshake, checks the token, and
never listens again.
"""

import asyncio
import base64
import hashlib
import struct
from typing import cast

import uvloop
from common import CONNECTED, event, is_known, listener, obey

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3

clients: set[asyncio.WriteTransport] = set()


class Client(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.WriteTransport", transport)
        self.head = b""

    def data_received(self, data: bytes) -> None:
        if self.transport in clients:
            return
        self.head += data
        if self.head.endswith(b"\r\n\r\n"):
            self.answer()

    def connection_lost(self, exc: Exception | None) -> None:
        clients.discard(self.transport)

    def answer(self) -> None:
        lines = (line.partition(b": ") for line in self.head.splitlines())
        headers = {name.lower(): value for name, _, value in lines}
        if not is_known(headers.get(b"authorization", b"").decode()):
            self.transport.write(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n")
            return
        accept = base64.b64encode(hashlib.sha1(headers[b"sec-websocket-key"] + GUID).digest())  # noqa: S324 # the protocol's own
        self.transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
            b"sec-websocket-accept: " + accept + b"\r\n\r\n" + frame(CONNECTED)
        )
        clients.add(self.transport)


def frame(text: str) -> bytes:
    """An unmasked text message in one frame, RFC 6455 section 5.2."""
    data = text.encode()
    if len(data) < 126:
        return struct.pack("!BB", 0x81, len(data)) + data
    return struct.pack("!BBH", 0x81, 126, len(data)) + data


async def publish(count: int) -> None:
    for _ in range(count):
        data = frame(event())
        for transport in clients:
            transport.write(data)


async def main() -> None:
    obey(publish)
    server = await asyncio.get_running_loop().create_server(Client, sock=listener(), backlog=4096)
    await server.serve_forever()


uvloop.run(main())
