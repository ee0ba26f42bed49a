"""A trace from a request to the clients' connections, as a collector is sent it by a real server."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.api import Api
from tests.support.collector import Collector, Span, collector, in_steps, incoming
from tests.support.documents import code, codes, table
from tests.support.people import Person
from tests.support.processes import Server, refused_start, running, started
from tests.support.streams import TRANSPORTS

WHOLE = 5  # spans: request, transaction, stamp, publish, flush


@pytest.fixture(scope="module")
def collecting() -> Iterator[Collector]:
    """Where servers send their spans."""
    with collector() as collecting:
        yield collecting


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory, collecting: Collector) -> AsyncIterator[Server]:
    with collecting.in_environment():
        server = Server(tmp_path_factory.mktemp("traced"), {"tracing": "on"})
    async with started(server):
        yield server


async def traced_post(api: Api, person: Person, headers: Mapping[str, str], content: str = "Borscht!") -> str:
    """The id of a post that was made within a trace."""
    body = {"content": content, "post_type": "general"}
    answer = await api.request("POST", "/community/posts", person, json=body, headers=headers)
    assert answer.status_code == 201
    return str(answer.json()["id"])


@pytest.fixture(scope="module")
async def trace(api: Api, collecting: Collector, ada: Person, grace: Person) -> list[Span]:
    """The spans of one post that four clients saw, two over each transport."""
    streams = [await api.connect(transport, who) for transport in TRANSPORTS for who in (ada, grace)]
    for stream in streams:
        await stream.next_of("Connected")
    trace_id, headers = incoming()
    await traced_post(api, ada, headers)
    for stream in streams:
        await stream.next_of("NewCommunityPost")
    try:
        return in_steps(await collecting.trace(trace_id, lambda spans: len(spans) >= WHOLE))
    finally:
        for stream in streams:
            await stream.close()


async def test_a_post_is_one_trace_from_the_request_to_the_flush(trace: list[Span]) -> None:
    """What happens to the event after the commit belongs to the transaction that recorded it."""
    request, transaction, *after = trace
    assert [(span.name, span.kind) for span in trace] == [
        ("POST /api/v1/community/posts", "SERVER"),
        ("transaction create_post", "INTERNAL"),
        ("stamp NewCommunityPost", "INTERNAL"),
        ("publish NewCommunityPost", "PRODUCER"),
        ("flush NewCommunityPost", "CONSUMER"),
    ]
    assert transaction.parent == request.id
    assert {span.parent for span in after} == {transaction.id}
    for span in trace:
        assert span.began_at <= span.ended_at
        assert not span.failed
    assert transaction.ended_at <= request.ended_at


async def test_the_request_goes_on_with_the_client_s_trace(
    api: Api, collecting: Collector, grace: Person
) -> None:
    """Its parent is the span that the header names; without a header it is a root."""
    trace_id, headers = incoming()
    assert (await api.request("GET", "/community/nothing", grace, headers=headers)).status_code == 404
    (span,) = await collecting.trace(trace_id, lambda spans: len(spans) == 1)
    assert span.parent == headers["traceparent"].split("-")[2]
    assert (span.name, span.failed) == ("GET", False)
    assert span.attributes["http.response.status_code"] == 404


async def test_spans_have_the_usual_names(trace: list[Span], server: Server) -> None:
    """Attributes as the semantic conventions have them; one flush for all four clients."""
    request, transaction, *_, flush = trace
    assert request.attributes == {
        "http.request.method": "POST",
        "http.route": "/api/v1/community/posts",
        "http.response.status_code": 201,
        "url.scheme": "http",
    }
    assert transaction.attributes == {"code.function.name": "itcook.community.posts.create_post"}
    assert flush.attributes["messaging.operation.name"] == "flush"
    assert flush.attributes["itcook.deliveries"] == 4
    assert flush.attributes["itcook.node.id"] == next(
        line["node_id"] for line in server.lines if line["event"] == "serving"
    )
    assert request.resource["service.name"] == "itcook"
    assert {span.resource["service.instance.id"] for span in trace} == {
        request.resource["service.instance.id"]
    }


async def test_with_a_key_the_use_case_is_named_as_without(
    api: Api, collecting: Collector, ada: Person
) -> None:
    """A transaction that performs it once is called after it; one that finds it performed is not."""
    seen: list[tuple[str, object]] = []
    key = secrets.token_hex(8)
    for _ in range(2):
        trace_id, headers = incoming()
        await traced_post(api, ada, {**headers, "Idempotency-Key": key})
        whole = await collecting.trace(trace_id, lambda spans: len(spans) == (2 if seen else WHOLE))
        transaction = in_steps(whole)[1]
        seen.append((transaction.name, transaction.attributes["code.function.name"]))
    assert seen == [
        ("transaction create_post", "itcook.community.posts.create_post"),
        ("transaction perform_once", "itcook.idempotency.perform_once"),
    ]


async def test_the_table_of_spans_is_the_spans(trace: list[Span]) -> None:
    """Names, kinds and attributes, but for what only a failure has."""
    usual: set[str] = set()
    for row, span in zip(table("docs/OPERATIONS.md", "spans"), trace, strict=True):
        name, kind, attributes = code(row[0]), code(row[1]), set(codes(row[3]))
        usual = usual | attributes if "the same" in row[3] else attributes
        assert (name, kind, usual - {"error.type"}) == (span.name, span.kind, set(span.attributes))


async def test_the_log_names_the_trace(api: Api, ada: Person, server: Server) -> None:
    """In the line of the answer, and in no line of what is not traced."""
    trace_id, headers = incoming()
    await traced_post(api, ada, headers)
    line = await server.logged(lambda line: line.get("trace_id") == trace_id)
    assert (line["event"], line["status"]) == ("answered", 201)
    assert "trace_id" not in next(line for line in server.lines if line["event"] == "serving")


async def test_what_somebody_else_does_not_sample_is_not_sent(
    api: Api, collecting: Collector, ada: Person
) -> None:
    """Neither the request nor what comes of it; what is sampled after it comes whole."""
    unsampled, headers = incoming(sampled=False)
    await traced_post(api, ada, headers)
    sampled, headers = incoming()
    await traced_post(api, ada, headers)
    await collecting.trace(sampled, lambda spans: len(spans) == WHOLE)
    assert unsampled not in {span.trace_id for span in collecting.spans}


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "00-0-0-01",
        f"00-{'0' * 32}-{'0' * 16}-01",
        f"00-{'c' * 32}-{'0' * 16}-01",
        "x" * 5000,
        f"ff-{'a' * 32}-{'b' * 16}-01",
    ],
    ids=["empty", "short", "zeros", "no parent", "long", "of no version"],
)
async def test_a_broken_traceparent_is_none(
    api: Api, collecting: Collector, ada: Person, server: Server, broken: str
) -> None:
    """The request is answered, and begins a trace of its own, which goes on to the flush."""
    request_id = secrets.token_hex(8)
    await traced_post(api, ada, {"traceparent": broken, "X-Request-ID": request_id})
    line = await server.logged(
        lambda line: (line.get("request_id"), line["event"]) == (request_id, "answered")
    )
    assert line["trace_id"] not in broken
    request, *_ = in_steps(await collecting.trace(line["trace_id"], lambda spans: len(spans) == WHOLE))
    assert request.parent is None


async def test_no_secret_and_nothing_that_was_written_is_in_a_span(
    api: Api, collecting: Collector, ada: Person
) -> None:
    """Whatever came over the wire: tokens in heads, tickets in addresses, names and posts in bodies."""
    said, ticket_like = f"a secret recipe {secrets.token_hex(8)}", f"TICKET{secrets.token_hex(16)}"
    trace_id, headers = incoming()
    await traced_post(api, ada, headers, said)
    await api.request("GET", f"/community/{ticket_like}?ticket={ticket_like}", ada, headers=headers)
    await api.request(ticket_like, "/community/posts", ada, headers=headers)
    spans = await collecting.trace(trace_id, lambda spans: len(spans) == WHOLE + 2)
    assert "_OTHER" in {span.attributes.get("http.request.method") for span in spans}
    for secret in (said, ticket_like, ada.access_token, "Lovelace"):
        assert secret.encode() not in collecting.raw


async def test_a_collector_that_hangs_does_not_hold_up_a_stop(tmp_path: Path) -> None:
    """It takes the connection and answers nothing; the server still ends long before it would give up."""
    asked = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        asked.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as hanging:
        with pytest.MonkeyPatch.context() as patched:
            port = hanging.sockets[0].getsockname()[1]
            patched.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
            patched.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "3600")
            patched.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
            server = Server(tmp_path, {"tracing": "on"})
        async with started(server):
            api = Api(server)
            await api.register("Ada Byron")
            await api.aclose()
            await asked.wait()
            server.terminate()
            assert await server.ended() == 0


@pytest.fixture
def not_installed(tmp_path: Path) -> Iterator[None]:
    """What tracing needs is not there, for processes that are started now."""
    (tmp_path / "opentelemetry.py").write_text("raise ModuleNotFoundError('opentelemetry')\n")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONPATH", str(tmp_path))
        yield


@pytest.mark.usefixtures("not_installed")
async def test_a_server_that_does_not_trace_needs_nothing_of_it(tmp_path: Path) -> None:
    """It serves, and streams, as ever."""
    async with running(tmp_path) as server:
        api = Api(server)
        ada = await api.register("Ada Byron")
        async with await api.connect("websocket", ada) as stream:
            await stream.next_of("Connected")
            await api.post(ada, "Borscht!")
            await stream.next_of("NewCommunityPost")
        await api.aclose()


@pytest.mark.usefixtures("not_installed")
async def test_tracing_without_what_it_needs_stops_the_start(tmp_path: Path) -> None:
    """With one line that names the setting and what to install."""
    exit_code, errors = await refused_start(tmp_path, tracing="on")
    assert exit_code == 2
    assert "ITCOOK_TRACING: needs more than the server does: pip install" in errors
    assert "requirements-tracing.txt" in errors
