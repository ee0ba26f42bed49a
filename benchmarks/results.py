"""What was measured, by benchmark, round and figure."""

from collections.abc import Iterable, Sequence
from statistics import median

from benchmarks.figures import Benchmark, Figure

REASON = 300  # characters


class Results:
    """The figures of each round of each benchmark; none of a round in which it failed."""

    def __init__(self) -> None:
        self.rounds = 0
        self.failures: list[str] = []
        self._figures: dict[str, dict[int, dict[str, Figure]]] = {}
        self._benchmarks: dict[str, Benchmark] = {}

    def add(self, benchmark: Benchmark, number: int, figures: Iterable[Figure]) -> None:
        """Keep what `benchmark` gave in the round `number`, which is 1 for the first."""
        self.rounds = max(self.rounds, number)
        self._benchmarks[benchmark.name] = benchmark
        named = {figure.name: figure for figure in figures}
        self._figures.setdefault(benchmark.name, {})[number] = named

    def failed(self, benchmark: Benchmark, number: int, error: BaseException) -> None:
        """Remember that there are no figures, and why: the end of what `error` says, which may be a log."""
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        reason = " ".join(str(error).split())[-REASON:]
        self.failures.append(f"{benchmark.name}, round {number}: {type(error).__name__}: {reason}")

    def benchmarks(self) -> Sequence[Benchmark]:
        """Those that gave figures, in the order in which they first did."""
        return list(self._benchmarks.values())

    def figures(self, benchmark: str) -> Sequence[Figure]:
        """One of each kind of figure that `benchmark` gave."""
        rounds = self._figures[benchmark].values()
        return list({name: figure for each in rounds for name, figure in each.items()}.values())

    def values(self, benchmark: str, figure: str) -> list[float]:
        """Its value of each round that has it."""
        return list(self._by_round(benchmark, figure).values())

    def median(self, benchmark: str, figure: str) -> float | None:
        """None if it was not measured."""
        return _median(self.values(benchmark, figure))

    def ratio(self, benchmark: str, other: str, figure: str) -> float | None:
        """The median over the rounds of how many times the `other`'s value it has in the same round."""
        mine, theirs = self._by_round(benchmark, figure), self._by_round(other, figure)
        return _median([mine[number] / theirs[number] for number in mine.keys() & theirs.keys()])

    def _by_round(self, benchmark: str, figure: str) -> dict[int, float]:
        rounds = self._figures.get(benchmark, {})
        return {number: named[figure].value for number, named in rounds.items() if figure in named}


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None
