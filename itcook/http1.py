"""HTTP/1.1 on one connection, and the WebSocket it may become: what Hypercorn's protocol leaves undone.

h11 keeps the rules of HTTP and Hypercorn's streams speak with the application. What is added here is small,
and each piece can go when its upstream does it: `tests/test_upstream.py` fails then, and names the piece.

- A handshake is checked as RFC 6455 section 4.2.1 says: the version, the key, HTTP/1.1.
- What cannot be read as HTTP, a head that is too long or does not come in time: answered with a problem.
- A handshake that was refused keeps neither its connection nor a call of the application.
- No permessage-deflate is negotiated (hypercorn #307), which costs 100 KiB a connection and lets a small
  message inflate without bound.
- No clear-text connection is switched to HTTP/2, which RFC 9113 section 3.1 has withdrawn.
"""

import base64
import json
from http import HTTPStatus

import h11
from hypercorn.events import Closed, Event
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.ws_stream import WSStream
from wsproto.frame_protocol import CloseReason
from wsproto.handshake import WEBSOCKET_VERSION

from itcook.errors import (
    HeadTooLargeError,
    InvalidRequestError,
    ProblemError,
    RequestTimeoutError,
    UnsupportedCodingError,
    UpgradeRequiredError,
)

PROBLEM = b"application/problem+json"
KEY_BYTES = 16  # of the nonce in Sec-WebSocket-Key, RFC 6455 section 4.1

_LISTS = {b"connection", b"sec-websocket-protocol"}
# What h11 suggests for what it cannot read, but for 400.
_BY_STATUS: dict[int, ProblemError] = {
    431: HeadTooLargeError("the head of the request is longer than the 16 KiB that are read"),
    501: UnsupportedCodingError("no Transfer-Encoding but chunked is read here, and that once"),
}

Headers = list[tuple[bytes, bytes]]


class HTTP1(H11Protocol):
    """The protocol of one connection, with the interface of Hypercorn's."""

    is_over = False  # the connection was taken over

    async def handle(self, event: Event) -> None:
        await super().handle(event)
        if isinstance(self.stream, WSStream) and self.stream.closed:
            await self._let_go(self.stream)

    async def _let_go(self, stream: WSStream) -> None:
        """End what was refused although the application was called: frames came before its answer.

        Hypercorn would wait for the client to close, and leave the application waiting for ever.
        """
        self.stream = None
        if stream.app_put is not None:
            await stream.app_put({"type": "websocket.disconnect", "code": CloseReason.ABNORMAL_CLOSURE})
        await self.send(Closed())

    async def refuse_late_head(self) -> None:
        """Answer a request of which a part came, and not the rest of its head."""
        if self.connection.our_state is h11.IDLE and self.connection.trailing_data[0]:
            await self._refuse(RequestTimeoutError("the head of the request did not arrive in time"))

    async def _create_stream(self, request: h11.Request) -> None:
        if self.is_over:
            return  # of requests pipelined behind: each would take the connection from the one before
        try:
            _check_handshake(request)
        except ProblemError as problem:
            await self._refuse(problem)
            return
        headers = [(name, value) for name, value in request.headers if _is_understood(name, value)]
        await super()._create_stream(
            h11.Request(
                method=request.method,
                target=request.target,
                headers=headers,
                http_version=request.http_version,
            )
        )

    async def _refuse(self, problem: ProblemError) -> None:
        await self._answer(problem)
        await self.send(Closed())

    async def _send_error_response(self, status_code: int) -> None:
        """Hypercorn would answer what is no HTTP without a body."""
        await self._answer(_BY_STATUS.get(status_code) or InvalidRequestError("this is not HTTP/1.1"))

    async def _answer(self, problem: ProblemError) -> None:
        body = json.dumps(problem.to_problem()).encode()
        headers: Headers = [
            (b"content-type", PROBLEM),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),
        ]
        if problem.status == HTTPStatus.UPGRADE_REQUIRED:
            headers += [(b"sec-websocket-version", WEBSOCKET_VERSION), (b"upgrade", b"websocket")]
        headers += self.config.response_headers("h11")
        await self._send_h11_event(h11.Response(status_code=problem.status, headers=headers))
        await self._send_h11_event(h11.Data(data=body))
        await self._send_h11_event(h11.EndOfMessage())

    async def _check_protocol(self, event: h11.Request) -> None:
        """Hypercorn would switch to clear-text HTTP/2 here, with none of what `itcook.tcp` adds."""


def _check_handshake(request: h11.Request) -> None:
    """Raise what a WebSocket handshake is refused with; a request that is none passes."""
    versions = _values(request, b"sec-websocket-version")
    asked_for = [value.lower() for value in _values(request, b"upgrade")]
    if request.method != b"GET" or not (versions or b"websocket" in asked_for):
        return
    if request.http_version < b"1.1":
        raise InvalidRequestError("a WebSocket is opened with HTTP/1.1 or later")
    if versions != [WEBSOCKET_VERSION]:
        raise UpgradeRequiredError("the version of WebSocket that is spoken here is 13")
    if not _is_key(_values(request, b"sec-websocket-key")):
        raise InvalidRequestError("Sec-WebSocket-Key must be there once: 16 bytes in base64")


def _values(request: h11.Request, name: bytes) -> list[bytes]:
    return [value for field, value in request.headers if field == name]


def _is_key(values: list[bytes]) -> bool:
    if len(values) != 1:
        return False
    try:
        return len(base64.b64decode(values[0], validate=True)) == KEY_BYTES
    except ValueError:
        return False


def _is_understood(name: bytes, value: bytes) -> bool:
    # Hypercorn accepts every permessage-deflate that it is offered, so it is offered none. Over a list that
    # is not ASCII it drops the connection without a word; without that list the request is answered.
    return name != b"sec-websocket-extensions" and (name not in _LISTS or value.isascii())
