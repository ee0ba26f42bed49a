"""The last run of the tests, as `make unit` leaves it in build/: JUnit's XML.

What failed beside the others is run once more, alone (tests/again.py), and has a second file.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from xml.etree.ElementTree import Element, parse

PATH = Path("build/junit.xml")
AGAIN = "junit-again.xml"  # beside it
_OUTCOMES = {"failure": "failed", "error": "failed", "skipped": "skipped"}  # by what an element holds


@dataclass(frozen=True, slots=True)
class Area:
    """The tests of one directory, or of the files beside all directories."""

    name: str
    passed: int
    failed: int
    skipped: int
    seconds: float


@dataclass(frozen=True, slots=True)
class TestRun:
    """`began` is a date; an area's seconds are those of its tests, several of which may run at once.

    `again` are the tests that failed beside the others and passed alone; they count as passed.
    """

    __test__ = False  # pytest takes every class of such a name for tests

    began: str
    seconds: float
    areas: tuple[Area, ...]
    again: tuple[str, ...] = ()


def read_test_run(path: Path) -> TestRun | None:
    """The run that the file tells of; None if there is no file."""
    if not path.exists():
        return None
    suite = _suite(path)
    mended = _mended(suite, path.with_name(AGAIN))
    areas = tuple(_areas(suite, mended))
    return TestRun(suite.attrib["timestamp"][:10], float(suite.attrib["time"]), areas, tuple(sorted(mended)))


def _suite(path: Path) -> Element:
    suite = parse(path).getroot().find("testsuite")  # noqa: S314 # pytest wrote it, on this machine
    assert suite is not None, "pytest writes one suite"
    return suite


def _mended(suite: Element, again: Path) -> frozenset[str]:
    """What failed in this run, and passed alone after it."""
    if not again.exists():
        return frozenset()
    alone = _suite(again)
    first, second = (datetime.fromisoformat(one.attrib["timestamp"]) for one in (suite, alone))
    if second < first:
        return frozenset()  # it belongs to a run before this one
    failed = {_name(case) for case in suite.iter("testcase") if _outcome(case) == "failed"}
    return frozenset(failed & {_name(case) for case in alone.iter("testcase") if _outcome(case) == "passed"})


def _name(case: Element) -> str:
    return f"{case.attrib['classname']}.{case.attrib['name']}"


def _areas(suite: Element, mended: Collection[str]) -> Iterator[Area]:
    outcomes: Counter[tuple[str, str]] = Counter()
    seconds: defaultdict[str, float] = defaultdict(float)
    for case in suite.iter("testcase"):
        name = _area(case.attrib["classname"])
        outcomes[name, "passed" if _name(case) in mended else _outcome(case)] += 1
        seconds[name] += float(case.attrib["time"])
    for name in sorted(seconds):
        passed, failed, skipped = (outcomes[name, outcome] for outcome in ("passed", "failed", "skipped"))
        yield Area(name, passed, failed, skipped, seconds[name])


def _area(classname: str) -> str:
    """`tests.stream.test_history` is of `tests/stream`, `tests.test_tcp` of `tests`, whether or not a class
    follows.
    """
    parts = classname.split(".")
    return "/".join(parts[:2]) if len(parts) > 2 and not parts[1].startswith("test_") else parts[0]


def _outcome(case: Element) -> str:
    return next((_OUTCOMES[part.tag] for part in case if part.tag in _OUTCOMES), "passed")
