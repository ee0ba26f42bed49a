"""Every line of docs/RELIABILITY.md has the tests that it names, and every marked test stands there."""

import pytest

from tests.support.survival import lines, named, proofs, results, told


def test_every_line_names_the_tests_that_prove_it() -> None:
    """No more and no fewer: a line without a test is a wish."""
    documented = {line: named(cell) for line, cell in lines().items()}
    assert documented == proofs()


def test_a_line_fails_with_any_of_its_tests() -> None:
    """Also where it was the preparation that failed, and one that was left out proves nothing."""

    def report(test: str, outcome: str, when: str = "call") -> pytest.TestReport:
        claim = ("survives", "process: SIGTERM")
        return pytest.TestReport(test, ("", 0, ""), {}, outcome, None, when, user_properties=[claim])  # type: ignore[arg-type] # literals

    good = [report("a", "passed", "setup"), report("a", "passed")]
    assert "process: SIGTERM" in "".join(told(results(good)))
    for bad in (report("b", "failed"), report("b", "failed", "setup"), report("b", "skipped", "setup")):
        (line,) = [line for line in told(results([*good, bad])) if line.startswith("process: SIGTERM")]
        assert line.endswith("FAILED b")
