"""Names and the channels behind them."""

import pytest

from itcook.stream.reading import Reading
from tests.support.stream import run_of


@pytest.fixture
def reading() -> Reading:
    """Nothing but `system` is read."""
    return Reading()


def read(reading: Reading, name: str, *channels: str, after: int = 0) -> None:
    """Subscribe to `name`, which stands for `channels`."""
    assert reading.add(name, channels)
    reading.follow(after)


def covered(reading: Reading, last: int, *channels: str) -> list[int]:
    """The positions up to `last` at which an event on `channels` would be read."""
    return [event.position for event in run_of(1, last, *channels) if reading.covers(event)]


def test_sixty_four_channels(reading: Reading) -> None:
    """`system` is one of them; one that is there already needs no room."""
    for number in range(63):
        read(reading, f"post:{number}", f"post:{number}")
    assert not reading.add("post:x", ("post:x",))
    assert reading.add("post:5", ("post:5",))
    assert len(reading.names) == len(reading.channels) == 64


def test_system_stays(reading: Reading) -> None:
    """Nobody leaves it."""
    reading.remove("system")
    assert reading.follow(0) == set()
    assert reading.names == ["system"]


def test_two_names_for_one_channel(reading: Reading) -> None:
    """The channel is read until both are gone."""
    read(reading, "post:A", "post:a")
    read(reading, "post:a", "post:a")
    reading.remove("post:A")
    assert reading.follow(9) == set()
    reading.remove("post:a")
    assert reading.follow(9) == {"post:a"}
    assert reading.follow(9) == set()


def test_a_channel_is_read_after_a_position(reading: Reading) -> None:
    """Subscribing again changes nothing, and neither does an event's other channel."""
    read(reading, "community", "community", after=3)
    read(reading, "community", "community", after=5)
    assert covered(reading, 6, "community") == [4, 5, 6]
    assert covered(reading, 6, "post:1", "community") == [4, 5, 6]
    assert covered(reading, 6, "post:1") == []


def test_an_event_is_covered_by_the_channel_that_is_read_longest(reading: Reading) -> None:
    """Read on one channel, it was delivered, whatever is known of the other."""
    read(reading, "community", "community", after=2)
    read(reading, "post:1", "post:1", after=4)
    assert covered(reading, 5, "post:1", "community") == [3, 4, 5]
    assert covered(reading, 5, "post:1") == [5]


def test_rewinding_goes_back_and_never_forward(reading: Reading) -> None:
    """And only for channels that are read."""
    read(reading, "community", "community", after=4)
    reading.rewind({"community", "post:1"}, 2)
    reading.rewind({"community"}, 3)
    assert covered(reading, 5, "community") == [3, 4, 5]
    assert covered(reading, 5, "post:1") == []


def test_skipping_goes_forward_and_never_back(reading: Reading) -> None:
    """What was skipped was not delivered."""
    read(reading, "community", "community", after=1)
    read(reading, "post:1", "post:1", after=4)
    reading.skip(3)
    assert covered(reading, 5, "community") == [4, 5]
    assert covered(reading, 5, "post:1") == [5]


def test_a_kitchen_is_read_from_the_moment_of_joining(reading: Reading) -> None:
    """What happened in it before is its members' own, in the middle of a replay too."""
    assert not reading.gain("kitchen:0", 1)
    read(reading, "kitchens", after=1)
    assert reading.gain("kitchen:1", 3)
    assert covered(reading, 5, "kitchen:1") == [4, 5]
    assert not reading.lose("kitchen:1")
    assert covered(reading, 5, "kitchen:1") == []
    assert reading.follow(9) == set()


def test_a_name_that_means_less_than_it_did(reading: Reading) -> None:
    """What it no longer stands for is dropped."""
    read(reading, "kitchens", "kitchen:1", "kitchen:2")
    assert reading.add("kitchens", ("kitchen:2",))
    assert reading.follow(9) == {"kitchen:1"}
    assert reading.behind(["kitchens", "post:1"]) == {"kitchen:2"}
