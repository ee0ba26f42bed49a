"""The contest with a handful of clients: everybody who is installed does the work, whole.

`make test` installs no peers: IT Cook is here always, they where `make bench` has been.
"""

from pathlib import Path

import pytest

from benchmarks import contest, people
from benchmarks.contest import compete
from benchmarks.contestants import ALL, Contestant, missing

CLIENTS = 5


@pytest.fixture(autouse=True)
def few_people(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as come, in a database of their own."""
    monkeypatch.setattr(people, "COUNT", CLIENTS)
    monkeypatch.setattr(people, "CHUNK", CLIENTS)
    monkeypatch.setattr(people, "_prepared", [])


@pytest.mark.parametrize(
    "contestant", [pytest.param(one, id=one.name) for one in ALL if one not in missing()]
)
async def test_everybody_does_the_work(contestant: Contestant, tmp_path: Path) -> None:
    """Clients are let in, every event reaches each of them, and that has cost something."""
    figures = {figure.name: figure.value for figure in await compete(contestant, CLIENTS, tmp_path)}
    for name in (contest.CONNECT_CPU, contest.CPU, contest.BURST_RATE, contest.BURST_CPU):
        assert figures[name] > 0
