"""What one client may send, with every time made up."""

from hypothesis import given
from hypothesis import strategies as st

from itcook.stream.limits import Strikes, TokenBucket

GAPS = st.lists(st.floats(0, 10), max_size=100)


def test_a_burst_and_then_the_rate() -> None:
    """Sixty at once, then twenty a second."""
    bucket = TokenBucket(20, 60, 0)
    assert [bucket.take(0) for _ in range(61)] == [True] * 60 + [False]
    assert not bucket.take(0.04)
    assert bucket.take(0.1)
    assert sum(bucket.take(1.1) for _ in range(100)) == 20 + 1
    assert sum(bucket.take(1000) for _ in range(100)) == 60


@given(GAPS)
def test_no_window_has_more_than_burst_and_rate(gaps: list[float]) -> None:
    """Whatever the rhythm, in any stretch of time at most burst + rate x seconds get through."""
    bucket = TokenBucket(2, 5, 0)
    now, taken = 0.0, []
    for gap in gaps:
        now += gap
        if bucket.take(now):
            taken.append(now)
    for first in range(len(taken)):
        for last in range(first, len(taken)):
            assert last - first + 1 <= 5 + 2 * (taken[last] - taken[first]) + 1e-6


@given(GAPS)
def test_strikes_count_a_sliding_window(gaps: list[float]) -> None:
    """The limit is reached if and only if so many lie within the window."""
    strikes = Strikes(3, 10)
    now, moments = 0.0, []
    for gap in gaps:
        now += gap
        moments.append(now)
        assert strikes.strike(now) == (sum(now - moment <= 10 for moment in moments) >= 3)
