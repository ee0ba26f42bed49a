"""What is answered below the application: what is no HTTP, and handshakes that are none."""

import json

import pytest
from hypercorn.config import Config

from tests.support.connections import answer, connected, greeting, ours
from tests.support.survival import survives

KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
VERSION = b"Sec-WebSocket-Version: 13\r\n"
UPGRADE = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
HANDSHAKE = UPGRADE + VERSION + KEY + b"\r\n"


def problem(answered: bytes) -> tuple[int, str, bytes]:
    """Status and code of a problem that ends its connection, and its head."""
    head, _, body = answered.partition(b"\r\n\r\n")
    assert b"\r\ncontent-type: application/problem+json" in head.lower()
    assert b"\r\nconnection: close" in head.lower()
    document = json.loads(body)
    assert head.startswith(b"HTTP/1.1 %d " % document["status"])
    return document["status"], document["code"], head.lower()


@pytest.mark.parametrize(
    "lines",
    [
        b"Sec-WebSocket-Version: 12\r\n",
        b"Sec-WebSocket-Version: 8, 13\r\n",
        VERSION + b"Sec-WebSocket-Version: 8\r\n",
        b"",
    ],
)
@survives("handshake: another version")
async def test_another_version_is_told_the_right_one(lines: bytes) -> None:
    """426 with `Sec-WebSocket-Version: 13`, RFC 6455 section 4.4."""
    status, code, head = problem(await answer(ours, greeting, UPGRADE + lines + KEY + b"\r\n"))
    assert (status, code) == (426, "upgrade_required")
    assert b"\r\nsec-websocket-version: 13" in head
    assert b"\r\nupgrade: websocket" in head


@pytest.mark.parametrize(
    "lines",
    [
        b"",
        b"Sec-WebSocket-Key:\r\n",
        b"Sec-WebSocket-Key: x\r\n",
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ\r\n",
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ===\r\n",
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZXg=\r\n",
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ!==\r\n",
        KEY + KEY,
    ],
    ids=["none", "empty", "no base64", "no padding", "15 bytes", "17 bytes", "another alphabet", "two"],
)
@survives("handshake: a bad key")
async def test_a_key_is_sixteen_bytes(lines: bytes) -> None:
    """400 for every other one, RFC 6455 section 4.2.1."""
    status, code, _ = problem(await answer(ours, greeting, UPGRADE + VERSION + lines + b"\r\n"))
    assert (status, code) == (400, "invalid_request")


async def test_a_handshake_is_of_http_1_1() -> None:
    """HTTP/1.0 has no upgrade: 400."""
    old = HANDSHAKE.replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    assert problem(await answer(ours, greeting, old))[0] == 400


async def test_a_right_handshake_is_accepted() -> None:
    """With the key's proof, RFC 6455 section 1.3, and without compression."""
    async with connected(ours, greeting) as peer:
        await peer.send(HANDSHAKE.replace(KEY, KEY + b"Sec-WebSocket-Extensions: permessage-deflate\r\n"))
        head = (await peer.head()).lower()
    assert head.startswith(b"http/1.1 101 ")
    assert b"s3pplmbitxaq9kygzzhzrbk+xoo=" in head
    assert b"sec-websocket-extensions" not in head


async def test_other_requests_may_say_upgrade() -> None:
    """An upgrade to something else is not taken up; the request is answered as it is."""
    for line in (
        b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nConnection: Upgrade\r\n",
        b"Upgrade: TLS/1.3\r\n",
    ):
        request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + line + b"\r\n"
        assert (await answer(ours, greeting, request)).startswith(b"HTTP/1.1 204 ")


async def test_frames_before_the_handshake_is_answered_are_none() -> None:
    """400, and the connection ends also if the client leaves it open, RFC 6455 section 4.1."""
    async with connected(ours, greeting) as peer:
        await peer.send(HANDSHAKE + b"\x81\x80\0\0\0\0")
        assert (await peer.rest()).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("request_bytes", "status", "code"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400, "invalid_request"),
        (b"GET\r\n\r\n", 400, "invalid_request"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "invalid_request"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400, "invalid_request"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX : y\r\n\r\n", 400, "invalid_request"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 2\r\n\r\n", 400, "invalid_request"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 100_000, 431, "head_too_large"),
        (b"GET /" + b"x" * 100_000, 431, "head_too_large"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501, "unsupported_coding"),
    ],
    ids=["TLS", "no version", "no Host", "two Hosts", "a space", "lengths", "a header", "an address", "gzip"],
)
@survives("rest: no request at all")
async def test_what_is_no_request_is_a_problem(request_bytes: bytes, status: int, code: str) -> None:
    """With the same members as any other, and the connection ends."""
    assert problem(await answer(ours, greeting, request_bytes))[:2] == (status, code)


def impatient() -> Config:
    config = Config()
    config.keep_alive_timeout = 0.1
    return config


@survives("rest: a slow head")
async def test_half_a_head_is_not_waited_for() -> None:
    """408 after the time for it, also on a connection that was used before."""
    assert problem(await answer(ours, greeting, b"GET / HTTP/1.1\r\nHo", impatient()))[:2] == (
        408,
        "request_timeout",
    )
    async with connected(ours, greeting, impatient()) as peer:
        await peer.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await peer.head()).startswith(b"HTTP/1.1 204 ")
        await peer.send(b"GET / HT")
        assert problem(await peer.rest())[0] == 408


async def test_a_connection_without_a_request_ends_in_silence() -> None:
    """A browser opens connections it may never use: nothing is answered that nobody asked."""
    assert await answer(ours, greeting, b"", impatient()) == b""
