"""TLS without a proxy, with HTTP/1.1: both transports, last words, and what is refused."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from tests.support.api import Api
from tests.support.certificates import Certificate, make_certificate
from tests.support.people import Person
from tests.support.processes import Server, refused_start
from tests.support.raw_websocket import BINARY, CLOSE, TEXT, RawWebSocket, frame, handshake
from tests.support.streams import TRANSPORTS, Transport

HEARTBEAT_SECONDS = 0.4
TIMEOUT_SECONDS = 1.2


@pytest.fixture(scope="module")
def server_settings(certificate: Certificate) -> Mapping[str, object]:
    return {
        **certificate.settings,
        "heartbeat_seconds": HEARTBEAT_SECONDS,
        "timeout_seconds": TIMEOUT_SECONDS,
    }


@pytest.fixture(scope="module")
async def api(server: Server, certificate: Certificate) -> AsyncIterator[Api]:
    api = Api(server, tls=certificate)
    yield api
    await api.aclose()


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_both_transports_work_over_tls_with_http_1(
    server: Server, api: Api, grace: Person, transport: Transport
) -> None:
    """An event arrives, for longer than the timeout, and the stream ends politely."""
    assert server.url.startswith("https://")
    async with await api.connect(transport, grace) as stream:
        assert (await stream.next()).type == "Connected"
        for _ in range(5):
            await stream.next_of("Heartbeat")
        post = await api.post(grace, "over TLS")
        assert (await stream.next_of("NewCommunityPost")).data["post_id"] == post["id"]


@pytest.mark.parametrize(
    ("fatal", "code"),
    [
        pytest.param(frame(BINARY, b"x"), 1003, id="ended by the session"),
        pytest.param(frame(TEXT, b"x" * (64 * 1024 + 1)), 1009, id="ended by the protocol"),
    ],
)
async def test_a_websocket_that_still_sends_gets_the_last_words(
    fatal: bytes, code: int, server: Server, certificate: Certificate, grace: Person
) -> None:
    """What comes behind the frame that ended it resets nothing: the close frame arrives, is answered, and the
    connection is closed as TLS does it."""
    tls = certificate.trusting("http/1.1")
    reader, writer = await asyncio.open_connection(*server.address, ssl=tls)
    raw = RawWebSocket(reader, writer, "")
    await raw.send(handshake("x", grace.access_token))
    await reader.readuntil(b"\r\n\r\n")
    await raw.send(fatal + frame(TEXT, b"{}") * 10)
    assert await raw.close_code() == code
    await raw.send(frame(TEXT, b"{}") * 10)
    await raw.send(frame(CLOSE, b"\x03\xeb"))
    async with asyncio.timeout(10):
        assert await reader.read() == b""
    writer.close()


async def test_a_refused_body_that_still_comes_resets_no_answer(
    server: Server, certificate: Certificate, grace: Person
) -> None:
    """Over HTTP/1.1: 413 is read to its end by a client that is in the middle of its 17 MB."""
    tls = certificate.trusting("http/1.1")
    reader, writer = await asyncio.open_connection(*server.address, ssl=tls)
    lines = (
        "POST /api/v1/community/posts HTTP/1.1",
        "Host: x",
        f"Authorization: Bearer {grace.access_token}",
    )
    head = "\r\n".join([*lines, "Content-Type: application/json", f"Content-Length: {17 * 2**20}", "", ""])
    writer.write(head.encode() + b"x" * 2**20)
    answer = await reader.readuntil(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 "), answer
    for _ in range(4):
        writer.write(b"x" * 2**18)
        await writer.drain()
    assert not writer.transport.is_closing()
    writer.transport.abort()


@pytest.mark.parametrize("wrong", ["missing", "other key", "garbage", "half"])
async def test_a_certificate_that_cannot_be_used_stops_the_start(
    tmp_path: Path, certificate: Certificate, wrong: str
) -> None:
    """Exit code 2, and one line that names the settings."""
    other = make_certificate(tmp_path)
    settings = dict(certificate.settings)
    if wrong == "missing":
        settings["tls_key_file"] = "missing.pem"
    elif wrong == "other key":
        settings["tls_key_file"] = other.key_file
    elif wrong == "garbage":
        other.cert_file.write_text("no certificate")
        settings["tls_cert_file"] = other.cert_file
    else:
        del settings["tls_key_file"]
    code, errors = await refused_start(tmp_path, **settings)
    assert (code, errors.count("\n")) == (2, 1)
    assert "ITCOOK_TLS_CERT_FILE and ITCOOK_TLS_KEY_FILE" in errors


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_old_tls_is_not_spoken(server: Server, certificate: Certificate) -> None:
    """1.1 and older are refused in the handshake."""
    context = certificate.trusting()
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection(*server.address, ssl=context)
