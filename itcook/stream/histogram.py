"""A histogram of durations in buckets of fixed bounds: bounded, cheap to add to, and histograms add up."""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from itertools import accumulate

SMALLEST = 0.000_1  # seconds: what is shorter is in bucket 0
STEPS = 4  # buckets for each doubling, so a quantile is at most 19 % above the truth
LAST = 80  # bucket of 100 seconds and more

# Of histograms since the start, in seconds: what is fast, what a person notices, and what is an alarm.
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

Buckets = Mapping[int, int]


def bucket_of(seconds: float) -> int:
    """The bucket that a duration falls into."""
    if seconds <= SMALLEST:
        return 0
    return min(LAST, math.ceil(STEPS * math.log2(seconds / SMALLEST)))


def upper_bound(bucket: int) -> float:
    """The longest duration in a bucket, in seconds."""
    return float(SMALLEST * 2 ** (bucket / STEPS))


def quantile(buckets: Buckets, share: float) -> float | None:
    """The duration, in seconds, that `share` of all do not exceed, rounded up to its bucket; None of none."""
    rank = math.ceil(share * sum(buckets.values()))
    for bucket in sorted(buckets):
        rank -= buckets[bucket]
        if rank <= 0 and buckets[bucket]:
            return upper_bound(bucket)
    return None


class RecentHistogram:
    """Durations of the last one to two `period`s, in seconds; what is older no longer says how things are."""

    def __init__(self, period: float = 60.0) -> None:
        self._period = period
        self._turn = 0.0
        self._before: Counter[int] = Counter()
        self._now: Counter[int] = Counter()

    def add(self, seconds: float, times: int, now: float) -> None:
        """Count a duration so many times. `now` is in seconds of a clock that never goes back."""
        self._forget(now)
        self._now[bucket_of(seconds)] += times

    def buckets(self, now: float) -> dict[int, int]:
        """How many there were, by bucket."""
        self._forget(now)
        return dict(self._before + self._now)

    def _forget(self, now: float) -> None:
        if now - self._turn < self._period:
            return
        self._before = self._now if now - self._turn < 2 * self._period else Counter()
        self._now = Counter()
        self._turn = now


class Histogram:
    """Durations since the start, in seconds, in the few buckets of `BOUNDS`, as Prometheus counts them."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self.sum = 0.0

    def add(self, seconds: float, times: int = 1) -> None:
        """Count a duration so many times. A clock that was put back gives none below zero."""
        seconds = max(0.0, seconds)
        self._counts[bisect_left(BOUNDS, seconds)] += times
        self.sum += seconds * times

    def cumulative(self) -> list[tuple[float, int]]:
        """How many did not exceed each bound, and how many there are in all."""
        return list(zip((*BOUNDS, math.inf), accumulate(self._counts), strict=True))
