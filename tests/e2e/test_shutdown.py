"""SIGTERM with a full house."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.support.api import CONNECTIONS_PER_PERSON, Api
from tests.support.figures import report
from tests.support.people import Person
from tests.support.processes import Server, running
from tests.support.streams import TRANSPORTS, Received, Stream

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
