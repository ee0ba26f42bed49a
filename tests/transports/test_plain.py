"""Which first bytes of a connection are a plain handshake. What is not goes the framework's way."""

import asyncio
import socket
from typing import cast

import pytest
from prometheus_client import CollectorRegistry

from itcook.answers import Answers
from itcook.metrics.requests import Requests
from itcook.services import Services
from tests.support.raw_websocket import handshake
from transports.connection import Connection
from transports.plain import answer, read_handshake

WEBSOCKET = handshake("example.org", "a.b.c")
SSE = b"GET /api/v1/realtime/sse HTTP/1.1\r\nHost: example.org\r\nAuthorization: Bearer a.b.c\r\n\r\n"


def test_a_handshake_is_read_with_its_query_and_its_fields() -> None:
    """Names are in lower case, values without the space around them."""
    read = read_handshake(
        SSE.replace(b"/sse", b"/sse?cursor=e.7&named=true").replace(b"Bearer", b" \tBearer")
    )
    assert read is not None
    assert (read.path, read.query) == ("/api/v1/realtime/sse", "cursor=e.7&named=true")
    assert read.fields == {"host": "example.org", "authorization": "Bearer a.b.c"}
    assert read_handshake(WEBSOCKET) is not None


@pytest.mark.parametrize(
    ("name", "data"),
    {
        "half a head": SSE[:-2],
        "more than a head": SSE + b"x",
        "two requests": SSE + SSE,
        "another path": SSE.replace(b"/sse", b"/events"),
        "an encoded path": SSE.replace(b"/sse", b"/%73se"),
        "another method": SSE.replace(b"GET", b"HEAD"),
        "HTTP/1.0": SSE.replace(b"HTTP/1.1", b"HTTP/1.0"),
        "bare line feeds": SSE.replace(b"\r\n", b"\n"),
        "a folded line": SSE.replace(b"Bearer", b"\r\n Bearer"),
        "a space before a colon": SSE.replace(b"Host:", b"Host :"),
        "a control character": SSE.replace(b"a.b.c", b"a.\x00.c"),
        "not ASCII": SSE.replace(b"a.b.c", "ä.b.c".encode()),
        "no host": SSE.replace(b"Host: example.org\r\n", b""),
        "two hosts": SSE.replace(b"\r\n\r\n", b"\r\nhost: example.com\r\n\r\n"),
        "two credentials": SSE.replace(b"\r\n\r\n", b"\r\nAuthorization: Bearer d.e.f\r\n\r\n"),
        "a body": SSE.replace(b"\r\n\r\n", b"\r\nContent-Length: 0\r\n\r\n"),
        "chunks": SSE.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"),
        "an expectation": SSE.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"),
        "a session cookie": SSE.replace(b"\r\n\r\n", b"\r\nCookie: a=b; itcook_session=x\r\n\r\n"),
        "events for another origin": SSE.replace(b"\r\n\r\n", b"\r\nOrigin: https://app.example\r\n\r\n"),
        "events with an upgrade": SSE.replace(b"\r\n\r\n", b"\r\nUpgrade: h2c\r\n\r\n"),
        "no upgrade": WEBSOCKET.replace(b"Upgrade: websocket\r\n", b""),
        "no connection": WEBSOCKET.replace(b"Connection: Upgrade", b"Connection: keep-alive"),
        "another version": WEBSOCKET.replace(b"Version: 13", b"Version: 8"),
        "a short key": WEBSOCKET.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"dGhlIHNhbXBsZQ=="),
        "a long head": SSE.replace(b"\r\n\r\n", b"\r\nX: " + 8192 * b"x" + b"\r\n\r\n"),
    }.items(),
)
def test_what_is_otherwise_is_no_plain_handshake(name: str, data: bytes) -> None:
    """Whatever it means, it is not decided here."""
    assert read_handshake(data) is None, name


async def test_a_defect_is_left_to_the_framework() -> None:
    """With a connection on which nothing was written and which nobody took over."""
    read = read_handshake(WEBSOCKET)
    assert read is not None
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=ours)
    taken: list[asyncio.Protocol] = []
    broken = cast("Services", object())
    answers = Answers(Requests(CollectorRegistry()), logged=True)
    assert not await answer(read, broken, answers, Connection(transport, taken.append))
    assert not taken
    with pytest.raises(BlockingIOError):
        theirs.recv(1)
    transport.close()
    theirs.close()
