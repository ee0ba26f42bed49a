"""Every row of the protocol's tables has a test that names it, and every test names rows that there are."""

import inspect
from typing import Any

import pytest

from tests.support.contract import DIRECTORY, STREAMS, Means, results, rows, unpromised
from tests.support.marks import Test, marked, marks


def claims() -> set[tuple[str, Means]]:
    """Row and means of every proof, whatever part of the tests is run now."""
    return {
        (row, means)
        for function in marked("covers")
        for mark in marks(function, "covers")
        for row in mark.args
        for means in mark.kwargs["on"] or _transports(function)
    }


def _transports(function: Test) -> tuple[Means, ...]:
    assert "transport" in inspect.signature(function).parameters, f"{function.__name__} covers it where?"
    return STREAMS


def test_every_row_has_a_test_on_each_transport_that_it_is_about() -> None:
    """A row that nothing proves is no promise."""
    wanted = {(row, means) for row, applicable in rows().items() for means in applicable}
    assert wanted - claims() == set()


def test_every_mark_names_a_row() -> None:
    """A row that was renamed, or is gone, is not proved by anybody."""
    assert {row for row, _ in claims()} - rows().keys() == set()


def test_what_hypercorn_alone_cannot_promise_are_rows() -> None:
    """The page that names them names rows that there are."""
    assert unpromised() - rows().keys() == set()


def test_a_row_fails_with_any_of_its_tests() -> None:
    """Also when others passed, and when it was the preparation that failed."""

    def report(outcome: Any, when: Any, sink: str) -> pytest.TestReport:
        claim = ("covers", ("ends: 4008", "sse", sink))
        return pytest.TestReport(DIRECTORY, ("", 0, ""), {}, outcome, None, when, user_properties=[claim])

    found = results(
        [
            report("failed", "call", "direct"),
            report("passed", "call", "direct"),
            report("passed", "setup", "http2"),
            report("passed", "call", "http2"),
            report("failed", "setup", "hypercorn"),
        ]
    )
    assert found == {("ends: 4008", "sse"): {"direct": "failed", "http2": "passed", "hypercorn": "failed"}}
