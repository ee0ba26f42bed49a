"""What the libraries below the application still do, wherefore we do it ourselves.

Each test sends bytes to bare Hypercorn, or to the library below it. One that fails is good news: upstream has
mended it, and the piece that its docstring names can go.
"""

import asyncio

import h11
import pytest
from hypercorn.config import Config

from tests.support.connections import answer, connected, greeting, hypercorn
from tests.support.raw_websocket import TEXT, frame
from tests.test_http1 import HANDSHAKE, KEY, UPGRADE, VERSION


async def accepted(handshake: bytes = HANDSHAKE) -> bytes:
    """The head with which Hypercorn accepts it."""
    async with connected(hypercorn, greeting) as peer:
        await peer.send(handshake)
        head = await peer.head()
    assert head.startswith(b"HTTP/1.1 101 ")
    return head.lower()


async def test_every_permessage_deflate_is_accepted() -> None:
    """`_is_understood` of itcook/http1.py, and the line of `HTTP2._start` like it; hypercorn #307."""
    offer = KEY + b"Sec-WebSocket-Extensions: permessage-deflate\r\n"
    assert b"\r\nsec-websocket-extensions: permessage-deflate" in await accepted(
        HANDSHAKE.replace(KEY, offer)
    )


async def test_another_version_is_not_told_the_right_one() -> None:
    """The version in `_check_handshake` of itcook/http1.py."""
    async with connected(hypercorn, greeting) as peer:
        await peer.send(HANDSHAKE.replace(b"Version: 13", b"Version: 8"))
        head = (await peer.head()).lower()
    assert head.startswith(b"http/1.1 400 ")
    assert b"sec-websocket-version" not in head


async def test_any_key_is_accepted() -> None:
    """The key in `_check_handshake` of itcook/http1.py."""
    await accepted(UPGRADE + VERSION + b"Sec-WebSocket-Key: x\r\n\r\n")


async def test_a_refused_handshake_keeps_its_connection() -> None:
    """`HTTP1.handle` of itcook/http1.py."""
    async with connected(hypercorn, greeting) as peer:
        await peer.send(UPGRADE + VERSION + b"\r\n")
        assert (await peer.head()).startswith(b"HTTP/1.1 400 ")
        assert await peer.is_open()


async def test_clear_text_is_switched_to_http_2() -> None:
    """`HTTP1._check_protocol` of itcook/http1.py."""
    upgrade = b"Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
    async with connected(hypercorn, greeting) as peer:
        await peer.send(b"GET / HTTP/1.1\r\nHost: x\r\n" + upgrade)
        assert (await peer.head()).startswith(b"HTTP/1.1 101 ")


async def test_a_broken_frame_is_not_answered() -> None:
    """`Inbound` of transports/inbound.py answers with a close frame, RFC 6455 section 7.1.7; see also
    wsproto's pull request 100."""
    async with connected(hypercorn, greeting) as peer:
        await peer.send(HANDSHAKE)
        await peer.head()
        await peer.send(frame(TEXT, b"{}", masked=False))
        assert await peer.rest() == b""


@pytest.mark.parametrize(
    ("nonsense", "status"), [(b"GET\r\n\r\n", b"400"), (b"GET /" + b"x" * 100_000, b"431")]
)
async def test_what_is_no_request_is_answered_without_a_body(nonsense: bytes, status: bytes) -> None:
    """`HTTP1._send_error_response` of itcook/http1.py."""
    head, _, body = (await answer(hypercorn, greeting, nonsense)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %s " % status)
    assert body == b""


async def test_half_a_head_is_closed_in_silence() -> None:
    """`HTTP1.refuse_late_head` of itcook/http1.py."""
    config = Config()
    config.keep_alive_timeout = 0.1
    assert await answer(hypercorn, greeting, b"GET / HT", config) == b""


async def test_a_list_that_is_not_ascii_drops_the_connection() -> None:
    """The lists in `_is_understood` of itcook/http1.py."""
    async with connected(hypercorn, greeting) as peer:
        await peer.send(HANDSHAKE.replace(KEY, KEY + b"Sec-WebSocket-Protocol: \xff\r\n"))
        done, _ = await asyncio.wait({peer.serving}, timeout=10)
        assert done
        assert peer.serving.exception() is not None


def test_a_length_beside_chunks_is_let_through() -> None:
    """blueprints/framing.py; RFC 9112 section 6.1."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    )
    assert isinstance(connection.next_event(), h11.Request)
    assert isinstance(connection.next_event(), h11.EndOfMessage)
