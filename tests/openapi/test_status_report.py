"""The report on the backend's status: counts from the documents, and the last run of the tests."""

import subprocess
import sys
from pathlib import Path

import pytest

from itcook.quotas.policies import POLICIES
from openapi.generate import ROOT
from openapi.status_report import NO_RUN, REPORT, TESTS, status_report
from openapi.test_run import Area, TestRun, read_test_run

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
def run(tmp_path: Path) -> TestRun:
    """A run of some tests, in two places, as pytest tells of it."""
    (tmp_path / "tests/stream").mkdir(parents=True)
    (tmp_path / "tests/stream/test_some.py").write_text(SOME_TESTS)
    (tmp_path / "tests/test_top.py").write_text("def test_top(): pass\n")
    options = ("-q", "-c", "/dev/null", f"--rootdir={tmp_path}", f"--junitxml={tmp_path / 'junit.xml'}")
    command = [sys.executable, "-m", "pytest", *options, "-p", "no:cacheprovider", "tests"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    told = read_test_run(tmp_path / "junit.xml")
    assert told is not None
    return told


def test_a_run_is_counted_by_place(run: TestRun) -> None:
    """What broke before a test began is a failure too."""
    counts = [(area.name, area.passed, area.failed, area.skipped) for area in run.areas]
    assert counts == [("tests", 1, 0, 0), ("tests/stream", 2, 2, 1)]
    assert run.seconds >= sum(area.seconds for area in run.areas) >= 0


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
