"""How connections end, on every sink and both transports: as the table of ends says, to the letter."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import TypeVar

from websockets.exceptions import ConnectionClosed

from tests.contract.test_errors import expiring
from tests.support.api import CONNECTIONS_PER_PERSON, Api
from tests.support.contract import PROTOCOL, covers
from tests.support.documents import code as in_backticks
from tests.support.documents import table
from tests.support.http2 import http2_client
from tests.support.people import PASSWORD, Person
from tests.support.processes import Server
from tests.support.raw_websocket import open_connection, raw_websocket
from tests.support.sinks import HTTP2Api, Sink
from tests.support.streams import TRANSPORTS, SSEStream, Stream, Transport
from tests.support.survival import survives

T = TypeVar("T")

LARGE = "🍲" * 5_000  # 20 kB of JSON
MAX_POSTS = 600


async def login(api: Api, person: Person) -> Person:
    """The same person, by a login of its own."""
    body = {"email": person.email, "password": PASSWORD}
    answer = await api.done("POST", "/auth/login", None, json=body)
    return replace(person, access_token=answer["access_token"])


async def ended(stream: Stream) -> Mapping[str, object]:
    """What `Disconnecting` says, when the stream has ended in the way of its transport."""
    seen, code = await stream.end()
    last = seen[-1]
    assert last.type == "Disconnecting"
    assert last.json.keys() == {"type", "timestamp", "data"}
    assert code == (last.data["code"] if stream.transport == "websocket" else None)
    return last.data


def documented(number: int, reason: str | None = None) -> Mapping[str, object]:
    """The row of the table."""
    (row,) = [
        row
        for row in table(PROTOCOL, "ends")
        if row[0] == str(number) and reason in (None, in_backticks(row[1]))
    ]
    return {
        "code": int(row[0]),
        "reason": in_backticks(row[1]),
        "reconnect": row[2] == "yes",
        "retry_after_ms": int(row[3]),
    }


@covers("ends: 4400")
async def test_too_many_invalid_messages(api: Api, grace: Person, transport: Transport) -> None:
    """The first twenty are answered."""
    async with await api.connect(transport, grace) as stream:
        await stream.next()
        for _ in range(20):
            await (stream.post("nonsense") if isinstance(stream, SSEStream) else stream.say("nonsense"))
        assert await ended(stream) == documented(4400)


@covers("ends: 4429")
async def test_too_many_messages(
    api: Api, server: Server, sink: Sink, grace: Person, transport: Transport
) -> None:
    """Sixty at once, and twenty a second, are not too many."""
    before = len(server.lines)
    async with await api.connect(transport, grace) as stream:
        await stream.next()
        if isinstance(stream, SSEStream):
            while 429 not in {answer.status_code for answer in await flood(stream.post)}:
                pass
        elif sink == "hypercorn":  # which resets it: the client may not see the last words
            with contextlib.suppress(ConnectionClosed):
                await flood(stream.say)
            await server.logged(lambda line: line.get("code") == 4429, after=before)
            return
        else:
            await flood(stream.say)
        assert await ended(stream) == documented(4429)


async def flood(say: Callable[[object], Awaitable[T]]) -> list[T]:
    """Far more heartbeats than are allowed."""
    return await asyncio.gather(*[say({"type": "Heartbeat"}) for _ in range(150)])


@covers("ends: 4403 login session revoked")
async def test_a_logout(api: Api, grace: Person, transport: Transport) -> None:
    """The connections of that login end, and no other."""
    person = await login(api, grace)
    async with await api.connect(transport, person) as stream, await api.connect(transport, grace) as other:
        await stream.next()
        await other.next()
        await api.done("POST", "/auth/logout", person)
        assert await ended(stream) == documented(4403, "login session revoked")
        post = await api.post(grace, "still here")
        assert (await other.next()).data["post_id"] == post["id"]


@covers("ends: 4409")
async def test_too_many_connections(api: Api, transport: Transport) -> None:
    """The newest takes the place of the oldest."""
    person = await api.register("Many " + transport.capitalize())
    async with AsyncExitStack() as stack:
        streams = []
        for _ in range(CONNECTIONS_PER_PERSON + 1):
            streams.append(await stack.enter_async_context(await api.connect(transport, person)))
            await streams[-1].next()
        assert await ended(streams[0]) == documented(4409)
        post = await api.post(person, "still here")
        assert (await streams[1].next()).data["post_id"] == post["id"]


@covers("ends: 1003", on="websocket")
async def test_a_binary_message(api: Api, grace: Person) -> None:
    """Is not read."""
    async with await api.connect("websocket", grace) as stream:
        await stream.next()
        await stream.say(b'{"type":"Heartbeat"}')
        assert await ended(stream) == documented(1003)


@covers("ends: 4403 ended by an administrator")
async def test_an_administrator(api: Api, server: Server, grace: Person, transport: Transport) -> None:
    """Ends the one connection; its login goes on."""
    admin = await api.register("Alan " + transport.capitalize())
    server.change("UPDATE users SET role = 'admin' WHERE email = ?", admin.email)
    async with await api.connect(transport, grace) as stream:
        connection_id = (await stream.next()).data["connection_id"]
        await api.done("DELETE", f"/admin/connections/{connection_id}", admin)
        assert await ended(stream) == documented(4403, "ended by an administrator")
    await api.done("GET", "/auth/me", grace)


@survives("sse: a token that expires")
@covers("ends: 4401", "control: Disconnecting")
async def test_a_token_that_expires(api: Api, grace: Person, transport: Transport) -> None:
    """At its `exp`, which `Connected` has announced."""
    person = replace(grace, access_token=expiring(grace, 2))
    async with await api.connect(transport, person) as stream:
        connected = await stream.next()
        assert await ended(stream) == documented(4401)
        assert (await api.request("GET", "/auth/me", person)).json()["code"] == "token_expired"
        assert connected.data["expires_at"] > connected.json["timestamp"]


@survives("sse: a slow reader")
@covers("ends: 4008", "backpressure: bound", "backpressure: others", on=TRANSPORTS)
async def test_one_that_does_not_read(api: Api, server: Server, ada: Person, grace: Person) -> None:
    """Ends when 1 MiB waits for it, on either transport, while others get every event; and what it has not
    seen is there when it comes back."""
    start = (await api.done("GET", "/realtime/events", grace))["cursor"]
    before = len(server.lines)
    posted: list[str] = []
    async with await api.connect("websocket", ada) as other, not_reading(api, server, grace):
        await other.next()
        while len(too_slow(server, before)) < len(TRANSPORTS):
            assert len(posted) < MAX_POSTS, "they are still there"
            posted.append((await api.post(ada, LARGE))["id"])
            assert (await other.next_of("NewCommunityPost")).data["post_id"] == posted[-1]
    assert too_slow(server, before) == {*TRANSPORTS}
    await api.published(grace, start, min(len(posted), 100))
    async with await api.connect("sse", grace, cursor=start) as stream:
        assert (await stream.next()).data["replayed"] == len(posted)
        assert [(await stream.next_of("NewCommunityPost")).data["post_id"] for _ in posted] == posted


def too_slow(server: Server, after: int) -> set[object]:
    """The transports of those who were ended for it."""
    return {line["transport"] for line in server.lines[after:] if line.get("code") == 4008}


@asynccontextmanager
async def not_reading(api: Api, server: Server, person: Person) -> AsyncIterator[None]:
    """A client on each transport that reads the first bytes and no more, and has little room for others."""
    if isinstance(api, HTTP2Api):
        async with http2_client(
            server.address, api.certificate.trusting("h2"), reads=False, window=4096
        ) as client:
            await client.websocket(person)
            await client.status(client.request("GET", "/api/v1/realtime/sse", person))
            yield
        return
    async with raw_websocket(server.address, person, receive_buffer=4096):
        request = (
            f"GET /api/v1/realtime/sse HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {person.access_token}"
        )
        reader, writer = await open_connection(server.address, receive_buffer=4096)
        writer.write(f"{request}\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        try:
            yield
        finally:
            writer.transport.abort()
