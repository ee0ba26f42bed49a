"""Replays: what many miss alike is one batch, and its bytes are made once."""

from itcook.stream.envelope import Batch
from itcook.stream.history import History
from itcook.stream.replay import SHARED, Replay
from itcook.stream.session import Liveness, Session
from tests.support.stream import EPOCH, NOON, FakeSink, FakeTable, run_of, someone


class Keeping(FakeSink):
    """Keeps the batches as they came."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[Batch] = []

    def write(self, batch: Batch) -> None:
        super().write(batch)
        self.batches.append(batch)


def joining(number: int, channel: str, after: int) -> tuple[Session, Keeping]:
    """A session that reads one channel after a position, and is past its `Connected`."""
    sink = Keeping()
    session = Session(
        str(number),
        someone(number),
        "sse",
        sink,
        Liveness(10, 30),
        now=0,
        lease=1000,
        clock=lambda: NOON,
        on_end=lambda session: None,
    )
    session._early = None
    session.reading.add(channel, (channel,))
    session.reading.follow(after)
    session.position = after
    return session, sink


async def test_who_misses_the_same_shares_it() -> None:
    """Also when they read different channels, as long as the same events are on them."""
    history = History(EPOCH, 0, FakeTable().read)
    replay = Replay(history)
    history.extend([*run_of(1, 3, "community", "post:1"), *run_of(4, 5, "post:1")])
    batches = []
    clients = [(1, "community", 0), (2, "community", 0), (3, "post:1", 0), (4, "post:1", 3)]
    for number, channel, after in clients:
        session, sink = joining(number, channel, after)
        await replay.send(session, history.recent(after) or ())
        batches += sink.batches
    assert [[event.position for event in batch.envelopes] for batch in batches] == [
        [1, 2, 3],
        [1, 2, 3],
        [1, 2, 3, 4, 5],
        [4, 5],
    ]
    assert batches[0] is batches[1]


async def test_what_nobody_missed_lately_is_forgotten() -> None:
    """A bound on the memory: the parts that were sent last stay."""
    history = History(EPOCH, 0, FakeTable().read)
    replay = Replay(history)
    history.extend(run_of(1, SHARED + 2))
    for after in [0, *range(1, SHARED + 1), 0]:
        session, _ = joining(after, "community", after)
        await replay.go_live(session)
        assert session.live
    assert len(replay._batches) == SHARED
    first, sink = joining(1, "community", 0)
    await replay.go_live(first)
    again, other = joining(2, "community", 0)
    await replay.go_live(again)
    assert sink.batches == other.batches
