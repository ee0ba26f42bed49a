from collections.abc import Sequence

from itcook.stream.broker import Receiver
from itcook.stream.envelope import Envelope
from itcook.stream.signals import Signal
from itcook.stream.stats import Snapshot


class MemoryBroker:
    """The broker of a single process: sending is calling."""

    is_whole = True
    dropped = 0

    def __init__(self) -> None:
        self._receivers: list[Receiver] = []

    async def publish(self, batch: Sequence[Envelope]) -> None:
        for receiver in self._receivers:
            receiver.published(batch)

    def announce(self, envelopes: Sequence[Envelope]) -> None:
        for receiver in self._receivers:
            receiver.announced(envelopes)

    def signal(self, signal: Signal) -> None:
        for receiver in self._receivers:
            receiver.signalled(signal)

    def reaches(self, node_id: str) -> bool:
        return any(receiver.node_id == node_id for receiver in self._receivers)

    def others(self) -> Sequence[Snapshot]:
        return ()  # more than one receiver is for tests: a process has one node

    def subscribe(self, receiver: Receiver) -> None:
        self._receivers.append(receiver)
