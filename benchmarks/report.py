"""The results as a page: the machine, the targets, plots, and a table for each kind of work."""

import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from statistics import median

from benchmarks import contest, contestants
from benchmarks.cores import LOAD_CORE, SERVER_CORE
from benchmarks.figures import CLIENTS, MANY_CLIENTS, Benchmark, Figure
from benchmarks.plots import bars, number
from benchmarks.results import Results
from benchmarks.targets import OURS, TARGETS, Target

LIBRARIES = ("uvloop", "quart", "hypercorn", "h11", "wsproto", "tortoise-orm", "pydantic", "pyjwt")
PLOTS = {  # by file: the contest's size, and the figure
    "cpu-per-delivery.svg": (CLIENTS, contest.CPU),
    "cpu-per-delivery-10000.svg": (MANY_CLIENTS, contest.CPU),
    "burst.svg": (CLIENTS, contest.BURST_RATE),
    "idle-memory.svg": (CLIENTS, contest.IDLE),
    "cpu-per-connect.svg": (CLIENTS, contest.CONNECT_CPU),
}
COLUMNS = 4  # figures a table: more do not fit on a page


def page(results: Results, *, whole: bool = True) -> str:
    """Markdown. It shows the plots of `plots` from the folder plots beside it.

    Unless `results` are the `whole`, targets that were not measured are left out.
    """
    sections = [
        "# Benchmark results",
        f"Written by `make bench`; README.md says how to read it. {_rounds(results)}",
        _machine(),
        *_failures(results),
        "## Targets",
        _targets(results, whole),
        *_load(results),
        *(f"![{figure}, {clients:,} clients](plots/{file})" for file, clients, figure in _plotted(results)),
        *_groups(results),
    ]
    return "\n\n".join(sections) + "\n"


def plots(results: Results) -> dict[str, str]:
    """SVG by the name of its file."""
    ours = frozenset(one.name for one in OURS)
    drawn = {}
    for file, clients, figure in _plotted(results):
        rows = [one for one in results.benchmarks() if one.group == contest.group(clients)]
        medians = {one.row: results.median(one.name, figure) for one in rows}
        values = {row: value for row, value in medians.items() if value is not None}
        drawn[file] = bars(f"{figure}, {clients:,} clients", _unit(results, figure), values, ours)
    return drawn


def _plotted(results: Results) -> Iterator[tuple[str, int, str]]:
    for file, (clients, figure) in PLOTS.items():
        group = contest.group(clients)
        if any(results.values(one.name, figure) for one in results.benchmarks() if one.group == group):
            yield file, clients, figure


def _unit(results: Results, figure: str) -> str:
    every = (each for one in results.benchmarks() for each in results.figures(one.name))
    return next(each.unit for each in every if each.name == figure)


def _rounds(results: Results) -> str:
    if results.rounds == 1:
        return "One round."
    return f"Medians of {results.rounds} rounds, with the lowest and the highest in parentheses."


def _machine() -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    lines = (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load average {os.getloadavg()[0]:.1f}",
        f"{_processor()}, {os.cpu_count()} cores: server on core {SERVER_CORE}, load on core {LOAD_CORE}",
        f"{platform.system()} {platform.release()}",
        f"IT Cook: {platform.python_implementation()} {platform.python_version()}, {libraries}",
        f"Peers: {', '.join(contestants.versions()) or 'none'}",
        *(f"Left out: {one.name}: {reason}" for one, reason in contestants.missing().items()),
    )
    return "\n".join(f"- {line}" for line in lines)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _failures(results: Results) -> list[str]:
    if not results.failures:
        return []
    return ["## Failed", "\n".join(f"- {failure}" for failure in results.failures)]


def _targets(results: Results, whole: bool) -> str:
    measured = ((target, target.measure(results)) for target in TARGETS)
    rows = (_target(target, value) for target, value in measured if whole or value is not None)
    return _table(("what", "target", "measured", "met"), rows)


def _target(target: Target, value: float | None) -> tuple[str, ...]:
    limit = f"{'≥' if target.least else '≤'} {_amount(target.limit, target.unit)}"
    if value is None:
        return (target.claim, limit, "not measured", "")
    return (target.claim, limit, _amount(value, target.unit), "yes" if target.is_met(value) else "**no**")


def _load(results: Results) -> list[str]:
    """What says whether the load itself was the limit."""
    benchmark = f"{contest.group(CLIENTS)}: {contestants.FLOOR.name}"
    shares = [results.median(benchmark, figure) for figure in (contest.SERVER_SHARE, contest.LOAD_SHARE)]
    server, load = shares
    if server is None or load is None:
        return []
    verdict = (
        "So the server is the limit, and the load could give any other here more to do."
        if server > load
        else "So the load is the limit: do not trust the rates of bursts."
    )
    says = (
        "While the floor, the cheapest server that can be, writes its bursts, the server's core is busy for"
        f" {server:.0f} % of the time and the load's for {load:.0f} %. {verdict}"
    )
    return ["## The load", says]


def _groups(results: Results) -> Iterator[str]:
    for group, members in groupby(results.benchmarks(), key=lambda one: one.group or one.name):
        yield f"## {group}"
        yield _group(results, list(members))


def _group(results: Results, members: Sequence[Benchmark]) -> str:
    """Who did the work, and figure by figure what it took; a list of figures where there is one only."""
    figures = results.figures(members[0].name)
    if len(members) == 1:
        name = members[0].name
        listed = (
            (each.name, each.unit, _cell(results.values(name, each.name)), _limit(each)) for each in figures
        )
        return _table(("figure", "unit", "median", "at most"), listed)
    parts = (figures[start : start + COLUMNS] for start in range(0, len(figures), COLUMNS))
    return "\n\n".join(_part(results, members, part) for part in parts)


def _limit(figure: Figure) -> str:
    return "" if figure.target is None else number(figure.target)


def _part(results: Results, members: Sequence[Benchmark], figures: Sequence[Figure]) -> str:
    columns = [(_head(each), partial(_median_of, results, each)) for each in figures]
    floor = next((one for one in members if one.row == contestants.FLOOR.name), None)
    if floor is not None and contest.CPU in {each.name for each in figures}:
        columns.append((f"{contest.CPU}, × the floor", partial(_times, results, floor)))
    rows = ((one.row, *(cell(one) for _, cell in columns)) for one in members)
    return _table(("", *(head for head, _ in columns)), rows)


def _head(figure: Figure) -> str:
    return f"{figure.name}, {figure.unit}" if figure.unit else figure.name


def _median_of(results: Results, figure: Figure, benchmark: Benchmark) -> str:
    return _cell(results.values(benchmark.name, figure.name))


def _times(results: Results, floor: Benchmark, benchmark: Benchmark) -> str:
    ratio = results.ratio(benchmark.name, floor.name, contest.CPU)
    return "" if ratio is None else number(ratio)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(values: Sequence[float]) -> str:
    if not values:
        return ""
    if len(values) == 1:
        return number(values[0])
    return f"{number(median(values))} ({number(min(values))}–{number(max(values))})"


def _amount(value: float, unit: str) -> str:
    return f"{number(value)} {unit}".strip()
