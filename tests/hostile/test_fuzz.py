"""Generated input on every way in: no answer of 500 and above, no traceback in the log, nothing left behind.

Short here; `make fuzz` runs it long, with a seed that it prints.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from urllib.parse import quote

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile.inputs import (
    CHANNELS,
    CLIENT_MESSAGES,
    CURSORS,
    EXAMPLES,
    FRAMES,
    HEADERS,
    IDS,
    INPUTS,
    QUERIES,
    RAW,
    RIGHT,
    TEXT,
    encoded,
    spoiled,
)
from tests.hostile.rfc6455 import message
from tests.support.documents import ROOT
from tests.support.figures import report
from tests.support.people import Person
from tests.support.processes import LogLine, Server, started
from tests.support.raw_websocket import TEXT as TEXT_FRAME
from tests.support.raw_websocket import frame, raw_websocket

WATCHED = ROOT / "tests/support/watched_server.py"
SETTINGS = {"access_token_seconds": 86_400}  # the long run is longer than a token lives, and 401 is soon said
PATIENCE_SECONDS = 30
PROBE = b'"ref":"probe"'


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """One whose tasks can be counted."""
    directory = tmp_path_factory.mktemp("watched")
    async with started(Server(directory, SETTINGS, sys.executable, "-P", WATCHED)) as server:
        yield server


@pytest.fixture(scope="module")
async def at_first(server: Server, ada: Person) -> LogLine:
    """What there was when nobody had attacked yet."""
    await ask(server, ada, "GET", "/health/ready")
    return await watched(server)


@pytest.fixture(autouse=True)
def counted(at_first: LogLine) -> None:
    """Everything here is counted."""


async def watched(server: Server) -> LogLine:
    """What there is now."""
    seen = len(server.lines)
    psutil.Process(server.pid).send_signal(signal.SIGUSR1)
    return await server.logged(lambda line: line["event"] == "watched", after=seen)


async def exchange(server: Server, data: bytes) -> bytes:
    """Send bytes and nothing more; what comes back until the server closes."""
    reader, writer = await asyncio.open_connection(*server.address)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            writer.write(data)
            writer.write_eof()
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.transport.abort()


async def ask(
    server: Server,
    person: Person,
    method: str,
    target: str,
    headers: Sequence[tuple[str, str]] = (),
    body: bytes = b"",
) -> int:
    """The status of the answer to a request, which has one."""
    lines = [f"{method} {target} HTTP/1.1", "Host: x", "Connection: close"]
    if not any(name == "Authorization" for name, _ in headers):
        lines.append(f"Authorization: Bearer {person.access_token}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    head = "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogatepass")
    reader, writer = await asyncio.open_connection(*server.address)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            writer.write(head + body)
            answer = await reader.readuntil(b"\r\n\r\n")
    finally:
        writer.transport.abort()
    return check(answer, b"transfer-encoding" in head.lower())


def check(answer: bytes, has_coding: bool) -> int:
    """The status, which is of no defect; RFC 9112 section 6.1 wants 501 for a coding that is not known."""
    status = int(answer[9:12])
    assert status < 500 or (status == 501 and has_coding), answer[:300]
    return status


def in_a_query(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


@EXAMPLES
@given(st.data())
async def test_bodies(server: Server, ada: Person, data: st.DataObject) -> None:
    """A right one with something else in a place, another value, cut JSON, and bytes."""
    (method, path), right = data.draw(st.sampled_from(sorted(RIGHT.items(), key=str)))
    body = data.draw(st.one_of(spoiled(right).flatmap(encoded), st.binary(max_size=200)))
    await ask(server, ada, method, f"/api/v1{path}", body=body)


@EXAMPLES
@given(st.sampled_from(sorted(QUERIES.items())), st.data())
async def test_queries(
    server: Server, ada: Person, route: tuple[str, tuple[str, ...]], data: st.DataObject
) -> None:
    """Known parameters and unknown ones, with anything in them."""
    path, names = route
    pairs = data.draw(st.lists(st.tuples(st.one_of(st.sampled_from(names), TEXT), IDS), max_size=4))
    query = "&".join(f"{in_a_query(name)}={in_a_query(value)}" for name, value in pairs)
    await ask(server, ada, "GET", f"/api/v1{path}?{query}")


VALUES = st.one_of(
    IDS, st.sampled_from(["chunked", "0", "5", "websocket", "100-continue", "Bearer x", "itcook_session=x"])
).filter(lambda value: not set(value) & {"\r", "\n", "\0"})


@EXAMPLES
@given(st.lists(st.tuples(st.sampled_from(HEADERS), VALUES), max_size=5))
async def test_headers(server: Server, ada: Person, headers: list[tuple[str, str]]) -> None:
    """Those that something is read from, with anything in them, once or again."""
    await ask(server, ada, "GET", "/api/v1/auth/me", headers)


@EXAMPLES
@given(CURSORS)
async def test_cursors(server: Server, ada: Person, cursor: str) -> None:
    """In the query of a poll; no cursor makes an error of ours."""
    assert await ask(server, ada, "GET", f"/api/v1/realtime/events?after={in_a_query(cursor)}") in {200, 422}


@EXAMPLES
@given(st.lists(CHANNELS, max_size=5))
async def test_channels(server: Server, ada: Person, names: list[str]) -> None:
    """In the list of a poll, and one of them asked for who is there."""
    await ask(server, ada, "GET", f"/api/v1/realtime/events?channels={in_a_query(','.join(names))}")
    for name in names[:1]:
        await ask(server, ada, "GET", f"/api/v1/realtime/presence?channel={in_a_query(name)}")


@EXAMPLES
@given(st.lists(CLIENT_MESSAGES, min_size=1, max_size=10))
async def test_messages(server: Server, ada: Person, messages: list[str]) -> None:
    """What is wrong gets an `Error`, and the next message its answer."""
    async with raw_websocket(server.address, ada) as raw:
        for text in messages:
            await raw.send(frame(TEXT_FRAME, text.encode("utf-8", "replace")))
        await raw.send(frame(TEXT_FRAME, message("probe")))
        while (received := await raw.receive()) is not None and PROBE not in received.payload:
            pass
        assert received is not None, "the connection goes on"


@EXAMPLES
@given(st.lists(FRAMES, min_size=1, max_size=5))
async def test_frames(server: Server, ada: Person, frames: list[bytes]) -> None:
    """Anything behind a handshake."""
    async with raw_websocket(server.address, ada) as raw:
        await raw.send(b"".join(frames))


@EXAMPLES
@given(RAW)
async def test_bytes(server: Server, data: bytes) -> None:
    """Anything on the port is answered or closed."""
    answer = await exchange(server, data)
    if answer.startswith(b"HTTP/1.1 "):
        check(answer, b"transfer-encoding" in data.lower())
    else:
        assert answer == b""


async def test_nothing_is_left(server: Server, ada: Person, at_first: LogLine) -> None:
    """No traceback, no error in the log; as many tasks and descriptors as at first."""
    bad = [line for line in server.lines if line.get("level") in {"error", "critical"} or "exception" in line]
    assert bad == []
    assert [line for line in server.lines if line["event"] == "not a log line"] == []
    async with asyncio.timeout(PATIENCE_SECONDS):
        now = await watched(server)
        while now["tasks"] > at_first["tasks"] or now["files"] > at_first["files"]:
            now = await watched(server)
    report(f"{INPUTS or 'few'} inputs: {now['tasks']} tasks, {now['files']} files as at first {at_first}")
