"""Three nodes, clients on both transports that come and go, posts all the while; everything fails once."""

import math
import random
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.chaos import faults
from tests.chaos.report import page
from tests.chaos.run import Outcome, Plan, run
from tests.chaos.site import Habits, Site, site
from tests.support.figures import report
from tests.support.postgres import Cluster, cluster

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

HABITS = Habits(heartbeat=1.0, timeout=4.0, drain=3.0, database_timeout=1.0)
CLIENTS = 30
RATE = 20.0
AT_ONCE = 10


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Cluster]:
    """A PostgreSQL of this module's own, because it is stopped."""
    with cluster() as postgresql:
        yield postgresql


@pytest.fixture(scope="module")
async def nodes(tmp_path_factory: pytest.TempPathFactory, postgresql: Cluster) -> AsyncIterator[Site]:
    async with site(tmp_path_factory.mktemp("site"), postgresql, 3, HABITS) as made:
        yield made


async def _run(nodes: Site, *faults_: faults.Fault, stay: float) -> Outcome:
    seed = random.randrange(2**32)
    report(f"seed {seed}")
    plan = Plan(seed, faults_, clients=CLIENTS, rate=RATE, at_once=AT_ONCE, people=2, stay=stay, scale=0.1)
    outcome = await run(nodes, plan, report)
    report(page("Chaos", outcome))
    return outcome


async def test_whatever_fails_nothing_is_lost(nodes: Site) -> None:
    """Every kind of fault once, in any order. Every post is answered in the end and stored once; every client
    has every event once and in order, resumed wherever it came back; no event is without its change.
    """
    outcome = await _run(nodes, *faults.ANYTHING, stay=3.0)
    assert outcome.verdict, str(outcome.verdict)
    assert {struck.fault for struck in outcome.struck} == {fault.name for fault in faults.ANYTHING}
    assert outcome.connections > 2 * CLIENTS
    assert outcome.posts
    assert outcome.sights > outcome.posts * CLIENTS // 2


async def test_a_rolling_restart_is_no_more_than_a_moment(nodes: Site) -> None:
    """All nodes under load, one after the other: every client is told 1012 by each node that it is at, and
    resumes; nothing is lost. Whoever heard nothing for long on a busy machine and left by itself may have
    been at none.
    """
    outcome = await _run(nodes, faults.ROLLING, stay=math.inf)
    assert outcome.verdict, str(outcome.verdict)
    assert None not in outcome.ends, "somebody was cut off without a word"
    assert outcome.ends[1012]
    assert all(account.ends[1012] or account.silences for account in outcome.ledger.accounts)
