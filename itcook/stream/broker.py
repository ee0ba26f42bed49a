from collections.abc import Callable, Sequence
from typing import Protocol

from itcook.stream.envelope import Envelope

Receive = Callable[[Sequence[Envelope]], None]


class Broker(Protocol):
    """Carries relayed events from the node that stamped them to every node, itself included.

    It is a fast path and promises little: a batch may come late, twice, out of order or never. Every
    node puts that right by the positions, from the table. What it must not do is block: `publish` comes
    back without waiting for receivers.
    """

    async def publish(self, batch: Sequence[Envelope]) -> None:
        """Send durable events, in the order of their positions, to every receiver."""

    def subscribe(self, receive: Receive) -> None:
        """Have `receive` called, on the loop's thread, with each batch that arrives at this node."""
