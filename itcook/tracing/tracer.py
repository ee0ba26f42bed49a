"""Spans as OpenTelemetry has them; the only module that knows it.

Where they go, how many, and under which name is said by the standard variables, `OTEL_*`. What is in them:
names, ids, counts and codes. Neither what people write nor what they prove themselves with, and no address of
a request, which is whatever somebody has typed.
"""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Literal
from uuid import uuid4

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.semconv.attributes.code_attributes import CODE_FUNCTION_NAME
from opentelemetry.semconv.attributes.error_attributes import ERROR_TYPE
from opentelemetry.semconv.attributes.http_attributes import (
    HTTP_REQUEST_METHOD,
    HTTP_RESPONSE_STATUS_CODE,
    HTTP_ROUTE,
)
from opentelemetry.semconv.attributes.service_attributes import SERVICE_NAME, SERVICE_VERSION
from opentelemetry.semconv.attributes.url_attributes import URL_SCHEME
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from itcook import __version__
from itcook.errors import ProblemError

CLOSE_SECONDS = 1.0  # for the last spans to leave; a collector that is away must not hold up a restart
METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})

Kind = Literal["INTERNAL", "PRODUCER", "CONSUMER"]

_ROOT = Context()
_propagator = TraceContextTextMapPropagator()


class RequestSpan:
    """The span of one request, from its arrival until the head of its answer goes out."""

    __slots__ = ("_method", "_span", "trace_id")

    def __init__(self, span: Span, method: str) -> None:
        self._span = span
        self._method = method
        self.trace_id = trace.format_trace_id(span.get_span_context().trace_id)

    def answered(self, route: str | None, status: int | None) -> None:
        """End it. Without a status the client did not wait for one."""
        if route is not None:
            self._span.update_name(f"{self._method} {route}")
            self._span.set_attribute(HTTP_ROUTE, route)
        if status is not None:
            self._span.set_attribute(HTTP_RESPONSE_STATUS_CODE, status)
        if status is not None and status >= 500:
            _fail(self._span, str(status))
        self._span.end()


class Tracer:
    """Makes spans, and hands them to `provider`."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("itcook", __version__)

    @contextmanager
    def request(self, method: str, scheme: str, headers: Mapping[str, str]) -> Iterator[RequestSpan]:
        """The span of a request, which goes on with the trace that its `traceparent` names, if it has one."""
        known, name = (method, method) if method in METHODS else ("_OTHER", "HTTP")  # as the conventions say
        attributes = {HTTP_REQUEST_METHOD: known, URL_SCHEME: scheme}
        span = self._tracer.start_span(name, _propagator.extract(headers, _ROOT), SpanKind.SERVER, attributes)
        with trace.use_span(span, record_exception=False, set_status_on_exception=False):
            yield RequestSpan(span, name)

    @contextmanager
    def transaction(self, function: str) -> Iterator[None]:
        """The span of a transaction, by the name of its function, if it is part of what is traced."""
        if not trace.get_current_span().is_recording():
            yield
            return
        with self._tracer.start_as_current_span(
            _name_of_transaction(function),
            attributes={CODE_FUNCTION_NAME: function},
            record_exception=False,  # its message may quote what somebody wrote
            set_status_on_exception=False,
        ) as span:
            try:
                yield
            except Exception as error:
                if not isinstance(error, ProblemError) or error.status >= 500:
                    _fail(span, type(error).__qualname__)
                raise

    def performs(self, function: str) -> None:
        """The current transaction does the work of this function: its span is named as that one's own."""
        span = trace.get_current_span()
        span.update_name(_name_of_transaction(function))
        span.set_attribute(CODE_FUNCTION_NAME, function)

    def traceparent(self) -> str | None:
        """What goes on with the current trace later, or elsewhere; None if nobody will look at it."""
        span = trace.get_current_span()
        if not span.is_recording() or not span.get_span_context().trace_flags.sampled:
            return None
        carrier: dict[str, str] = {}
        _propagator.inject(carrier)
        return carrier["traceparent"]

    def tell(
        self,
        name: str,
        kind: Kind,
        traceparent: str,
        attributes: Mapping[str, str | int],
        began_at: int,
        ended_at: int,
    ) -> None:
        """A span that is over, under the one that `traceparent` names; times in nanoseconds of the epoch."""
        context = _propagator.extract({"traceparent": traceparent}, _ROOT)
        if not trace.get_current_span(context).get_span_context().is_valid:
            return  # who wrote it was none of ours
        span = self._tracer.start_span(name, context, SpanKind[kind], attributes, start_time=began_at)
        span.end(ended_at)

    async def close(self) -> None:
        """Send what is left, within `CLOSE_SECONDS`."""
        # On a thread that nobody waits for: the exporter may be in the midst of a request.
        loop, closed = asyncio.get_running_loop(), asyncio.Event()

        def shut_down() -> None:
            self._provider.shutdown()
            with suppress(RuntimeError):  # the loop is closed: nobody waited so long
                loop.call_soon_threadsafe(closed.set)

        threading.Thread(target=shut_down, name="last-spans", daemon=True).start()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await closed.wait()


def exporting() -> Tracer:
    """A tracer whose spans go where `OTEL_*` say."""
    own = {SERVICE_NAME: "itcook", SERVICE_VERSION: __version__, "service.instance.id": str(uuid4())}
    resource = Resource.create({**own, **OTELResourceDetector().detect().attributes})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracer(provider)


def _name_of_transaction(function: str) -> str:
    return f"transaction {function.rpartition('.')[2]}"


def _fail(span: Span, error: str) -> None:
    span.set_attribute(ERROR_TYPE, error)
    span.set_status(Status(StatusCode.ERROR))
