"""What is told of events that belong to a trace, each under the span of the transaction that recorded it.

    stamp     the relay gave it its position, with the rest of its batch
    publish   the relay handed it to the broker
    flush     a node handed it to all of its clients that read one of its channels

A stamp begins when the relay sets about its batch, so the wait for its turn is in it: for the stream's head,
which another node's relay may hold, or for SQLite's one writer. What was committed while it waited is in the
batch, so a stamp may have begun before the transaction.

Of events without a `traceparent` nothing is told.
"""

from collections import Counter
from collections.abc import Iterable, Sequence, Sized
from time import time_ns
from typing import TYPE_CHECKING

from itcook.stream.envelope import Batch, Envelope
from itcook.tracing import tracer

if TYPE_CHECKING:
    from itcook.tracing.tracer import Kind


def relayed(batch: Sequence[Envelope], began_at: int, stamped_at: int) -> None:
    """The relay began with `batch`, had stamped it, and has just published it; times as of `time_ns`."""
    published_at = time_ns()
    for envelope in _traced(batch):
        _tell("stamp", "INTERNAL", envelope, {}, began_at, stamped_at)
        _tell("publish", "PRODUCER", envelope, {}, stamped_at, published_at)


class Flushes:
    """Of one node. Its events come in batches; each batch goes to readers in shares, which may take several
    turns of the loop. A batch is known by when it was published.
    """

    def __init__(self, node_id: str) -> None:
        self._node_id = node_id
        self._flushes: dict[float, _Flush] = {}

    def began(self, batch: Sequence[Envelope], published_at: float, began_at: int, deliveries: int) -> None:
        """`batch` is on its way to so many readers, each counted once for each event."""
        if any(_traced(batch)):
            self._flushes[published_at] = flush = _Flush(batch, began_at, deliveries)
            self._end_if_over(published_at, flush)

    def delivered(self, batch: Batch, readers: Sized, published_at: float) -> None:
        """These readers have what was published then; call it after `began`."""
        flush = self._flushes.get(published_at)
        if flush is not None:
            flush.pending -= len(readers) * len(batch.envelopes)
            for envelope in batch.envelopes:
                flush.delivered[envelope.position] += len(readers)
            self._end_if_over(published_at, flush)

    def _end_if_over(self, published_at: float, flush: "_Flush") -> None:
        if flush.pending > 0:
            return
        del self._flushes[published_at]
        ended_at = time_ns()
        for envelope in _traced(flush.batch):
            attributes: dict[str, str | int] = {
                "itcook.node.id": self._node_id,
                "itcook.deliveries": flush.delivered[envelope.position],
            }
            _tell("flush", "CONSUMER", envelope, attributes, flush.began_at, ended_at)


class _Flush:
    """A batch, and how many deliveries of it are to come, and were, by position."""

    __slots__ = ("batch", "began_at", "delivered", "pending")

    def __init__(self, batch: Sequence[Envelope], began_at: int, pending: int) -> None:
        self.batch = batch
        self.began_at = began_at
        self.pending = pending
        self.delivered: Counter[int] = Counter()


def _traced(batch: Iterable[Envelope]) -> Iterable[Envelope]:
    return (envelope for envelope in batch if envelope.traceparent is not None)


def _tell(
    operation: str,
    kind: "Kind",
    envelope: Envelope,
    attributes: dict[str, str | int],
    began_at: int,
    ended_at: int,
) -> None:
    telling = tracer()
    if telling is None or envelope.traceparent is None:
        return
    known: dict[str, str | int] = {
        "messaging.system": "itcook",
        "messaging.operation.name": operation,
        "messaging.message.id": str(envelope.cursor),
        "itcook.event.type": envelope.type,
    }
    name = f"{operation} {envelope.type}"
    telling.tell(name, kind, envelope.traceparent, {**known, **attributes}, began_at, ended_at)
