"""What the server survives: which tests prove which line of the tables in docs/RELIABILITY.md, and how that
went. A test names its lines with `survives`; `make hostile` runs them all and prints the lines.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import pytest

from tests.support.documents import ROOT, code, table
from tests.support.marks import marked, marks

RELIABILITY = "docs/RELIABILITY.md"
DIRECTORY = "tests/hostile/"
TABLES = ("handshake", "frames", "messages", "sse", "rest", "database", "process")

Outcomes = dict[str, str]  # by the test's id


def survives(*lines: str) -> pytest.MarkDecorator:
    """Mark a test as a proof of these lines, each `table: first cell`."""
    return pytest.mark.survives(*lines)


def lines() -> dict[str, str]:
    """Every line, and its cell of tests."""
    return {f"{name}: {row[0]}": row[2] for name in TABLES for row in table(RELIABILITY, name)}


def named(cell: str) -> set[str]:
    """The tests in a cell: `file.py::test`, below `tests`."""
    return {code(part) for part in cell.split(" · ") if part}


def proofs() -> dict[str, set[str]]:
    """The tests that are marked with each line."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for function in marked("survives"):
        path = "/".join(function.__module__.split(".")[1:]) + ".py"
        for mark in marks(function, "survives"):
            for line in mark.args:
                found[line].add(f"{path}::{function.__name__}")
    return dict(found)


# The hooks; tests/conftest.py hands them to pytest, beside those of the wire contract.


def itemcollected(item: pytest.Item) -> None:
    """Have the report say what the test proves."""
    for mark in item.iter_markers("survives"):
        item.user_properties.extend(("survives", line) for line in mark.args)


def terminal_summary(reporter: pytest.TerminalReporter) -> None:
    """Print the lines, if the tests of this directory were among what ran."""
    reports = [
        report
        for outcome in ("passed", "failed", "error", "skipped")
        for report in reporter.stats.get(outcome, [])
        if isinstance(report, pytest.TestReport)
    ]
    if any(report.nodeid.startswith(DIRECTORY) for report in reports):
        reporter.section("what the server survives")
        for line in told(results(reports)):
            reporter.write_line(line)


def results(reports: Iterable[pytest.TestReport]) -> dict[str, Outcomes]:
    """How the tests of each line went."""
    found: defaultdict[str, Outcomes] = defaultdict(dict)
    for report in reports:
        for name, line in report.user_properties:
            if name == "survives" and (report.when == "call" or not report.passed):
                found[str(line)][report.nodeid] = report.outcome
    return dict(found)


def told(found: dict[str, Outcomes]) -> Iterator[str]:
    """A line for each line."""
    width = max(map(len, lines()))
    for line in lines():
        outcomes = found.get(line, {})
        bad = sorted(test for test, outcome in outcomes.items() if outcome != "passed")
        verdict = f"FAILED {bad[0]}" if bad else f"ok, {len(outcomes)}" if outcomes else "not run"
        yield f"{line.ljust(width)}  {verdict}"


def rewritten(document: str) -> str:
    """The page with the tests that the marks name."""
    found = proofs()
    for name in TABLES:
        for row in table(RELIABILITY, name):
            tests = " · ".join(f"`{test}`" for test in sorted(found.get(f"{name}: {row[0]}", ())))
            head = f"| {row[0]} | {row[1]} |"
            start = document.index(head)
            document = document[:start] + f"{head} {tests} |" + document[document.index("\n", start) :]
    return document


if __name__ == "__main__":
    page = ROOT / RELIABILITY
    page.write_text(rewritten(page.read_text()))
