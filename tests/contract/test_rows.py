"""Every row of the protocol's tables has a test that names it, and every test names rows that there are."""

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest

from tests.support.contract import DIRECTORY, STREAMS, Means, results, rows, unpromised
from tests.support.documents import ROOT


def claims() -> set[tuple[str, Means]]:
    """Row and means of every proof, whatever part of the tests is run now."""
    return {
        (row, means)
        for function in functions()
        for mark in marks(function)
        for row in mark.args
        for means in mark.kwargs["on"] or _transports(function)
    }


def functions() -> Iterator[Callable[..., Any]]:
    """All tests that may have marks."""
    for path in sorted(ROOT.glob("tests/**/test_*.py")):
        if "covers(" in path.read_text():
            module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
            yield from (
                function
                for name, function in vars(module).items()
                if name.startswith("test_") and callable(function)
            )


def marks(function: Callable[..., Any]) -> Iterator[pytest.Mark]:
    """Those of the test, and those of its parameters."""
    for mark in getattr(function, "pytestmark", []):
        if mark.name == "covers":
            yield mark
        elif mark.name == "parametrize":
            for values in mark.args[1]:
                yield from (own for own in getattr(values, "marks", ()) if own.name == "covers")


def _transports(function: Callable[..., Any]) -> tuple[Means, ...]:
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
