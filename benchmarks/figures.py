"""What a benchmark gives: named figures, each with its unit and, where there is one, its target."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

CLIENTS = 1_000  # stream clients of every benchmark that has many


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `target` is the most that it should be."""

    name: str
    value: float
    unit: str
    target: float | None = None


@dataclass(frozen=True, slots=True)
class Benchmark:
    """`run`, given an empty directory, measures once, with a server and a database of its own."""

    name: str
    run: Callable[[Path], Awaitable[list[Figure]]]


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of `values` that at least `percent` of them do not exceed (nearest rank)."""
    return sorted(values)[ceil(len(values) * percent / 100) - 1]


def latencies(what: str, seconds: Sequence[float], target: float | None = None) -> list[Figure]:
    """p50, p95 and the maximum of `seconds`, in milliseconds; `target` is for the maximum."""
    milliseconds = [value * 1000 for value in seconds]
    return [
        Figure(f"{what}, p50", percentile(milliseconds, 50), "ms"),
        Figure(f"{what}, p95", percentile(milliseconds, 95), "ms"),
        Figure(f"{what}, max", max(milliseconds), "ms", target),
    ]
