"""What a benchmark gives: named figures, each with its unit and, where there is one, its target."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

CLIENTS = 1_000  # stream clients of every benchmark that has many
MANY_CLIENTS = 10_000


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `target` is the most that it should be."""

    name: str
    value: float
    unit: str
    target: float | None = None


@dataclass(frozen=True, slots=True)
class Benchmark:
    """`run`, given an empty directory, measures once, with a server and a database of its own.

    Those of one `group` do the same work; each is a `row` of the group's table. `large` ones take long.
    Of one that is compared with no other, a first round is enough: `once`.
    """

    name: str
    run: Callable[[Path], Awaitable[list[Figure]]]
    group: str = ""
    row: str = ""
    large: bool = False
    once: bool = False


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of `values` that at least `percent` of them do not exceed (nearest rank)."""
    return sorted(values)[ceil(len(values) * percent / 100) - 1]


def latencies(what: str, seconds: Sequence[float]) -> list[Figure]:
    """p50, p95 and p99 of `seconds`, in milliseconds."""
    milliseconds = [value * 1000 for value in seconds]
    return [
        Figure(f"{what}, p{percent}", percentile(milliseconds, percent), "ms") for percent in (50, 95, 99)
    ]
