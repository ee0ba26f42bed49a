"""The outbox: events written by the transaction of their cause."""

from collections.abc import Callable

from itcook.database import Transaction
from itcook.events import DurableEvent
from itcook.models import StreamEntry
from itcook.stream.envelope import encode_body

_listeners: list[Callable[[], None]] = []


def record(transaction: Transaction, event: DurableEvent, *channels: str) -> None:
    """Have `event` happen with `transaction`, for whoever reads one of `channels`.

    The first channel is the one that clients see it addressed to. The row is written just before the
    commit: by then the transaction holds the locks of the rows it changed, so of two transactions that
    changed the same row the later one also has the later event.
    """
    assert channels, "an event without a channel would reach nobody"

    async def write() -> None:
        await StreamEntry.create(
            using_db=transaction.connection,
            channels=" ".join(channels),
            body=encode_body(event, channels, transaction.now),
            created_at=transaction.now,
        )

    transaction.before_commit(write)
    transaction.after_commit(_committed)


def on_commit(listener: Callable[[], None]) -> Callable[[], None]:
    """Have `listener` called after each commit that recorded events; the result ends that."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def _committed() -> None:
    for listener in _listeners:
        listener()
