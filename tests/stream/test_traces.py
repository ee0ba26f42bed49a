"""What is told of traced events, to a real tracer that keeps its spans."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from time import time_ns
from typing import cast

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from itcook import tracing
from itcook.stream.broadcaster import FAIR_SHARE, Broadcaster, Subscriber
from itcook.stream.cursor import Cursor
from itcook.stream.envelope import Batch, Envelope, durable
from itcook.stream.traces import Flushes, relayed
from itcook.tracing.tracer import Tracer

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


class Reader:
    """Someone who reads, and keeps nothing."""

    transport = "websocket"

    def deliver(self, batch: Batch) -> None:
        """It has it."""

    offer = deliver


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """The spans that are over, while this process traces."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_tracer", Tracer(provider))
    yield exporter
    provider.shutdown()


class Stage:
    """A broadcaster with so many readers of `community`, whose turns of the loop are taken by hand."""

    def __init__(self, readers: int) -> None:
        self._turns: deque[Callable[[], object]] = deque()
        self._flushes = Flushes("a1")
        self._broadcaster = Broadcaster(self._turns.append, self._delivered)
        for _ in range(readers):
            self._broadcaster.subscribe(cast("Subscriber", Reader()), ["community"])

    def publish(self, *batch: Envelope, at: float = 1.0) -> None:
        began_at = time_ns()
        self._flushes.began(batch, at, began_at, self._broadcaster.publish(batch, at))

    def turn(self) -> None:
        """Make the calls that were put off until the next turn."""
        for _ in range(len(self._turns)):
            self._turns.popleft()()

    def _delivered(self, batch: Batch, readers: Sequence[Subscriber], at: float) -> None:
        self._turns.append(lambda: self._flushes.delivered(batch, readers, at))


def event(position: int, traceparent: str | None = TRACEPARENT, channel: str = "community") -> Envelope:
    return durable(Cursor("e", position), (channel,), '"type":"NewCommunityPost","data":{}}', traceparent)


def deliveries(spans: Sequence[ReadableSpan]) -> list[tuple[object, object]]:
    """Which event went to how many."""
    told = [span.attributes or {} for span in spans]
    return [(one["messaging.message.id"], one["itcook.deliveries"]) for one in told]


def test_very_many_readers_are_one_flush(exported: InMemorySpanExporter) -> None:
    """It is over when the last share of them has the event, and not before."""
    readers = 2 * FAIR_SHARE + 1
    stage = Stage(readers)
    stage.publish(event(1))
    for _ in range(3):
        assert exported.get_finished_spans() == ()
        stage.turn()
    (flush,) = exported.get_finished_spans()
    assert deliveries([flush]) == [("e.1", readers)]
    assert flush.parent is not None
    assert (f"{flush.parent.trace_id:032x}", f"{flush.parent.span_id:016x}") == (TRACE, PARENT)


def test_each_event_of_a_batch_has_a_flush_if_it_is_traced(exported: InMemorySpanExporter) -> None:
    """Whoever reads it or not; the others have none."""
    stage = Stage(3)
    stage.publish(event(1), event(2, None), event(3, channel="system"))
    stage.turn()
    assert deliveries(exported.get_finished_spans()) == [("e.1", 3), ("e.3", 0)]


def test_two_batches_on_their_way_are_two_flushes(exported: InMemorySpanExporter) -> None:
    """The second is published before all readers have the first."""
    stage = Stage(FAIR_SHARE + 1)
    stage.publish(event(1), at=1.0)
    stage.publish(event(2), at=2.0)
    for _ in range(5):
        stage.turn()
    assert deliveries(exported.get_finished_spans()) == [
        ("e.1", FAIR_SHARE + 1),
        ("e.2", FAIR_SHARE + 1),
    ]


def test_an_event_that_nobody_here_reads_is_flushed_at_once(exported: InMemorySpanExporter) -> None:
    """Its trace says that it came to this node."""
    Stage(0).publish(event(1))
    assert deliveries(exported.get_finished_spans()) == [("e.1", 0)]


@pytest.mark.parametrize("broken", ["", "rubbish", f"00-{'0' * 32}-{PARENT}-01", f"ff-{TRACE}-{PARENT}-01"])
def test_a_parent_that_is_none_makes_no_span(exported: InMemorySpanExporter, broken: str) -> None:
    """Redis may bring anything; a span of it would be a trace of its own, without beginning."""
    relayed([event(1, broken)], 1, 2)
    assert exported.get_finished_spans() == ()


def test_a_relayed_event_was_stamped_and_then_published(exported: InMemorySpanExporter) -> None:
    """One after the other, without a pause between them."""
    relayed([event(1)], 10, 20)
    stamp, publish = exported.get_finished_spans()
    assert (stamp.name, stamp.start_time, stamp.end_time) == ("stamp NewCommunityPost", 10, 20)
    assert (publish.name, publish.start_time) == ("publish NewCommunityPost", 20)


def test_without_a_tracer_nothing_is_told() -> None:
    """Of an event that another node has traced."""
    relayed([event(1)], 1, 2)
    Stage(1).publish(event(1))
