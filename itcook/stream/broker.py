"""The broker: carries what one node has to say to all nodes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from itcook.stream.envelope import Envelope
from itcook.stream.signals import Signal
from itcook.stream.stats import Snapshot


@dataclass(frozen=True, slots=True)
class Receiver:
    """What a broker calls at a node, on the loop's thread. None of it waits.

    `published` gets durable events, `announced` ephemeral ones, `signalled` a signal; `behind` hears up to
    which position the table has durable events. `head` is the position up to which the node has all of them,
    and `snapshot` what the node says of itself to the others.
    """

    node_id: str
    published: Callable[[Sequence[Envelope]], None]
    announced: Callable[[Sequence[Envelope]], None]
    signalled: Callable[[Signal], None]
    behind: Callable[[int], None]
    head: Callable[[], int]
    snapshot: Callable[[], Snapshot]


class Broker(Protocol):
    """A fast path to every node, the sender included, that promises little.

    Durable events may come late, twice, out of order or never: every node puts that right by the positions,
    from the table. Ephemeral events and signals come at most once, those of one sender in their order:
    an ephemeral event that is lost is not missed, and what a lost signal said is found by the audit.

    The sender's own node has what was announced or signalled before the call returns, and not again when
    the broker brings it back: a person who was sent away and came again would be sent away twice. So a
    logout ends connections here also while the broker cannot be reached.

    What it must not do is block: nobody waits for a receiver. `announce` and `signal` never raise.
    """

    @property
    def is_whole(self) -> bool:
        """Whether what other nodes publish arrives here now; while it does not, look into the table often."""

    async def publish(self, batch: Sequence[Envelope]) -> None:
        """Send durable events, in the order of their positions."""

    def announce(self, envelopes: Sequence[Envelope]) -> None:
        """Send ephemeral events."""

    def signal(self, signal: Signal) -> None:
        """Send a signal."""

    def reaches(self, node_id: str) -> bool:
        """Whether there may be a node with this id; False is certain.

        Raises `UnavailableError` while other nodes cannot be reached.
        """

    def others(self) -> Sequence[Snapshot]:
        """What the other nodes said of themselves in the last seconds."""

    @property
    def dropped(self) -> int:
        """How many messages to other nodes were never sent."""

    def subscribe(self, receiver: Receiver) -> None:
        """Have `receiver` called with what arrives at this node."""
