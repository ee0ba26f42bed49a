"""The contract suite: which test proves which row of the tables in docs/reference/protocol.md, on which
transport and sink, and the table of how that went.

A test names its rows with `covers`. It proves them on the `transport` that it is a parameter of, or on those
that `on` names; and on its parameter `sink`, or on the one that the mark names. What Hypercorn alone cannot
promise, docs/why/0015-direct-sink.md says.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Literal, cast

import pytest

from tests.support.documents import codes, table

PROTOCOL = "docs/reference/protocol.md"
DIRECT_SINK = "docs/why/0015-direct-sink.md"
DIRECTORY = "tests/contract/"

Means = Literal["websocket", "sse", "poll"]
MEANS: tuple[Means, ...] = ("websocket", "sse", "poll")
STREAMS: tuple[Means, ...] = ("websocket", "sse")

# The marked tables, with the means of hearing events on which their rows are to be proved.
TABLES: dict[str, tuple[Means, ...]] = {
    "endpoints": STREAMS,
    "parameters": STREAMS,
    "ways": STREAMS,
    "envelope": STREAMS,
    "durable": MEANS,
    "ephemeral": STREAMS,
    "control": STREAMS,
    "messages": STREAMS,
    "errors": STREAMS,
    "channels": STREAMS,
    "resume": STREAMS,
    "reasons": MEANS,
    "polling": ("poll",),
    "liveness": STREAMS,
    "backpressure": STREAMS,
    "ends": STREAMS,
    "closes": ("websocket",),
}
# Rows that are about fewer.
FEWER: dict[str, tuple[Means, ...]] = {
    "endpoints: GET /api/v1/realtime/ws": ("websocket",),
    "endpoints: GET /api/v1/realtime/sse": ("sse",),
    "endpoints: POST /api/v1/realtime/connections/{connection_id}/messages": ("sse",),
    "endpoints: GET /api/v1/realtime/events": ("poll",),
    "parameters: named": ("sse",),
    "ways: Sec-WebSocket-Protocol: itcook.v1, bearer.TOKEN": ("websocket",),
    "liveness: ping": ("websocket",),
    "liveness: silence": ("websocket",),
    "ends: 1000": ("websocket",),  # whoever leaves an event stream hears nothing more
    "ends: 1003": ("websocket",),  # an event stream's client has no binary messages
    "ends: 4012": ("websocket",),  # nor a way to give a sign of life
}

Result = dict[tuple[str, Means], dict[str, str]]  # of a row on a transport: the outcome on each sink


def covers(*rows: str, on: Means | Iterable[Means] = (), sink: str = "direct") -> pytest.MarkDecorator:
    """Mark a test, or a `pytest.param`, as a proof of these rows, each `table: first cell`."""
    return pytest.mark.covers(*rows, on=(on,) if isinstance(on, str) else tuple(on), sink=sink)


@cache
def rows() -> dict[str, tuple[Means, ...]]:
    """Every row of the contract, and the means that it must be proved on."""
    named = [(name, _names(name)) for name in TABLES]
    return {
        f"{name}: {key}": FEWER.get(f"{name}: {key}", TABLES[name]) for name, keys in named for key in keys
    }


@cache
def unpromised() -> frozenset[str]:
    """The rows that Hypercorn alone cannot keep."""
    return frozenset(row for cells in table(DIRECT_SINK, "alone") for row in codes(cells[0]))


def _names(name: str) -> list[str]:
    """The first cell of each row; where several rows have the same, the second one too."""
    cells = [[_plain(cell) for cell in row[:2]] for row in table(PROTOCOL, name)]
    first = [row[0] for row in cells]
    return [row[0] if first.count(row[0]) == 1 else " ".join(row) for row in cells]


def _plain(cell: str) -> str:
    found = codes(cell)
    return found[0] if found else cell


def claims(item: pytest.Item) -> Iterator[tuple[str, Means, str]]:
    """What a test claims to prove: row, means, sink."""
    callspec = getattr(item, "callspec", None)
    parameters = callspec.params if callspec else {}
    for mark in item.iter_markers("covers"):
        on = mark.kwargs["on"] or ([parameters["transport"]] if "transport" in parameters else [])
        assert on, f"{item.nodeid} must say on which transport it covers {mark.args}"
        sink = parameters.get("sink", mark.kwargs["sink"])
        promised = [row for row in mark.args if sink != "hypercorn" or row not in unpromised()]
        yield from ((row, means, sink) for row in promised for means in on)


# The hooks; tests/conftest.py hands them to pytest. What a test claims travels with its report, as with
# xdist the one who prints the table is not the one who ran the test.


def pytest_itemcollected(item: pytest.Item) -> None:
    for claim in claims(item):
        item.user_properties.append(("covers", claim))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table, if the contract suite was among what ran."""
    reports = [
        report
        for outcome in ("passed", "failed", "error", "skipped")
        for report in terminalreporter.stats.get(outcome, [])
        if isinstance(report, pytest.TestReport)
    ]
    if any(report.nodeid.startswith(DIRECTORY) and report.user_properties for report in reports):
        terminalreporter.section("the wire contract")
        for line in _lines(results(reports)):
            terminalreporter.write_line(line)


def results(reports: Iterable[pytest.TestReport]) -> Result:
    """How each row went: a failure of one test is one of the row."""
    found: Result = defaultdict(dict)
    for report in reports:
        if report.when != "call" and report.passed:
            continue
        for name, value in report.user_properties:
            if name == "covers":
                row, means, sink = cast("tuple[str, Means, str]", value)
                outcomes = found[row, means]
                outcomes[sink] = _worse(outcomes.get(sink, report.outcome), report.outcome)
    return found


def _worse(one: str, other: str) -> str:
    return min(one, other, key=["failed", "skipped", "passed"].index)


def _lines(found: Result) -> Iterator[str]:
    width = max(map(len, rows()))
    yield "  ".join(["row".ljust(width), *(means.ljust(28) for means in MEANS)]).rstrip()
    for row, applicable in rows().items():
        cells = [_cell(found.get((row, means), {})) if means in applicable else "-" for means in MEANS]
        without = "not promised under Hypercorn alone" if row in unpromised() else ""
        yield "  ".join([row.ljust(width), *(cell.ljust(28) for cell in cells), without]).rstrip()


def _cell(outcomes: dict[str, str]) -> str:
    if not outcomes:
        return "not run"
    sinks = sorted(outcomes)
    failed = [sink for sink in sinks if outcomes[sink] != "passed"]
    return f"{outcomes[failed[0]].upper()} {' '.join(failed)}" if failed else f"ok {' '.join(sinks)}"
