"""Ratios compare what was measured side by side, and a target that is missed is not called met."""

import re
from pathlib import Path
from xml.etree import ElementTree

from benchmarks import contest, contestants, counting, fanout, isolation, nodes, personal, posting, resuming
from benchmarks.figures import CLIENTS, Benchmark, Figure
from benchmarks.plots import bars
from benchmarks.report import page, plots
from benchmarks.results import Results
from benchmarks.targets import TARGETS, Target


async def _nothing(_: Path) -> list[Figure]:
    return []


def _contestant(one: contestants.Contestant) -> Benchmark:
    group = contest.group(CLIENTS)
    return Benchmark(f"{group}: {one.name}", _nothing, group=group, row=one.name)


OURS = _contestant(contestants.WEBSOCKET)
FLOOR = _contestant(contestants.FLOOR)


def _results(*rounds: tuple[float | None, float]) -> Results:
    """Of our CPU per delivery, unless it failed, and the floor's."""
    results = Results()
    for number, (ours, floor) in enumerate(rounds, 1):
        results.add(FLOOR, number, [Figure(contest.CPU, floor, "µs")])
        if ours is None:
            results.failed(OURS, number, TimeoutError("too slow"))
        else:
            results.add(OURS, number, [Figure(contest.CPU, ours, "µs")])
    return results


def test_a_ratio_is_of_values_of_the_same_round() -> None:
    """A round in which the machine was slow for both is no outlier, though its values are."""
    results = _results((10, 10), (44, 40), (12, 10))
    assert results.ratio(OURS.name, FLOOR.name, contest.CPU) == 1.1
    assert results.median(OURS.name, contest.CPU) == 12


def test_a_failed_round_counts_for_nothing() -> None:
    """Its figures are missing in the ratio, and the page says that it failed."""
    results = _results((None, 1), (30, 10))
    assert results.ratio(OURS.name, FLOOR.name, contest.CPU) == 3
    assert "round 1: TimeoutError: too slow" in page(results)


def _verdict(results: Results) -> str:
    row = next(line for line in page(results).splitlines() if _first_target().claim in line)
    return row.split("|")[-2].strip()


def _first_target() -> Target:
    return TARGETS[0]


def test_the_page_says_whether_a_target_is_met() -> None:
    """At its limit it is, beyond it is not, and without a measurement it is neither."""
    limit = _first_target().limit
    assert _verdict(_results((10 * limit, 10))) == "yes"
    assert _verdict(_results((10 * limit + 1, 10))) == "**no**"
    assert _verdict(_results((None, 10))) == ""


def test_a_target_of_a_rate_is_a_minimum() -> None:
    """More is better, and only there."""
    target = Target("rate", 10, "1/s", lambda _: None, least=True)
    assert [target.is_met(value) for value in (9.9, 10, 11)] == [False, True, True]


class _Asked(Results):
    """Remembers which benchmarks it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def median(self, benchmark: str, figure: str) -> float | None:
        self.names.add(benchmark)
        return None

    def ratio(self, benchmark: str, other: str, figure: str) -> float | None:
        self.names |= {benchmark, other}
        return None


def test_every_target_is_of_benchmarks_that_there_are() -> None:
    """One with a misspelt name would never be measured, and nobody would miss it."""
    asked = _Asked()
    for target in TARGETS:
        assert target.measure(asked) is None
    modules = (contest, fanout, posting, nodes, resuming, personal, isolation, counting)
    assert asked.names <= {one.name for module in modules for one in module.BENCHMARKS}


def test_a_plot_is_drawn_to_scale() -> None:
    """Half the value is half the bar, and a name from outside cannot break the picture."""
    drawn = ElementTree.fromstring(bars("CPU", "µs", {"<a>": 2.0, "b": 4.0}, frozenset("b")))  # noqa: S314 # our own
    widths = [float(bar.attrib["width"]) for bar in drawn.iter("{http://www.w3.org/2000/svg}rect")][1:]
    assert widths[0] * 2 == widths[1]


def test_the_page_shows_the_plots_that_are_drawn() -> None:
    """And no others."""
    results = _results((10, 10))
    assert set(re.findall(r"\(plots/([^)]+)\)", page(results))) == set(plots(results))
