"""The results as a page: the machine, and one table for each benchmark."""

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

from benchmarks.cores import LOAD_CORE, SERVER_CORE
from benchmarks.figures import Figure

LIBRARIES = ("uvloop", "quart", "hypercorn", "h11", "wsproto", "tortoise-orm", "pydantic", "pyjwt")

_HEAD = "| figure | unit | median | lowest | highest | target |\n| --- | --- | ---: | ---: | ---: | ---: |"


def page(results: Mapping[str, Sequence[Sequence[Figure]]]) -> str:
    """Markdown. `results` are the figures of each round of each benchmark."""
    rounds = max(map(len, results.values()))
    sections = [
        "# Benchmark results",
        f"Written by `make bench`; README.md says how to read it. Medians of {rounds} rounds.",
        _machine(),
        *(f"## {name}\n\n{_table(figures)}" for name, figures in results.items()),
    ]
    return "\n\n".join(sections) + "\n"


def _machine() -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    lines = (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load average {os.getloadavg()[0]:.1f}",
        f"{_processor()}, {os.cpu_count()} cores: server on core {SERVER_CORE}, load on core {LOAD_CORE}",
        f"{platform.system()} {platform.release()}",
        f"{platform.python_implementation()} {platform.python_version()}, {libraries}",
    )
    return "\n".join(f"- {line}" for line in lines)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _table(rounds: Sequence[Sequence[Figure]]) -> str:
    return "\n".join([_HEAD, *(_row(figures) for figures in zip(*rounds, strict=True))])


def _row(figures: Sequence[Figure]) -> str:
    first, values = figures[0], [figure.value for figure in figures]
    cells = (first.name, first.unit, *_numbers((median(values), min(values), max(values), first.target)))
    return f"| {' | '.join(cells)} |"


def _numbers(values: Iterable[float | None]) -> list[str]:
    return ["" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.1f}" for value in values]
