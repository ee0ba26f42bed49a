"""Quantiles out of buckets are near the truth, and never below it."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itcook.stream.histogram import (
    BOUNDS,
    LAST,
    SMALLEST,
    STEPS,
    Histogram,
    RecentHistogram,
    bucket_of,
    quantile,
    upper_bound,
)

WIDTH = 2 ** (1 / STEPS)


@given(st.floats(min_value=0, max_value=90))
def test_a_duration_is_within_its_bucket(seconds: float) -> None:
    """At most its upper bound, and more than the one before."""
    bucket = bucket_of(seconds)
    assert seconds <= upper_bound(bucket) * (1 + 1e-9)
    assert bucket == 0 or seconds > upper_bound(bucket - 1) * (1 - 1e-9)


def test_there_is_a_bucket_for_everything() -> None:
    """Also for a clock that went back, and for a day."""
    assert bucket_of(-5) == 0
    assert bucket_of(86_400) == LAST


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
def test_quantiles_are_at_most_a_bucket_too_high(share: float) -> None:
    """Of a thousand durations like those of deliveries."""
    durations = sorted(random.Random(7).lognormvariate(-5, 1) for _ in range(1_000))
    histogram = RecentHistogram()
    for duration in durations:
        histogram.add(duration, 1, 0)
    found = quantile(histogram.buckets(0), share)
    truth = max(SMALLEST, durations[round(share * 1_000) - 1])
    assert found is not None
    assert truth <= found <= truth * WIDTH * (1 + 1e-9)


def test_nothing_has_no_quantile() -> None:
    """Not zero: nobody was served that fast."""
    assert quantile({}, 0.5) is None


def test_one_of_two_halves_is_the_median() -> None:
    """A duration counts as often as it was."""
    histogram = RecentHistogram()
    histogram.add(0.001, 99, 0)
    histogram.add(10, 1, 0)
    assert quantile(histogram.buckets(0), 0.99) == upper_bound(bucket_of(0.001))
    assert quantile(histogram.buckets(0), 1) == upper_bound(bucket_of(10))


def test_what_is_old_is_forgotten() -> None:
    """After one period it still counts, after two it does not."""
    histogram = RecentHistogram(period=60)
    histogram.add(0.001, 3, 100)
    histogram.add(0.002, 2, 150)
    assert sum(histogram.buckets(161).values()) == 5
    histogram.add(0.001, 1, 165)
    assert sum(histogram.buckets(200).values()) == 6
    assert sum(histogram.buckets(222).values()) == 1
    assert histogram.buckets(400) == {}


@given(st.lists(st.tuples(st.floats(min_value=-1, max_value=100), st.integers(1, 5)), max_size=20))
def test_a_histogram_since_the_start_is_cumulative(durations: list[tuple[float, int]]) -> None:
    """Each bound has all that did not exceed it, the last one all there are; none is less than nothing."""
    histogram = Histogram()
    for seconds, times in durations:
        histogram.add(seconds, times)
    expected = [sum(times for seconds, times in durations if seconds <= bound) for bound in BOUNDS]
    total = sum(times for _, times in durations)
    assert histogram.cumulative() == [*zip(BOUNDS, expected, strict=True), (math.inf, total)]
    assert histogram.sum == pytest.approx(sum(max(0, seconds) * times for seconds, times in durations))
