"""One connection to the stream, over either transport: its events as text, until it ends."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal
from urllib.parse import urlencode

import httpx
from httpx_sse import EventSource, SSEError
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from itcook.commands.api import API, USER_AGENT, Api, RefusedError, UnreachableError, explain

OPEN_SECONDS = 20.0  # for a handshake; a busy server may take some
CLOSE_SECONDS = 1.0  # for a server to answer a close frame

Transport = Literal["ws", "sse"]
Texts = AsyncIterator[str]


class EndedError(Exception):
    """The connection has ended, as the message says."""


@asynccontextmanager
async def open_stream(
    api: Api, transport: Transport, token: str, parameters: dict[str, str]
) -> AsyncIterator[Texts]:
    """Connect, and give what comes, the JSON of an event at a time; `parameters` are those of the query.

    Raises `RefusedError` and `UnreachableError`; going on with the texts, `EndedError`.
    """
    address = f"{api.url}{API}/realtime/{transport}" + (f"?{urlencode(parameters)}" if parameters else "")
    opened = _websocket if transport == "ws" else _sse
    async with opened(api, address, {"Authorization": f"Bearer {token}"}) as texts:
        yield texts


@asynccontextmanager
async def _websocket(api: Api, address: str, headers: dict[str, str]) -> AsyncIterator[Texts]:
    connecting = connect(
        address.replace("http", "ws", 1),
        ssl=api.tls,
        additional_headers=headers,
        user_agent_header=USER_AGENT,
        proxy=True if api.uses_proxies else None,
        compression=None,
        open_timeout=OPEN_SECONDS,
        close_timeout=CLOSE_SECONDS,
        ping_interval=None,  # the server's own heartbeats are waited for
        max_size=None,
    )
    try:
        connection = await connecting
    except InvalidStatus as error:
        answer = error.response
        raise RefusedError.of(answer.status_code, answer.headers, _json(answer.body)) from None
    except (OSError, WebSocketException) as error:  # TimeoutError is an OSError
        raise UnreachableError(explain(api.url, error)) from None
    try:
        yield _messages(connection)
    finally:
        await connection.close()


async def _messages(connection: Any) -> Texts:
    try:
        while True:
            yield await connection.recv(decode=True)
    except ConnectionClosed as closed:
        close = closed.rcvd
        raise EndedError(f"closed with {close.code} {close.reason}" if close else "cut") from None


@asynccontextmanager
async def _sse(api: Api, address: str, headers: dict[str, str]) -> AsyncIterator[Texts]:
    patience = httpx.Timeout(OPEN_SECONDS, read=None)  # heartbeats are waited for, by whoever reads
    request = api.http.build_request("GET", address, headers=headers, timeout=patience)
    try:
        response = await api.http.send(request, stream=True)
    except httpx.HTTPError as error:
        raise UnreachableError(explain(api.url, error)) from None
    try:
        if not response.is_success:
            raise RefusedError.of(response.status_code, response.headers, _json(await response.aread()))
        yield _events(response)
    finally:
        await response.aclose()


async def _events(response: httpx.Response) -> Texts:
    try:
        async for event in EventSource(response).aiter_sse():
            if event.data:  # `retry:` alone is no event
                yield event.data
    except (httpx.HTTPError, SSEError) as error:
        raise EndedError(f"cut: {str(error) or type(error).__name__}") from None
    raise EndedError("ended")


def _json(body: bytes | bytearray | None) -> Any:
    try:
        return json.loads(body or b"")
    except ValueError:
        return None
