"""Clients come and go: nothing of them is left, and what would be a leak is called one."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.soak.page import page, plot
from tests.soak.run import SETTINGS, Outcome, Plan, soak
from tests.soak.samples import Sample, table
from tests.support.documents import ROOT
from tests.support.figures import report
from tests.support.processes import Server, started

PLAN = Plan(seed=7, minutes=0.07, clients=40, rate=40, events=50, times=1, stay=1.0)
REST = Sample(0, resident=100_000, anonymous=80_000, connections=0, tasks=15, files=20, blocks=1_000)


async def test_clients_come_and_go_and_nothing_of_them_is_left(tmp_path: Path) -> None:
    """On both transports, aborting, closing and not reading, with and without a cursor: every handshake and
    request is answered, every event is in order, and tasks and descriptors are what they were before."""
    server = Server(tmp_path, SETTINGS, sys.executable, "-P", ROOT / "tests/support/watched_server.py")
    async with started(server):
        outcome = await soak(server, PLAN, report)
    report(page(outcome))
    counts = outcome.account.counts
    assert outcome.after is not None
    assert [wrong for wrong in outcome.wrongs() if "memory" not in wrong] == []
    assert all(counts[what] for what in ("ws", "sse", "abort", "close", "fresh", "resumed")), counts
    assert outcome.account.events > PLAN.clients


def outcome(memory: Callable[[float], float]) -> Outcome:
    """Of a run whose server had so much memory at each part of the time, which is from 0 to 1."""
    plan = Plan(seed=7)
    samples = [
        replace(REST, seconds=second, resident=int(memory(second / plan.seconds)), connections=2_000)
        for second in range(0, int(plan.seconds) + 1, 5)
    ]
    return Outcome(plan, REST, samples=samples, after=REST)


@pytest.mark.parametrize(
    ("memory", "grows"),
    [
        (lambda time: 100_000, False),
        (lambda time: 100_000 + 20_000 * min(time, 0.1), False),
        (lambda time: 100_000 + 2_000 * time, False),
        (lambda time: 100_000 + 4_000 * time, True),
        (lambda time: 100_000 if time < 0.5 else 103_000, True),
        (lambda time: 104_000 - 4_000 * time, False),
    ],
    ids=["flat", "warming up", "little", "steadily", "at once", "shrinking"],
)
def test_growth_after_the_warm_up_is_wrong(memory: Callable[[float], float], grows: bool) -> None:
    """More than 2 % from the second sixth of the time to the last, of the medians."""
    assert any("memory grew" in wrong for wrong in outcome(memory).wrongs()) is grows


@pytest.mark.parametrize("more", [{"tasks": 16}, {"files": 21}, {"connections": 1}])
def test_what_is_left_is_wrong(more: dict[str, int]) -> None:
    """A task, a descriptor or a connection more than before the first client."""
    left = outcome(lambda time: 100_000)
    assert left.wrongs() == []
    left.after = replace(REST, **more)
    assert any("not let go of" in wrong for wrong in left.wrongs())


def test_a_run_can_be_looked_at() -> None:
    """As a table with a line for each sample, and as a plot with a point for each."""
    ended = outcome(lambda time: 100_000)
    assert len(table(ended.samples).splitlines()) == 1 + len(ended.samples)
    drawn = plot(ended)
    assert drawn.count("<polyline") == 3
    assert drawn.split('points="')[1].split('"')[0].count(",") == len(ended.samples)
