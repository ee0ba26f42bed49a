"""The plain way in and the framework's are one to the client.

A head in which a field stands twice goes the framework's way, whatever the field; without it the plain one is
taken, where it can be.
"""

import asyncio
import re

from tests.support.api import Api
from tests.support.people import Person
from tests.support.processes import Server
from tests.support.raw_websocket import handshake

SSE = "/api/v1/realtime/sse"
WEBSOCKET = "/api/v1/realtime/ws"
# What differs from one answer to the next: times, ids, what is left, and how a field's name is written.
VARYING = re.compile(
    r"\r\ndate:.*?(?=\r\n)|[0-9a-f]+-[\w-]{16}|\d\d:\d\d:\d\d\.\d+|;r=\d+|retry: \d+|^[0-9a-f]+(?=\r\n)"
    r"|x-request-id:.*?(?=\r\n)|;t=\d+|\"instance\":\"[^\"]*\"",
    re.MULTILINE,
)


def requests(person: Person, host: str) -> dict[str, bytes]:
    """Handshakes of all kinds, granted and refused."""
    token = person.access_token

    def sse(*lines: str, path: str = SSE) -> bytes:
        return "\r\n".join([f"GET {path} HTTP/1.1", f"Host: {host}", *lines, "", ""]).encode()

    bearer = f"Authorization: Bearer {token}"
    offered = f"Sec-WebSocket-Protocol: itcook.v1, bearer.{token}"
    no_header = f"Authorization: Bearer {token}\r\n".encode()
    return {
        "websocket": handshake(host, token),
        "websocket, offered": handshake(host, token, offered).replace(no_header, b""),
        "websocket, of its own page": handshake(host, token, f"Origin: http://{host}"),
        "websocket, both ways": handshake(host, token, offered),
        "websocket, from elsewhere": handshake(host, token, "Origin: https://elsewhere.example"),
        "websocket, protocol": handshake(host, token, "Sec-WebSocket-Protocol: chat, itcook.v1"),
        "websocket, other protocol": handshake(host, token, "Sec-WebSocket-Protocol: chat"),
        "websocket, deflate": handshake(host, token, "Sec-WebSocket-Extensions: permessage-deflate"),
        "websocket, cursor": handshake(host, token, path=f"{WEBSOCKET}?cursor=made.up&channels=community"),
        "websocket, strange": handshake(host, token, path=f"{WEBSOCKET}?named=true"),
        "websocket, forged": handshake(host, token[:-3] + "xyz"),
        "events": sse(bearer),
        "events, named": sse(bearer, path=f"{SSE}?named=true&channels=community,system"),
        "events, resumed": sse(bearer, "Last-Event-ID: made.up", path=f"{SSE}?cursor=older"),
        "events, strange channel": sse(bearer, path=f"{SSE}?channels=post:1"),
        "events, strange": sse(bearer, path=f"{SSE}?x=1"),
        "events, twice": sse(bearer, path=f"{SSE}?cursor=a&cursor=b"),
        "events, token in address": sse(bearer, path=f"{SSE}?token={token}"),
        "events, unreadable": sse(bearer, path=f"{SSE}?cursor=%ff"),
        "events, made-up ticket": sse(path=f"{SSE}?ticket=made-up"),
        "events, ticket and token": sse(bearer, path=f"{SSE}?ticket=made-up"),
        "events, nobody": sse(),
        "events, Basic": sse("Authorization: Basic YTpi"),
        "events, other cookie": sse(bearer, "Cookie: theme=dark"),
        "events, not a flag": sse(bearer, path=f"{SSE}?named=1"),
    }


async def begun(server: Server, request: bytes) -> tuple[bool, str]:
    """Whether the plain way was taken, which writes names of fields with capitals and the framework does not;
    and the head of the answer, sorted, with what comes first, as far as it does not vary.
    """
    reader, writer = await asyncio.open_connection(*server.address)
    try:
        async with asyncio.timeout(20):
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            status, *fields = head.removesuffix("\r\n\r\n").split("\r\n")
            body = await _first(reader, status, head.lower())
    finally:
        writer.close()
    lines = sorted(_in_lower_case(field) for field in fields)
    return "\r\nDate:" in head, VARYING.sub(
        "", "\r\n".join([status[: len("HTTP/1.1 200")], *lines, "", body])
    )


def _in_lower_case(field: str) -> str:
    name, _, value = field.partition(":")
    return f"{name}:{value}".lower() if name.lower() == "upgrade" else f"{name.lower()}:{value}"


async def _first(reader: asyncio.StreamReader, status: str, head: str) -> str:
    """What comes first after `head`: the frame of `Connected`, the block of it, or the problem."""
    if " 101" in status:
        first = await reader.readexactly(2)
        length = first[1] if first[1] < 126 else int.from_bytes(await reader.readexactly(2))
        return (await reader.readexactly(length)).decode()
    if "content-length" in head:
        match = re.search(r"content-length: (\d+)", head)
        assert match is not None
        return (await reader.readexactly(int(match[1]))).decode()
    return (await reader.readuntil(b"}\n\n\r\n")).decode()


async def test_both_ways_answer_alike(api: Api, server: Server, ada: Person) -> None:
    """Status, fields and first words, of streams that are granted, the plain way but for a query that is not
    UTF-8, and of handshakes that are refused, never that way.
    """
    for name, request in requests(ada, f"127.0.0.1:{server.address[1]}").items():
        twice = request.replace(b"\r\n\r\n", b"\r\nX-Twice: 1\r\nX-Twice: 2\r\n\r\n")
        is_plain, answer = await begun(server, request)
        assert (False, answer) == await begun(server, twice), name
        assert is_plain == ('"type":"Connected"' in answer and name != "events, unreadable"), name
