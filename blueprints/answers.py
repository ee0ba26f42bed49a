"""Notes every answer of the framework.

Below it, because only there is every answer seen, and when its head goes out: a stream's handler may run for
hours after that, and what nobody foresaw is answered too.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, cast

from quart import Quart, request, websocket
from structlog.contextvars import bound_contextvars

from itcook.answers import LEFT, QUIET, REQUEST_ID, SWITCHED, Answer, Answers
from itcook.tracing import tracer

ENTRY = "itcook.answer"  # in the ASGI scope
UNTRACED = QUIET | {"/api/v1/realtime/sse"}  # streams have metrics; a trace is of one thing that happens

Scope = MutableMapping[str, Any]
Application = Callable[[Any, Any, Any], Awaitable[None]]

_HEADER = REQUEST_ID.lower().encode()


class _Noting:
    """An ASGI application that calls `app` and notes how it answers."""

    def __init__(self, app: Application, answers: Answers) -> None:
        self._app = app
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        answer = scope[ENTRY] = Answer(scope.get("method", "GET"), _given_id(scope["headers"]))

        async def noted(message: MutableMapping[str, Any]) -> None:
            status = _status(message)
            if status is not None and answer.status is None:
                message["headers"] = [*message.get("headers", ()), (_HEADER, answer.id.encode())]
                self._answers.note(answer, status)
            await send(message)

        with bound_contextvars(request_id=answer.id), _traced(scope, answer):
            try:
                await self._app(scope, receive, noted)
            finally:
                if answer.status is None:
                    self._answers.note(answer, LEFT)


def note(app: Quart, answers: Answers) -> None:
    """Have every answer of `app` noted. Call it before anything else looks at requests, as what that refuses
    has a route too.
    """
    app.asgi_app = _Noting(app.asgi_app, answers)  # type: ignore[assignment, method-assign] # as Quart documents

    @app.before_request
    async def note_request() -> None:
        _know_route(request.scope, request.url_rule)

    @app.before_websocket
    async def note_handshake() -> None:
        _know_route(websocket.scope, websocket.url_rule)


@contextmanager
def _traced(scope: Scope, answer: Answer) -> Iterator[None]:
    """Have the request in a span, and its trace in its lines of the log, if it is to be traced."""
    tracing = tracer()
    if tracing is None or scope["type"] != "http" or scope["path"] in UNTRACED:
        yield
        return
    parents = [value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"]
    # Two are as good as none (W3C Trace Context, section 3.2.1).
    headers = {"traceparent": parents[0]} if len(parents) == 1 else {}
    with (
        tracing.request(answer.method, scope["scheme"], headers) as span,
        bound_contextvars(trace_id=span.trace_id),
    ):
        answer.span = span
        yield


def _know_route(scope: Any, rule: Any) -> None:
    if rule is not None:
        cast("Answer", scope[ENTRY]).route = rule.rule


def _status(message: MutableMapping[str, Any]) -> int | None:
    """The status that an ASGI message answers with, if it is the beginning of an answer."""
    match message["type"]:
        case "http.response.start" | "websocket.http.response.start":
            return cast("int", message["status"])
        case "websocket.accept":
            return SWITCHED
    return None


def _given_id(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    return next((value.decode("latin-1") for name, value in headers if name == _HEADER), None)
