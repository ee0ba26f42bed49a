from collections.abc import Sequence

from itcook.stream.broker import Receive
from itcook.stream.envelope import Envelope


class MemoryBroker:
    """The broker of a single process: publishing is calling."""

    def __init__(self) -> None:
        self._receivers: list[Receive] = []

    async def publish(self, batch: Sequence[Envelope]) -> None:
        for receive in self._receivers:
            receive(batch)

    def subscribe(self, receive: Receive) -> None:
        self._receivers.append(receive)
