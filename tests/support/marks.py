"""The marks that tests have, whatever part of the tests is run now."""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest

from tests.support.documents import ROOT

Test = Callable[..., Any]


def marked(name: str) -> Iterator[Test]:
    """All tests in files that use the decorator `name`."""
    for path in sorted(ROOT.glob("tests/**/test_*.py")):
        if f"{name}(" in path.read_text():
            module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
            yield from (
                function
                for given, function in vars(module).items()
                if given.startswith("test_") and callable(function) and function.__module__ == module.__name__
            )


def marks(function: Test, name: str) -> Iterator[pytest.Mark]:
    """Those of this name: of the test, and of its parameters."""
    for mark in getattr(function, "pytestmark", []):
        if mark.name == name:
            yield mark
        elif mark.name == "parametrize":
            for values in mark.args[1]:
                yield from (own for own in getattr(values, "marks", ()) if own.name == name)
