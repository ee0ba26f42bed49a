"""The status of the backend as a page: what it serves, how that was tested, and what it costs.

Everything in it comes from what is committed, but for the section of tests: that comes from the last run, and
stays as it was where there was none since.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from itcook import __version__
from openapi.test_run import PATH, Area, TestRun, read_test_run

PROTOCOL, REST, OPERATIONS, DECISIONS, RESULTS, SCHEMA = (
    "docs/reference/protocol.md",
    "docs/reference/rest.md",
    "docs/OPERATIONS.md",
    "docs/README.md",
    "benchmarks/RESULTS.md",
    "openapi/events.schema.json",
)
REPORT = "docs/BACKEND_STATUS_REPORT.md"
TESTS = "## How it is tested"
WRITTEN = "Written by `make status` from documents, the last run of the tests and benchmarks; do not edit."
NO_RUN = "No run is recorded yet: `make unit` records one, and `make status` then writes it here."

Rows = Iterable[Sequence[object]]


def status_report(root: Path, before: str, run: TestRun | None) -> str:
    """Markdown. `before` is the report as it was, whose tests stay where there is no `run`."""
    sections = [
        "# Status of the backend",
        f"Version {__version__}. {WRITTEN}",
        "## What it serves",
        _table(("what", "how many", "where"), _counts(root)),
        "### Routes",
        _table(("area", "routes", "methods"), _routes(root)),
        "### Events",
        _table(("kind", "types"), _events(root)),
        TESTS,
        _kept(before) if run is None else _tests(run),
        "## What it costs",
        *_costs((root / RESULTS).read_text()),
        "## What was decided, and why",
        _decisions((root / DECISIONS).read_text()),
    ]
    return "\n\n".join(sections) + "\n"


def _counts(root: Path) -> Iterator[Sequence[object]]:
    for what, page, tables in (
        ("routes", REST, ("routes",)),
        ("codes of problems", REST, ("problems", "codes")),
        ("quotas", REST, ("quotas",)),
        ("types of events", PROTOCOL, ("durable", "ephemeral", "control")),
        ("client messages", PROTOCOL, ("messages",)),
        ("channels", PROTOCOL, ("channels",)),
        ("ends of a connection", PROTOCOL, ("ends",)),
        ("settings", OPERATIONS, ("settings",)),
        ("log lines that want someone to look", OPERATIONS, ("warnings",)),
    ):
        rows = sum(len(_rows(root / page, name)) for name in tables)
        yield what, rows, f"[{Path(page).name}]({Path(page).relative_to('docs')})"


def _routes(root: Path) -> Iterator[Sequence[object]]:
    """By what comes after `/api/v1`; what is beside it is the service's own."""
    methods: dict[str, Counter[str]] = {}
    for method, path, *_ in _rows(root / REST, "routes"):
        place = path.strip("`").split("/")
        area = place[3] if place[1:3] == ["api", "v1"] else "beside the API"
        methods.setdefault(area, Counter())[method.strip("`")] += 1
    for area, counted in sorted(methods.items()):
        yield (
            area,
            counted.total(),
            ", ".join(f"{count} {method}" for method, count in sorted(counted.items())),
        )


def _events(root: Path) -> Iterator[Sequence[object]]:
    definitions = json.loads((root / SCHEMA).read_text())["$defs"]
    for kind in ("Durable", "Ephemeral", "Control"):
        names = (option["$ref"].rpartition("/")[2] for option in definitions[f"{kind}Event"]["oneOf"])
        yield kind.lower(), ", ".join(f"`{name}`" for name in names)


def _tests(run: TestRun) -> str:
    total = Area(
        "all",
        sum(area.passed for area in run.areas),
        sum(area.failed for area in run.areas),
        sum(area.skipped for area in run.areas),
        sum(area.seconds for area in run.areas),
    )
    rows = [
        (f"`{area.name}`", area.passed, area.failed, area.skipped, f"{area.seconds:,.0f}")
        for area in run.areas
    ]
    last = (f"**{total.name}**", total.passed, total.failed, total.skipped, f"{total.seconds:,.0f}")
    head = ("tests", "passed", "failed", "skipped", "seconds, added up")
    told = f"The run of {run.began}, in {run.seconds / 60:,.0f} minutes."
    if run.again:
        names = ", ".join(f"`{name}`" for name in run.again)
        told += f" Failed beside the others, and passed when it was run alone: {names}."
    return f"{told}\n\n{_table(head, [*rows, last])}"


def _kept(before: str) -> str:
    _, found, rest = before.partition(f"{TESTS}\n\n")
    return rest.partition("\n\n## ")[0] if found else NO_RUN


def _costs(results: str) -> Iterator[str]:
    """When and where it was measured, and each figure that has a target."""
    yield "What [the benchmarks](../benchmarks/RESULTS.md) say, measured on"
    yield "\n".join(line for line in results.splitlines() if line.startswith("- "))
    _, found, targets = results.partition("\n## Targets\n\n")
    yield (
        targets.partition("\n\n## ")[0].rstrip()
        if found
        else _table(("figure", "unit", "median", "target"), _aimed(results))
    )


def _aimed(results: str) -> Iterator[Sequence[object]]:
    title = ""
    for line in results.splitlines():
        if line.startswith("## "):
            title = line.removeprefix("## ")
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 6 and re.fullmatch(r"[\d.,]+", cells[-1]):
            yield f"{title}: {cells[0]}", cells[1], cells[2], cells[-1]


def _decisions(index: str) -> str:
    return "\n".join(re.findall(r"^\d+\. \[.+\]\(why/.+\)$", index, re.MULTILINE))


def _rows(page: Path, name: str) -> list[list[str]]:
    _, found, rest = page.read_text().partition(f"<!-- table: {name} -->\n")
    assert found, f"{page} has no table {name}"
    lines = rest.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]


def _table(head: Sequence[str], rows: Rows) -> str:
    lines = [head, ["---" for _ in head], *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def main() -> None:
    """Write the report, with the last run of the tests if there was one here."""
    root = Path(__file__).parents[1]
    page = root / REPORT
    page.write_text(status_report(root, page.read_text(), read_test_run(root / PATH)))


if __name__ == "__main__":
    main()
