"""SIGTERM with a full house."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.api import CONNECTIONS_PER_PERSON, Api
from tests.support.contract import STREAMS, covers
from tests.support.figures import report
from tests.support.interpreters import installed, server_under
from tests.support.people import Person
from tests.support.processes import Server, running, started
from tests.support.raw_websocket import raw_websocket
from tests.support.streams import TRANSPORTS, Received, Stream
from tests.support.survival import survives
from tests.support.waiting import until

CLIENTS = 200


async def _connect_all(api: Api, people: list[Person]) -> list[Stream]:
    transports = TRANSPORTS * (CONNECTIONS_PER_PERSON // len(TRANSPORTS))
    streams = await asyncio.gather(
        *[api.connect(transport, person) for person in people for transport in transports]
    )
    for stream in streams:
        assert (await stream.next()).type == "Connected"
    return streams


async def _begin_post(
    server: Server, person: Person
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes]:
    """A request of which half has been sent, and the other half."""
    body = json.dumps({"content": "in flight"}).encode()
    reader, writer = await asyncio.open_connection(*server.address)
    head = (
        f"POST /api/v1/community/posts HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        f"Authorization: Bearer {person.access_token}\r\nContent-Type: application/json\r\n\r\n"
    )
    writer.write(head.encode() + body[:5])
    await writer.drain()
    return reader, writer, body[5:]


@survives("process: SIGTERM")
@covers("ends: 1012", on=STREAMS)
@pytest.mark.slow
async def test_sigterm_sends_everybody_away_and_answers_what_is_in_flight(tmp_path: Path) -> None:
    """Each of 200 clients hears `Disconnecting` 1012 with a time to come back, spread over the drain; every
    WebSocket is closed with 1012 and every SSE body ends cleanly; a request in flight is answered; the exit
    code is 0 within ten seconds."""
    async with running(tmp_path) as server:
        api = Api(server)
        people = await api.register_many(CLIENTS // CONNECTIONS_PER_PERSON)
        streams = await _connect_all(api, people)
        reader, writer, rest = await _begin_post(server, people[0])
        now = asyncio.get_running_loop().time
        began = now()
        server.terminate()
        await server.logged(lambda line: line["event"] == "draining")
        writer.write(rest)
        answer = await reader.read()
        ends = await asyncio.gather(*[stream.end() for stream in streams])
        writer.close()
        assert await server.ended(within=10) == 0
        took = now() - began
        await asyncio.gather(*[stream.close() for stream in streams])
        await api.aclose()

    assert answer.startswith(b"HTTP/1.1 201 ")
    for stream, (seen, code) in zip(streams, ends, strict=True):
        assert code == (1012 if stream.transport == "websocket" else None)
        assert (seen[-1].type, seen[-1].data["code"], seen[-1].data["reconnect"]) == (
            "Disconnecting",
            1012,
            True,
        )
    _check_spread([seen[-1] for seen, _ in ends])
    report(f"{CLIENTS} clients sent away in {took:.2f} s")


def _check_spread(goodbyes: list[Received]) -> None:
    waits = sorted(event.data["retry_after_ms"] for event in goodbyes)
    assert waits[0] >= 200
    assert waits[-1] <= 200 + 8_000
    assert len(set(waits)) > CLIENTS // 2
    assert waits[CLIENTS // 4] < 4_000 < waits[-CLIENTS // 4]


@asynccontextmanager
async def _keep_alive(server: Server) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection on which one request was answered, and another may follow."""
    reader, writer = await asyncio.open_connection(*server.address)
    try:
        assert await _ask(reader, writer, "/health/ready") == 200
        yield reader, writer
    finally:
        writer.transport.abort()


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> int:
    """The status of an answer; its body is read, too."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = next(line for line in head.split("\r\n") if line.startswith("content-length:"))
    await reader.readexactly(int(length.split(":")[1]))
    return int(head.split()[1])


@survives("process: SIGTERM")
@pytest.mark.parametrize("version", [None, *installed()])
async def test_a_drain_keeps_its_promises_under_every_python(tmp_path: Path, version: str | None) -> None:
    """While a client that was told 1012 does not leave: nobody new is taken in, a load balancer that asks on
    its connection hears 503, and an idle connection is closed in the end. The process is gone within ten
    seconds, with exit code 0 and without complaint."""
    async with started(Server(tmp_path, {}, server_under(version), "serve")) as server:
        api = Api(server)
        ada = await api.register("Ada Lovelace")
        sse = await api.connect("sse", ada)
        assert (await sse.next()).type == "Connected"
        async with (
            raw_websocket(server.address, ada) as stays,
            _keep_alive(server) as balancer,
            _keep_alive(server) as (idle, _),
        ):
            server.terminate()
            seen, _ = await sse.end()
            assert seen[-1].data["code"] == 1012
            assert await stays.close_code() == 1012
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(*server.address)
            assert await _ask(*balancer, "/health/ready") == 503
            assert await server.ended(within=10) == 0
            assert await idle.read() == b""
        await api.aclose()
    assert [line for line in server.lines if line["level"] not in {"info", "debug"}] == []


async def test_a_request_on_its_way_is_answered(tmp_path: Path) -> None:
    """Of a client that had connected when SIGTERM came, and had not asked yet."""
    async with running(tmp_path) as server, _keep_alive(server) as balancer:
        reader, writer = await asyncio.open_connection(*server.address)
        async with _keep_alive(server):  # who comes later was accepted, so the other was, too
            server.terminate()
            await server.logged(lambda line: line["event"] == "draining")
            assert await balancer[0].read() == b"", "idle connections are closed by now"
            assert await _ask(reader, writer, "/health/live") == 200
        assert await reader.read() == b""
        writer.close()
        assert await server.ended(within=10) == 0


async def test_sigint_drains_too(tmp_path: Path) -> None:
    """Ctrl-C in a terminal is no other way to stop: 1012, and exit code 0."""
    async with running(tmp_path) as server:
        api = Api(server)
        async with await api.connect("websocket", await api.register("Ada Lovelace")) as stream:
            await stream.next_of("Connected")
            server.interrupt()
            _, code = await stream.end()
            assert code == 1012
            assert await server.ended(within=10) == 0
        await api.aclose()


async def test_sigterm_while_it_starts_stops_it(tmp_path: Path) -> None:
    """As soon as it holds the database: it ends in good order, and the next start finds everything right."""
    server = Server(tmp_path, {})
    await server.launch()
    await until((tmp_path / "itcook.sqlite3.lock").exists, within=30)
    server.terminate()
    assert await server.ended(within=30) == 0
    async with running(tmp_path) as again:
        assert again.url


async def test_a_second_sigterm_does_not_wait(tmp_path: Path) -> None:
    """A request that never ends would hold the drain up; the second signal ends it at once."""
    async with running(tmp_path) as server:
        api = Api(server)
        person = await api.register("Ada Lovelace")
        await api.aclose()
        _, writer, _ = await _begin_post(server, person)
        server.terminate()
        await server.logged(lambda line: line["event"] == "draining")
        server.terminate()
        assert await server.ended(within=1) == 0
        writer.transport.abort()
