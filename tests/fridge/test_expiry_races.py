"""The scan where it races, fails and is killed: nobody is left out, and nobody told twice."""

import asyncio
import signal
import sys
from datetime import datetime

import pytest

from itcook import models
from itcook.auth.principal import Principal
from itcook.database import Database
from itcook.fridge import expiry_scan
from itcook.fridge.expiry_scan import scan
from itcook.kitchens.days import next_morning
from itcook.kitchens.views import Kitchen
from itcook.schedule.runner import Job, Runner
from itcook.settings import Settings
from tests.support.expiry import MORNING, stocked, told

DROWNED = """
import asyncio, os, signal, sys
from datetime import datetime
from itcook.database import Database, Transaction
from itcook.fridge import expiry_scan
from itcook.settings import Settings

commits = int(sys.argv[3])
complete = Transaction.complete

async def complete_or_die(self):
    global commits
    commits -= 1
    if commits < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    await complete(self)

async def main():
    await Database(Settings(_env_file=None, database_url=sys.argv[1])).open()
    expiry_scan.KITCHENS = 2
    Transaction.complete = complete_or_die
    await expiry_scan.scan(datetime.fromisoformat(sys.argv[2]))

asyncio.run(main())
"""


@pytest.fixture
async def kitchens(owner: Principal) -> list[Kitchen]:
    """Five kitchens with two items to tell of in each."""
    return await stocked(owner, 5)


async def test_scans_that_race_tell_once(kitchens: list[Kitchen], monkeypatch: pytest.MonkeyPatch) -> None:
    """Also without a lease between them."""
    monkeypatch.setattr(expiry_scan, "KITCHENS", 2)
    assert sum(await asyncio.gather(*(scan(MORNING) for _ in range(5)))) == len(kitchens) + 1
    assert len(await told()) == len(kitchens)
    assert await models.ExpiryNotice.all().count() == 2 * len(kitchens)


async def test_runners_that_race_tell_once(kitchens: list[Kitchen]) -> None:
    """Several nodes wake at the same moment, again and again."""
    job = Job("expiry scan", scan)
    runners = [Runner([job], lambda: MORNING) for _ in range(4)]
    for _ in range(3):
        await asyncio.gather(*(runner.turn(job) for runner in runners))
    assert len(await told()) == len(kitchens)


async def test_a_scan_that_fails_is_taken_up_where_it_was(
    kitchens: list[Kitchen], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What committed stays, what did not is as if it had never begun."""
    monkeypatch.setattr(expiry_scan, "KITCHENS", 2)
    mornings = [next_morning] * 3

    def failing(time_zone: str, now: datetime) -> datetime:
        if not mornings:
            raise RuntimeError("a defect")
        return mornings.pop()(time_zone, now)

    with monkeypatch.context() as broken:
        broken.setattr(expiry_scan, "next_morning", failing)
        with pytest.raises(RuntimeError, match="a defect"):
            await scan(MORNING)
    assert await models.ExpiryNotice.all().count() == 2 * len(await told())
    assert await models.Kitchen.filter(scan_at__gt=MORNING).count() == 2
    assert await scan(MORNING) == len(kitchens) - 1
    assert len(await told()) == len(kitchens)


@pytest.mark.parametrize("commits", [0, 1, 2])
async def test_a_scan_that_is_killed_is_taken_up_where_it_was(
    database: Database, settings: Settings, kitchens: list[Kitchen], commits: int
) -> None:
    """SIGKILL within a transaction, in a process of its own; no kitchen is left out, none told twice."""
    await database.close()
    arguments = (settings.database_url, MORNING.isoformat(), str(commits))
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", DROWNED, *arguments)
    assert await killed.wait() == -signal.SIGKILL
    await database.open()
    assert await models.Kitchen.filter(scan_at__gt=MORNING).count() == 2 * commits
    assert await models.ExpiryNotice.all().count() == 2 * len(await told())
    assert await scan(MORNING) == len(kitchens) + 1 - 2 * commits
    assert len({event.data["kitchen_id"] for event in await told()}) == len(await told()) == len(kitchens)
