"""Streams under what people write, how they leave."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
import pytest
from quart import Quart

from itcook.app import create_app
from itcook.auth.passwords import Passwords
from itcook.settings import Settings
from tests.support.api import Api
from tests.support.people import Person
from tests.support.raw_websocket import handshake
from tests.support.servers import serving
from tests.support.streams import TRANSPORTS
from tests.support.survival import survives
from tests.support.waiting import until

ABORTS = 1_000
AT_ONCE = 50

BREAKS = "a\rb\nc\r\nd\u2028e\u2029f\u0085g\x0bh\x0ci data: id: 7\n\nevent: x\n: comment\ufeff"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """As many streams at once as are aborted at once: none makes room for another."""
    return settings.model_copy(update={"connections_per_user": AT_ONCE + 1})


@pytest.fixture
def quart(settings: Settings, passwords: Passwords) -> Quart:
    return create_app(settings, passwords)


@pytest.fixture
async def port(quart: Quart, settings: Settings) -> AsyncIterator[int]:
    """A server in this process, whose tasks can be counted."""
    async with serving(quart, settings) as port:
        yield port


@asynccontextmanager
async def api_of(port: int) -> AsyncIterator[Api]:
    api = Api(url=f"http://127.0.0.1:{port}")
    try:
        yield api
    finally:
        await api.aclose()


@survives("sse: line breaks and NUL in text")
async def test_text_with_every_line_break_is_one_event(api: Api, ada: Person, grace: Person) -> None:
    """On both transports and in a replay: the same bytes, and the text as it was written. NUL is 400."""
    async with (
        await api.connect("sse", grace) as sse,
        await api.connect("websocket", grace) as websocket,
    ):
        start = (await sse.next()).data["cursor"]
        await websocket.next()
        post = await api.post(ada, BREAKS)
        live = [await stream.next_of("NewCommunityPost") for stream in (sse, websocket)]
    assert post["content"] == BREAKS
    for transport in TRANSPORTS:
        async with await api.connect(transport, grace, cursor=start) as stream:
            live.append(await stream.next_of("NewCommunityPost"))
    assert {event.text for event in live} == {live[0].text}
    assert live[0].data["content"] == BREAKS
    answer = await api.request("POST", "/community/posts", ada, json={"content": "a\0b"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")


def left(process: psutil.Process) -> tuple[int, int]:
    """Tasks and descriptors."""
    return len(asyncio.all_tasks()), process.num_fds()


@survives("sse: a thousand aborts")
async def test_a_thousand_streams_that_are_aborted_leave_nothing(quart: Quart, port: int) -> None:
    """On both transports, before the answer, after its head and after the first event: no task, no session
    and no descriptor."""
    async with api_of(port) as api:
        ada = await api.register("Ada Lovelace")
        await (await api.connect("sse", ada)).cut()
    connections = quart.extensions["itcook"].stream.connections
    await until(lambda: not len(connections))
    process = psutil.Process()
    before = left(process)
    for start in range(0, ABORTS, AT_ONCE):
        await asyncio.gather(*[abort(port, ada, number) for number in range(start, start + AT_ONCE)])
        await until(lambda: not len(connections))
    await until(lambda: not len(connections) and left(process) <= before)


async def abort(port: int, person: Person, number: int) -> None:
    """Open a stream and be gone, in one of several ways."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = (
        f"GET /api/v1/realtime/sse HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {person.access_token}\r\n\r\n"
    )
    writer.write(head.encode() if number % 2 else handshake("x", person.access_token))
    if number % 3:
        await reader.readuntil(b"\r\n\r\n")
    if number % 3 == 2:
        await reader.readuntil(b'"Connected"')
    if number % 5 == 0:
        writer.write_eof()
        await reader.read()
    writer.transport.abort()
