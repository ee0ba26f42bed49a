"""A node dies where it hurts most: between each two steps of an event's way."""

import random
from pathlib import Path

import pytest

from tests.chaos import faults
from tests.chaos.report import page
from tests.chaos.run import Plan, run
from tests.chaos.site import Habits, site
from tests.support.figures import report
from tests.support.postgres import Cluster

KILLS = 6


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_killed_between_any_two_steps_nothing_is_lost(tmp_path: Path, postgresql: Cluster) -> None:
    """kill -9 before a post's commit, between that and the stamp, before the stamp's own, between stamp and
    publish, and between publish and flush, each twice: likewise.
    """
    seed = random.randrange(2**32)
    report(f"seed {seed}")
    plan = Plan(
        seed,
        faults.KILLS,
        at_least=KILLS,
        clients=20,
        rate=30,
        at_once=10,
        people=2,
        pairs=1.0,
        stay=3.0,
        scale=0.1,
    )
    async with site(tmp_path, postgresql, 3, Habits(heartbeat=1.0, timeout=4.0), marked=True) as nodes:
        outcome = await run(nodes, plan, report)
    report(page("Kills", outcome))
    assert outcome.verdict, str(outcome.verdict)
    assert len(outcome.struck) >= KILLS
