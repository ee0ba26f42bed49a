"""The last run of the tests, as `make unit` leaves it in build/: JUnit's XML."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, parse

PATH = Path("build/junit.xml")
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
    """`began` is a date; an area's seconds are those of its tests, several of which may run at once."""

    __test__ = False  # pytest takes every class of such a name for tests

    began: str
    seconds: float
    areas: tuple[Area, ...]


def read_test_run(path: Path) -> TestRun | None:
    """The run that the file tells of; None if there is no file."""
    if not path.exists():
        return None
    suite = parse(path).getroot().find("testsuite")  # noqa: S314 # pytest wrote it, on this machine
    assert suite is not None, "pytest writes one suite"
    return TestRun(suite.attrib["timestamp"][:10], float(suite.attrib["time"]), tuple(_areas(suite)))


def _areas(suite: Element) -> Iterator[Area]:
    outcomes: Counter[tuple[str, str]] = Counter()
    seconds: defaultdict[str, float] = defaultdict(float)
    for case in suite.iter("testcase"):
        name = _area(case.attrib["classname"])
        outcomes[name, _outcome(case)] += 1
        seconds[name] += float(case.attrib["time"])
    for name in sorted(seconds):
        passed, failed, skipped = (outcomes[name, outcome] for outcome in ("passed", "failed", "skipped"))
        yield Area(name, passed, failed, skipped, seconds[name])


def _area(classname: str) -> str:
    """`tests.stream.test_history` is of `tests/stream`, `tests.test_tcp` of `tests`."""
    parts = classname.split(".")
    return "/".join(parts[:2]) if len(parts) > 2 else parts[0]


def _outcome(case: Element) -> str:
    return next((_OUTCOMES[part.tag] for part in case if part.tag in _OUTCOMES), "passed")
