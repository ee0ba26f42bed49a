"""Names and the channels behind them."""

import pytest

from itcook.stream.reading import Reading


@pytest.fixture
def reading() -> Reading:
    """Nothing but `system` is read."""
    return Reading()


def test_sixty_four_channels(reading: Reading) -> None:
    """`system` is one of them; one that is there already needs no room."""
    for number in range(63):
        assert reading.add(f"post:{number}", (f"post:{number}",))
    assert not reading.add("post:x", ("post:x",))
    assert reading.add("post:5", ("post:5",))
    assert len(reading.names) == len(reading.channels) == 64


def test_system_stays(reading: Reading) -> None:
    """Nobody leaves it."""
    assert reading.remove("system") == ()
    assert reading.names == ["system"]


def test_two_names_for_one_channel(reading: Reading) -> None:
    """The channel is read until both are gone."""
    reading.add("post:A", ("post:a",))
    reading.add("post:a", ("post:a",))
    assert reading.remove("post:A") == ()
    assert reading.remove("post:a") == ("post:a",)
    assert reading.remove("post:a") == ()
