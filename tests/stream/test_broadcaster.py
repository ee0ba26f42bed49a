"""The broadcaster against the plain definition: everyone in one of the channels, once, in order."""

from collections.abc import Callable
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from itcook.events import Typing
from itcook.stream.broadcaster import FAIR_SHARE, Broadcaster
from itcook.stream.envelope import Batch, Envelope, ephemeral
from tests.support.stream import NOON, SOMEONE, run_of, stored


class Reader:
    """Remembers what it gets, and what it is offered."""

    transport = "websocket"

    def __init__(self, user_id: UUID = SOMEONE) -> None:
        self.user_id = user_id
        self.got: list[Envelope] = []
        self.offered: list[Envelope] = []

    def deliver(self, batch: Batch) -> None:
        self.got += batch.envelopes

    def offer(self, batch: Batch) -> None:
        self.offered += batch.envelopes


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
        assert set(broadcaster.subscribe(reader, joined)) == set(joined)
        assert broadcaster.subscribe(reader, joined) == []  # twice is once
        assert set(broadcaster.unsubscribe(reader, left)) == set(joined) & set(left)
        assert broadcaster.unsubscribe(reader, left) == []
        readers.append((reader, set(joined) - set(left)))
    batch = [stored(number, *channels) for number, channels in enumerate(batch_channels, 1)]
    deliveries = broadcaster.publish(batch)
    for reader, channels in readers:
        assert reader.got == [event for event in batch if channels.intersection(event.channels)]
    assert deliveries == sum(len(reader.got) for reader, _ in readers)


def test_who_gets_the_same_shares_it() -> None:
    """The bytes of ten thousand readers are made once for each different view, and not for each of them."""
    seen: list[Batch] = []

    class Watcher(Reader):
        def deliver(self, batch: Batch) -> None:
            seen.append(batch)

    broadcaster = Broadcaster()
    for channels in [["a"], ["a"], ["a", "b"], ["b", "a", "c"], ["b"]]:
        broadcaster.subscribe(Watcher(), channels)
    assert broadcaster.publish(run_of(1, 3, "a")) == 12
    assert len({id(batch) for batch in seen}) == 1
    seen.clear()
    broadcaster.publish([stored(4, "a"), stored(5, "a", "b"), stored(6, "b")])
    views = {id(batch): [event.position for event in batch.envelopes] for batch in seen}
    assert sorted(views.values()) == [[4, 5], [4, 5, 6], [5, 6]]


def test_readers_that_leave_while_being_delivered_to() -> None:
    """Being ended for slowness takes a reader out of the very channel that is walked."""
    broadcaster = Broadcaster()

    class Leaver(Reader):
        def deliver(self, batch: Batch) -> None:
            super().deliver(batch)
            broadcaster.unsubscribe(self, ["a", "b"])

    readers = [Leaver(), Reader(), Leaver(), Reader()]
    for reader in readers:
        broadcaster.subscribe(reader, ["a", "b"])
    broadcaster.publish([stored(1, "a"), stored(2, "a", "b")])
    broadcaster.publish([stored(3, "b"), stored(4, "b")])
    assert [[event.position for event in reader.got] for reader in readers] == [[1, 2], [1, 2, 3, 4]] * 2


def test_ephemeral_events_are_offered_to_everyone_but_one_person() -> None:
    """None of their connections gets it; everyone else's share the bytes."""
    broadcaster = Broadcaster()
    ada, grace = UUID(int=1), UUID(int=2)
    readers = [Reader(ada), Reader(grace), Reader(ada), Reader(grace)]
    for reader in readers:
        broadcaster.subscribe(reader, ["post:1"])
    broadcaster.subscribe(Reader(grace), ["post:2"])
    typing = ephemeral(
        Typing(post_id=SOMEONE, user_id=ada, user_name="Ada", state="started"), "post:1", NOON, left_out=ada
    )
    assert broadcaster.announce([typing]) == 2
    assert [reader.offered for reader in readers] == [[], [typing], [], [typing]]
    assert not any(reader.got for reader in readers)


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
    assert broadcaster.publish([stored(2), stored(3, "a")]) == 0
    assert broadcaster.publish([]) == 0


class Turns:
    """A loop whose turns the test takes."""

    def __init__(self) -> None:
        self.calls: list[Callable[[], None]] = []

    def later(self, call: Callable[[], None]) -> None:
        self.calls.append(call)

    def take(self) -> None:
        calls, self.calls = self.calls, []
        for call in calls:
            call()


