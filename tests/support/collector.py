"""A collector of spans that keeps them in memory, and is sent them as any other is: by OTLP over HTTP."""

import gzip
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent

from tests.support.waiting import until

STEPS = ("POST", "transaction", "stamp", "publish", "flush")  # how the spans' names begin
WITHIN_SECONDS = 20  # spans leave in batches, and a busy machine is late


@dataclass(frozen=True)
class Span:
    """One span as it was sent. `parent` is None at a root; times are in nanoseconds since the epoch."""

    name: str
    kind: str
    trace_id: str
    id: str
    parent: str | None
    began_at: int
    ended_at: int
    failed: bool
    attributes: Mapping[str, object]
    resource: Mapping[str, object]


class Collector:
    """What was sent so far; `raw` is all of it, as bytes."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.raw = b""
        self._server: ThreadingHTTPServer

    @contextmanager
    def in_environment(self) -> Iterator[None]:
        """Have servers that are made meanwhile send their spans here, and soon, if they trace."""
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{self._server.server_port}")
            patched.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")  # milliseconds
            patched.setenv("NO_PROXY", "127.0.0.1")
            yield

    async def trace(self, trace_id: str, is_whole: Callable[[Sequence[Span]], bool]) -> list[Span]:
        """The spans of a trace in the order of their beginnings, once they are all there."""
        try:
            await until(lambda: is_whole(self._of(trace_id)), WITHIN_SECONDS)
        except TimeoutError:
            raise AssertionError(f"of {trace_id} there is only {self._of(trace_id)}") from None
        return self._of(trace_id)

    def _of(self, trace_id: str) -> list[Span]:
        found = [span for span in list(self.spans) if span.trace_id == trace_id]
        return sorted(found, key=lambda span: span.began_at)

    @contextmanager
    def _serving(self) -> Iterator[None]:
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.take(gzip.decompress(body) if self.headers["Content-Encoding"] else body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=self._server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def take(self, body: bytes) -> None:
        """Keep the spans of one request."""
        self.raw += body
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            resource = _values(group.resource.attributes)
            for scope in group.scope_spans:
                self.spans += [_span(sent, resource) for sent in scope.spans]


@contextmanager
def collector() -> Iterator[Collector]:
    """One that listens."""
    collecting = Collector()
    with collecting._serving():
        yield collecting


def incoming(*, sampled: bool = True) -> tuple[str, Mapping[str, str]]:
    """The id of a trace that begins with a client, and the header that has a server go on with it."""
    trace_id = secrets.token_hex(16)
    return trace_id, {"traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-{sampled:02d}"}


def in_steps(spans: Sequence[Span]) -> list[Span]:
    """The spans of a post as one leads to the other. They may have begun in another order: a stamp begins
    with the wait for its turn, maybe before the transaction whose event it finds then.
    """
    return sorted(spans, key=lambda span: STEPS.index(span.name.partition(" ")[0]))


def _span(sent: Sent, resource: Mapping[str, object]) -> Span:
    return Span(
        name=sent.name,
        kind=Sent.SpanKind.Name(sent.kind).removeprefix("SPAN_KIND_"),
        trace_id=sent.trace_id.hex(),
        id=sent.span_id.hex(),
        parent=sent.parent_span_id.hex() or None,
        began_at=sent.start_time_unix_nano,
        ended_at=sent.end_time_unix_nano,
        failed=sent.status.code == 2,
        attributes=_values(sent.attributes),
        resource=resource,
    )


def _values(pairs: Sequence[KeyValue]) -> Mapping[str, object]:
    return {pair.key: getattr(pair.value, str(pair.value.WhichOneof("value"))) for pair in pairs}
