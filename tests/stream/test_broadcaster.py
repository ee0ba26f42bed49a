"""The broadcaster against the plain definition: everyone in one of the channels, once, in order."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from itcook.stream.broadcaster import Broadcaster
from itcook.stream.envelope import Envelope
from tests.support.stream import run_of, stored


class Reader:
    """Remembers what it gets."""

    def __init__(self) -> None:
        self.got: list[Envelope] = []

    def deliver(self, envelopes: Sequence[Envelope]) -> None:
        self.got += envelopes


CHANNEL_SETS = st.lists(st.sampled_from("abcd"), unique=True, max_size=4)


@given(
    st.lists(st.tuples(CHANNEL_SETS, CHANNEL_SETS), max_size=6),
    st.lists(CHANNEL_SETS.filter(bool), max_size=12),
)
def test_everyone_who_reads_a_channel_once_and_in_order(
    readings: list[tuple[list[str], list[str]]], batch_channels: list[list[str]]
) -> None:
    """Events in several channels, readers of several, some of which they left again."""
    broadcaster = Broadcaster()
    readers = []
    for joined, left in readings:
        reader = Reader()
        broadcaster.subscribe(reader, joined)
        broadcaster.subscribe(reader, joined)  # twice is once
        broadcaster.unsubscribe(reader, left)
        readers.append((reader, set(joined) - set(left)))
    batch = [stored(number, *channels) for number, channels in enumerate(batch_channels, 1)]
    deliveries = broadcaster.publish(batch)
    for reader, channels in readers:
        assert reader.got == [event for event in batch if channels.intersection(event.channels)]
    assert deliveries == sum(len(reader.got) for reader, _ in readers)


def test_a_batch_for_everyone_is_handed_over_as_it_is() -> None:
    """No copy for each of ten thousand readers."""
    seen: list[Sequence[Envelope]] = []

    class Watcher:
        def deliver(self, envelopes: Sequence[Envelope]) -> None:
            seen.append(envelopes)

    broadcaster = Broadcaster()
    broadcaster.subscribe(Watcher(), ["community"])
    broadcaster.subscribe(Watcher(), ["community"])
    batch = run_of(1, 3)
    assert broadcaster.publish(batch) == 6
    assert [view is batch for view in seen] == [True, True]


def test_readers_that_leave_while_being_delivered_to() -> None:
    """Being ended for slowness takes a reader out of the very channel that is walked."""
    broadcaster = Broadcaster()

    class Leaver(Reader):
        def deliver(self, envelopes: Sequence[Envelope]) -> None:
            super().deliver(envelopes)
            broadcaster.unsubscribe(self, ["a", "b"])

    readers = [Leaver(), Reader(), Leaver(), Reader()]
    for reader in readers:
        broadcaster.subscribe(reader, ["a", "b"])
    broadcaster.publish([stored(1, "a"), stored(2, "a", "b")])
    broadcaster.publish([stored(3, "b"), stored(4, "b")])
    assert [[event.position for event in reader.got] for reader in readers] == [[1, 2], [1, 2, 3, 4]] * 2


def test_counts_are_by_kind_and_forget_those_who_left() -> None:
    """Ids would tell who is there; an empty channel takes no memory."""
    broadcaster = Broadcaster()
    first, second = Reader(), Reader()
    broadcaster.subscribe(first, ["community", "post:1", "post:2"])
    broadcaster.subscribe(second, ["community", "post:1"])
    assert broadcaster.counts() == {"community": 2, "post": 3}
    broadcaster.unsubscribe(first, ["community", "post:1", "post:2", "post:3"])
    broadcaster.unsubscribe(second, ["post:1"])
    assert broadcaster.counts() == {"community": 1}
    assert set(broadcaster._readers) == {"community"}


def test_nobody_and_nothing() -> None:
    """An event without readers and a batch without events are no special case."""
    broadcaster = Broadcaster()
    assert broadcaster.publish([stored(1)]) == 0
    assert broadcaster.publish([]) == 0
