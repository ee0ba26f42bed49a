"""The outbox: events written by the transaction of their cause, to the stream and to inboxes alike."""

from collections.abc import Callable
from functools import partial
from weakref import WeakKeyDictionary

from itcook.database import Transaction
from itcook.events import DurableEvent
from itcook.identifiers import new_id
from itcook.stream.addressing import Recorded, address
from itcook.stream.envelope import encode_body
from itcook.tracing import tracer

_listeners: list[Callable[[], None]] = []
_recorded: WeakKeyDictionary[Transaction, list[Recorded]] = WeakKeyDictionary()


def record(transaction: Transaction, event: DurableEvent, *channels: str) -> None:
    """Have `event` happen with `transaction`, for whoever reads one of `channels`.

    The first channel is the one that clients see it addressed to. The rows are written just before the
    commit: by then the transaction holds the locks of the rows it changed, so of two transactions that
    changed the same row the later one also has the later event. Who is addressed, and so has the event
    in their inbox, is told by `itcook.stream.addressing`.
    """
    assert channels, "an event without a channel would reach nobody"
    if transaction not in _recorded:
        _recorded[transaction] = []
        transaction.before_commit(partial(_write, transaction))
        transaction.after_commit(_committed)
    _recorded[transaction].append(Recorded(event, channels))


def on_commit(listener: Callable[[], None]) -> Callable[[], None]:
    """Have `listener` called after each commit that recorded events; the result ends that."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


async def _write(transaction: Transaction) -> None:
    """Write all events of the transaction at once: a scan of many kitchens records hundreds."""
    tracing = tracer()
    traceparent = None if tracing is None else tracing.traceparent()
    entries: list[tuple[object, ...]] = []
    items: list[tuple[object, ...]] = []
    for delivery in await address(transaction, _recorded[transaction]):
        if delivery.channels:
            body = encode_body(delivery.event, delivery.channels, transaction.now)
            entries.append((" ".join(delivery.channels), body, transaction.now, traceparent))
            kind = type(delivery.event).__name__
            items += [(new_id(), user_id, kind, body, transaction.now) for user_id in delivery.inboxes]
    inserts = transaction.inserts
    inserts.add_rows("stream_entries", ("channels", "body", "created_at", "traceparent"), entries)
    inserts.add_rows("inbox_items", ("id", "user_id", "type", "body", "created_at"), items)


def _committed() -> None:
    for listener in _listeners:
        listener()
