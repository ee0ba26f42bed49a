"""A full server refuses in good order, and is there for everybody else."""

import asyncio
import json
import resource
from collections.abc import Mapping
from contextlib import AsyncExitStack

import httpx
import psutil
import pytest
from websockets.exceptions import InvalidStatus

from tests.support.api import Api
from tests.support.people import Person
from tests.support.processes import Server
from tests.support.raw_websocket import exchange
from tests.support.streams import TRANSPORTS, Stream, Transport
from tests.support.survival import survives
from tests.support.waiting import until

CONNECTIONS = 3


@pytest.fixture(scope="module")
def server_settings() -> Mapping[str, object]:
    return {"connections": CONNECTIONS}


async def refusal(api: Api, transport: Transport, person: Person) -> tuple[int, str, str]:
    """Status, code and Retry-After of a handshake that must be refused."""
    if transport == "sse":
        with pytest.raises(httpx.HTTPStatusError) as failed:
            await api.connect("sse", person)
        response = failed.value.response
        return response.status_code, response.json()["code"], response.headers["Retry-After"]
    with pytest.raises(InvalidStatus) as refused:
        await api.connect("websocket", person)
    answer = refused.value.response
    return answer.status_code, json.loads(answer.body or b"")["code"], answer.headers["Retry-After"]


async def connected(api: Api, transport: Transport, person: Person) -> Stream:
    """A stream, as soon as there is room for it."""
    async with asyncio.timeout(20):
        while True:
            try:
                stream = await api.connect(transport, person)
            except (httpx.HTTPStatusError, InvalidStatus):
                await asyncio.sleep(0.01)
                continue
            await stream.next_of("Connected")
            return stream


@survives("handshake: one connection too many")
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_past_the_limit_handshakes_are_refused(api: Api, ada: Person, transport: Transport) -> None:
    """503 before the upgrade with a time to come back; REST goes on, and who leaves makes room."""
    async with AsyncExitStack() as streams:
        opened = [await connected(api, "websocket", ada) for _ in range(CONNECTIONS)]
        for stream in opened:
            await streams.enter_async_context(stream)
        status, code, retry_after = await refusal(api, transport, ada)
        assert (status, code) == (503, "overloaded")
        assert 2 <= int(retry_after) <= 10
        assert (await api.request("GET", "/auth/me", ada)).status_code == 200
        await opened[0].cut()
        await streams.enter_async_context(await connected(api, transport, ada))


async def test_half_a_request_is_not_waited_for(server: Server) -> None:
    """Whoever sends no whole head within some seconds is closed, also if something still comes."""
    reader, writer = await asyncio.open_connection(*server.address)

    async def dribble() -> None:
        while True:
            writer.write(b"X-More: x\r\n")
            await asyncio.sleep(0.2)

    writer.write(b"GET /health/live HTTP/1.1\r\n")
    dribbling = asyncio.create_task(dribble())
    try:
        async with asyncio.timeout(20):
            assert b"200 OK" not in await reader.read()
    except ConnectionError:
        pass
    finally:
        dribbling.cancel()
        writer.close()


@survives("process: no file descriptors left")
async def test_it_recovers_when_it_was_out_of_files(server: Server, api: Api, ada: Person) -> None:
    """Connections that cannot be accepted take nothing down: streams live on, and when files are free again
    so do requests. The log does not fill.
    """
    process = psutil.Process(server.pid)
    before = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    seen = len(server.lines)
    stream = await connected(api, "websocket", ada)
    allowed = process.num_fds() + 10
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (allowed, before[1]))
    try:
        flood = [await asyncio.open_connection(*server.address) for _ in range(40)]
        await until(lambda: process.num_fds() >= allowed - 1)
        for _, writer in flood:
            writer.close()
        await stream.next_of("Heartbeat")
    finally:
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, before)
    request = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert (await exchange(server.address, request)).startswith("HTTP/1.1 200")
    await stream.close()
    assert len([line for line in server.lines[seen:] if line.get("level") != "info"]) < 50
