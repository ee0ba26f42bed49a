"""The report on the backend's status: counts from the documents, and the last run of the tests."""

import subprocess
import sys
from pathlib import Path

import pytest

from itcook.quotas.policies import POLICIES
from openapi.generate import ROOT
from openapi.status_report import NO_RUN, REPORT, TESTS, status_report
from openapi.test_run import AGAIN, Area, TestRun, read_test_run

SOME_TESTS = """
import pytest

def test_one(): pass
def test_two(): pass
def test_three(): assert False
@pytest.fixture
def broken(): raise RuntimeError
def test_four(broken): pass
@pytest.mark.skip
def test_five(): pass
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where some tests are, in two places, and what pytest tells of their run."""
    (tmp_path / "tests/stream").mkdir(parents=True)
    (tmp_path / "tests/stream/test_some.py").write_text(SOME_TESTS)
    (tmp_path / "tests/test_top.py").write_text("def test_top(): pass\n")
    run_tests(tmp_path, "junit.xml", "tests")
    return tmp_path


def run_tests(place: Path, record: str, *chosen: str) -> None:
    options = ("-q", "-c", "/dev/null", f"--rootdir={place}", f"--junitxml={place / record}")
    command = [sys.executable, "-m", "pytest", *options, "-p", "no:cacheprovider", *chosen]
    subprocess.run(command, cwd=place, capture_output=True, check=False)


def told(place: Path) -> TestRun:
    run = read_test_run(place / "junit.xml")
    assert run is not None
    return run


def counts(run: TestRun) -> list[tuple[str, int, int, int]]:
    return [(area.name, area.passed, area.failed, area.skipped) for area in run.areas]


def test_a_run_is_counted_by_place(place: Path) -> None:
    """What broke before a test began is a failure too."""
    run = told(place)
    assert counts(run) == [("tests", 1, 0, 0), ("tests/stream", 2, 2, 1)]
    assert run.seconds >= sum(area.seconds for area in run.areas) >= 0
    assert run.again == ()


def test_what_passes_alone_is_counted_as_passed_and_named(place: Path) -> None:
    """What fails alone too has failed; what an older run did alone says nothing of this one."""
    some = place / "tests/stream/test_some.py"
    some.write_text(SOME_TESTS.replace("assert False", "pass"))
    run_tests(place, AGAIN, "tests/stream/test_some.py::test_three", "tests/stream/test_some.py::test_four")
    run = told(place)
    assert counts(run) == [("tests", 1, 0, 0), ("tests/stream", 3, 1, 1)]
    (name,) = run.again
    assert name.endswith("test_some.test_three")
    report = status_report(ROOT, "", run)
    assert f"Failed beside the others, and passed when it was run alone: `{name}`." in report
    some.write_text(SOME_TESTS)
    run_tests(place, "junit.xml", "tests")
    assert counts(told(place)) == [("tests", 1, 0, 0), ("tests/stream", 2, 2, 1)]


def test_without_a_file_there_was_no_run(tmp_path: Path) -> None:
    """A checkout in which nothing was tested yet."""
    assert read_test_run(tmp_path / "junit.xml") is None


def test_the_tests_of_the_report_stay_until_the_next_run() -> None:
    """Whoever writes the documents anew, without having tested, does not make the last run vanish."""
    run = TestRun("2026-11-25", 720, (Area("tests/stream", 1, 2, 3, 4000.4),))
    first = status_report(ROOT, "", None)
    assert NO_RUN in first
    tested = status_report(ROOT, first, run)
    assert "| `tests/stream` | 1 | 2 | 3 | 4,000 |\n| **all** | 1 | 2 | 3 | 4,000 |" in tested
    assert "The run of 2026-11-25, in 12 minutes." in tested
    assert status_report(ROOT, tested, None) == tested
    assert tested.replace(_tests(tested), "") == first.replace(_tests(first), "")


def _tests(report: str) -> str:
    return report.partition(TESTS)[2].partition("\n## ")[0]


def test_the_report_counts_what_the_documents_have() -> None:
    """All its sections are there, and a count is that of the code."""
    report = (ROOT / REPORT).read_text()
    for heading in (
        "What it serves",
        "Routes",
        "Events",
        "How it is tested",
        "What it costs",
        "What was decided",
    ):
        assert f"# {heading}" in report
    assert f"| quotas | {len(POLICIES)} | [rest.md](reference/rest.md) |" in report