def test_very_many_are_told_over_several_turns() -> None:
    """Each turn hands over a fair share, and what is published meanwhile comes after what was before."""
    turns = Turns()
    broadcaster = Broadcaster(turns.later)
    readers = [Reader() for _ in range(2 * FAIR_SHARE + 1)]
    for reader in readers:
        broadcaster.subscribe(reader, ["community"])
    assert broadcaster.publish(run_of(1, 2)) == 2 * len(readers)
    assert sum(map(bool, (reader.got for reader in readers))) == FAIR_SHARE
    assert broadcaster.publish([stored(3)]) == len(readers)
    taken = 0
    while turns.calls:
        turns.take()
        taken += 1
    assert taken == 2 * len(readers) // FAIR_SHARE
    assert all([event.position for event in reader.got] == [1, 2, 3] for reader in readers)


def test_ephemeral_events_take_several_turns_too() -> None:
    """In their order with what is published before and after them."""
    turns = Turns()
    broadcaster = Broadcaster(turns.later)
    readers = [Reader() for _ in range(2 * FAIR_SHARE)]
    for reader in readers:
        broadcaster.subscribe(reader, ["a"])
    typing = Typing(post_id=SOMEONE, user_id=UUID(int=7), user_name="Ada", state="started")
    assert broadcaster.announce([ephemeral(typing, "a", NOON, left_out=typing.user_id)]) == len(readers)
    broadcaster.publish([stored(1, "a")])
    assert sum(len(reader.offered) for reader in readers) == FAIR_SHARE
    assert not any(reader.got for reader in readers)
    while turns.calls:
        turns.take()
    assert all(len(reader.offered) == len(reader.got) == 1 for reader in readers)


def test_it_tells_who_was_just_handed_what() -> None:
    """Share by share, once each, with the time of publishing; those who went with nothing are not told of."""
    told: list[tuple[list[int], int, float]] = []
    turns = Turns()
    broadcaster = Broadcaster(
        turns.later,
        lambda batch, readers, at: told.append(([e.position for e in batch.envelopes], len(readers), at)),
    )
    for _ in range(FAIR_SHARE + 1):
        broadcaster.subscribe(Reader(), ["community"])
    broadcaster.publish(run_of(1, 2), now=7.0)
    broadcaster.publish([stored(3, "post:1")], now=8.0)  # nobody reads it
    while turns.calls:
        turns.take()
    assert told == [([1, 2], FAIR_SHARE, 7.0), ([1, 2], 1, 7.0)]


def test_a_turn_is_no_longer_for_what_was_handed_over_at_once() -> None:
    """What is published then waits for the turn that is due already, and does not get two."""
    turns = Turns()
    broadcaster = Broadcaster(turns.later)
    readers = [Reader() for _ in range(2 * FAIR_SHARE + 1)]
    for reader in readers:
        broadcaster.subscribe(reader, ["community"])
    for position in range(1, 4):
        broadcaster.publish([stored(position)])
        broadcaster.settle()
    broadcaster.publish([stored(4)])
    before = sum(len(reader.got) for reader in readers)
    turns.take()
    assert sum(len(reader.got) for reader in readers) - before == FAIR_SHARE
    while turns.calls:
        turns.take()
    assert all([event.position for event in reader.got] == [1, 2, 3, 4] for reader in readers)


def test_who_reads_is_settled_when_it_is_published() -> None:
    """Whoever comes while others are still being told has it from history, and not twice; whoever is told a
    cursor has all before it."""
    turns = Turns()
    broadcaster = Broadcaster(turns.later)
    readers = [Reader() for _ in range(FAIR_SHARE + 1)]
    for reader in readers:
        broadcaster.subscribe(reader, ["community"])
    broadcaster.publish([stored(1)])
    late = Reader()
    broadcaster.subscribe(late, ["community"])
    broadcaster.settle()
    turns.take()
    assert [len(reader.got) for reader in readers] == [1] * len(readers)
    assert late.got == []


def test_what_a_delivery_publishes_goes_behind_it() -> None:
    """Someone who is ended by an event is seen to leave after it."""
    broadcaster = Broadcaster(Turns().later)

    class Telling(Reader):
        def deliver(self, batch: Batch) -> None:
            super().deliver(batch)
            if len(self.got) == 1:
                broadcaster.publish([stored(2)])

    readers = [Telling(), Reader(), Telling()]
    for reader in readers:
        broadcaster.subscribe(reader, ["community"])
    broadcaster.publish([stored(1)])
    broadcaster.settle()
    assert [[event.position for event in reader.got] for reader in readers] == [[1, 2, 2]] * 3
