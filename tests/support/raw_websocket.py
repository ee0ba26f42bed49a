"""A WebSocket client on bare bytes, for everything that a proper one would not do (RFC 6455)."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

from tests.support.people import Person

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
PATIENCE_SECONDS = 20
PATH = "/api/v1/realtime/ws"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame from the server, whole and unmasked."""

    opcode: int
    payload: bytes

    @property
    def close_code(self) -> int:
        return int.from_bytes(self.payload[:2])


def frame(opcode: int, payload: bytes = b"", *, first: int = 0x80, masked: bool = True) -> bytes:
    """The bytes of a client's frame. `first` holds FIN and RSV; the mask is zero, to keep it legible."""
    length = len(payload)
    mask_bit = 0x80 if masked else 0
    if length < 126:
        head = bytes([mask_bit | length])
    elif length < 2**16:
        head = bytes([mask_bit | 126]) + length.to_bytes(2)
    else:
        head = bytes([mask_bit | 127]) + length.to_bytes(8)
    return bytes([first | opcode]) + head + (b"\0\0\0\0" if masked else b"") + payload


def handshake(host: str, token: str, *more: str, path: str = PATH) -> bytes:
    """An upgrade request; `more` are further header lines."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        f"Authorization: Bearer {token}",
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


class RawWebSocket:
    """An open connection. Nothing is answered by itself: no ping, no close."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: str) -> None:
        self.answer = answer  # the head of the response to the handshake
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(
        cls, address: tuple[str, int], person: Person, *more: str, receive_buffer: int | None = None
    ) -> Self:
        """Connect and upgrade. `receive_buffer` is the kernel's, in bytes; and asyncio then reads no further
        than that ahead either."""
        reader, writer = await open_connection(address, receive_buffer)
        writer.write(handshake("{}:{}".format(*address), person.access_token, *more))
        answer = (await reader.readuntil(b"\r\n\r\n")).decode()
        assert answer.startswith("HTTP/1.1 101 "), answer
        return cls(reader, writer, answer)

    async def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._writer.write(data)
        await self._writer.drain()

    async def receive(self) -> Frame | None:
        """The next frame, None at the end of the connection."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self._frame()
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def close_code(self) -> int | None:
        """The code with which the server closes, None if it does so without a close frame."""
        while (received := await self.receive()) is not None:
            if received.opcode == CLOSE:
                return received.close_code
        return None

    async def dropped(self, within: float = PATIENCE_SECONDS) -> None:
        """Return when the server has dropped the TCP connection; what it still sent is read and forgotten."""
        try:
            async with asyncio.timeout(within):
                while await self._reader.read(2**16):
                    pass
        except ConnectionError:
            return

    def abort(self) -> None:
        """Be gone."""
        self._writer.transport.abort()

    async def _frame(self) -> Frame:
        first, second = await self._reader.readexactly(2)
        assert not second & 0x80, "a server does not mask"
        length = second
        if length == 126:
            length = int.from_bytes(await self._reader.readexactly(2))
        elif length == 127:
            length = int.from_bytes(await self._reader.readexactly(8))
        return Frame(first & 0x0F, await self._reader.readexactly(length))


@asynccontextmanager
async def raw_websocket(
    address: tuple[str, int], person: Person, *more: str, receive_buffer: int | None = None
) -> AsyncIterator[RawWebSocket]:
    """An open `RawWebSocket`, gone afterwards."""
    connection = await RawWebSocket.open(address, person, *more, receive_buffer=receive_buffer)
    try:
        yield connection
    finally:
        connection.abort()


async def exchange(address: tuple[str, int], request: bytes) -> str:
    """Send bytes, give what comes back until the server closes."""
    reader, writer = await asyncio.open_connection(*address)
    writer.write(request)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return (await reader.read()).decode()
    finally:
        writer.transport.abort()


async def open_connection(
    address: tuple[str, int], receive_buffer: int | None = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection; `receive_buffer` is the kernel's, in bytes, and asyncio reads no further ahead either."""
    if receive_buffer is None:
        return await asyncio.open_connection(*address)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, address)
    return await asyncio.open_connection(sock=sock, limit=receive_buffer)
