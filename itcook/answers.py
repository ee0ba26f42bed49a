"""What is noted of every answer: a line in the log, a count, and the id by which both sides can name it."""

import logging
import re
import secrets
from time import perf_counter
from typing import TYPE_CHECKING

import structlog

from itcook.metrics.requests import Requests

if TYPE_CHECKING:
    from itcook.tracing.tracer import RequestSpan

EXTENSION = "itcook.answers"  # where an application keeps its own
REQUEST_ID = "X-Request-ID"
QUIET = frozenset({"/health/live", "/health/ready", "/metrics"})  # asked every few seconds, by machines
SWITCHED = 101  # a WebSocket, also where HTTP/2 says 200
LEFT = 499  # the client did not wait for an answer; nginx has the number for that

_ID = re.compile(r"[A-Za-z0-9._~+/=-]{1,64}")  # of a client or a proxy; nothing else comes into a log

log = structlog.get_logger(__name__)


class Answer:
    """To one request, from its arrival on: `route` is the pattern of what serves it, once that is known, and
    `span` is its span, if it is traced.
    """

    __slots__ = ("id", "method", "route", "span", "started_at", "status")

    def __init__(self, method: str, given_id: str | None, route: str | None = None) -> None:
        self.id = given_id if given_id and _ID.fullmatch(given_id) else secrets.token_hex(8)
        self.method = method
        self.route = route
        self.status: int | None = None
        self.span: RequestSpan | None = None
        self.started_at = perf_counter()


class Answers:
    """All of this process; unless `logged`, their lines are of level debug."""

    def __init__(self, requests: Requests, *, logged: bool) -> None:
        self._requests = requests
        self._level = logging.INFO if logged else logging.DEBUG

    def note(self, answer: Answer, status: int) -> None:
        """The head of `answer` goes out, with this status."""
        answer.status = status
        seconds = perf_counter() - answer.started_at
        self._requests.answered(answer.route, answer.method, status, seconds)
        if answer.span is not None:
            answer.span.answered(answer.route, None if status == LEFT else status)
        # The route and not the address, which is whatever somebody has typed: a token, it may be.
        log.log(
            logging.DEBUG if answer.route in QUIET and status < 400 else self._level,
            "answered",
            method=answer.method,
            route=answer.route,
            status=status,
            duration_ms=round(seconds * 1000, 1),
        )
