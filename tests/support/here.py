"""The connections of one process, with made-up sinks and a history in memory."""

from itcook.messages import Subscribe
from itcook.stream.broadcaster import Broadcaster
from itcook.stream.connections import Connections
from itcook.stream.envelope import Envelope
from itcook.stream.history import History
from itcook.stream.session import Liveness, Session
from tests.support.stream import EPOCH, NODE, NOON, FakeSink, FakeTable, someone, verifying


class Here:
    """A node without a database: `publish` is what its follower would do."""

    def __init__(self) -> None:
        self.table = FakeTable()
        self.history = History(EPOCH, 0, self.table.read)
        self.broadcaster = Broadcaster()
        liveness = Liveness(heartbeat=10, timeout=30)
        self.connections = Connections(
            NODE, self.history, self.broadcaster, liveness, lambda: NOON, verifying()
        )

    def publish(self, *batch: Envelope) -> None:
        self.history.extend(batch)
        self.broadcaster.publish(batch)

    def open(self, sink: FakeSink | None = None, number: int = 1) -> tuple[Session, FakeSink]:
        sink = sink or FakeSink()
        return self.connections.open(someone(number), "websocket", sink), sink

    async def join(
        self, *names: str, after: str | None = None, sink: FakeSink | None = None, number: int = 1
    ) -> tuple[Session, FakeSink]:
        session, sink = self.open(sink, number)
        await self.connections.join(session, names, after)
        return session, sink


def subscribe(*names: str, ref: str | None = None) -> Subscribe:
    return Subscribe(type="Subscribe", channels=list(names), ref=ref)
