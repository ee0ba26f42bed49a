"""Have everything fail at random under load, and say what became of it: `make chaos`, or

    python -m tests.chaos --seconds 60 --clients 100 --restarts 0 --kills 0 --seed 7

A seed gives the same faults in the same order; when the machine gets to them is not in its power. Exits with
1 if anything was lost, doubled, out of order, or told without having happened.
"""

import argparse
import asyncio
import math
import random
import signal
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import uvloop

from tests.chaos import faults
from tests.chaos.report import page
from tests.chaos.run import Plan, run
from tests.chaos.site import Habits, site
from tests.support.postgres import cluster

NODES = 3
QUIET_CLIENTS = 100  # while nodes are killed in marked places


def main() -> None:
    arguments = _parser().parse_args()
    print(f"seed {arguments.seed}", flush=True)  # noqa: T201 # a command's output
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        pages, well = runner.run(_runs(arguments))
    text = "\n".join(pages)
    print(f"\n{text}", flush=True)  # noqa: T201 # likewise
    if arguments.report is not None:
        arguments.report.write_text(text)
    sys.exit(0 if well else 1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=600, help="how long faults strike at random (600)")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32), help="of all chance (at random)")
    parser.add_argument("--clients", type=int, default=300, help="that follow the stream (300)")
    parser.add_argument("--rate", type=float, default=50, help="posts a second (50)")
    parser.add_argument("--restarts", type=int, default=3, help="rolling restarts, afterwards (3)")
    parser.add_argument("--kills", type=int, default=200, help="kill -9 in marked places, afterwards (200)")
    parser.add_argument("--report", type=Path, help="a file for what is printed in the end")
    return parser


async def _runs(arguments: argparse.Namespace) -> tuple[list[str], bool]:
    """The pages of the runs, and whether all was well. SIGTERM ends them in good order: no server is left."""
    this = asyncio.current_task()
    assert this is not None, "it is asked inside of one"
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    pages, well = [], True
    for title, plan in _plans(arguments):
        _say(f"\n{title}")
        with cluster() as postgresql, tempfile.TemporaryDirectory(prefix="itcook-chaos-") as directory:
            marked = plan.faults is faults.KILLS
            async with site(Path(directory), postgresql, NODES, Habits(), marked=marked) as made:
                outcome = await run(made, plan, _say)
        pages.append(page(title, outcome))
        well = well and bool(outcome.verdict)
    return pages, well


def _plans(arguments: argparse.Namespace) -> Iterator[tuple[str, Plan]]:
    """What is asked for, each with its title."""
    usual = Plan(arguments.seed, faults.ANYTHING, clients=arguments.clients, rate=arguments.rate)
    if arguments.seconds:
        yield "Everything, at random", replace(usual, seconds=arguments.seconds, pairs=0.25)
    if arguments.restarts:
        restarts = replace(usual, faults=(faults.ROLLING,), at_least=arguments.restarts, stay=math.inf)
        yield "Rolling restarts", restarts
    if arguments.kills:
        few = min(QUIET_CLIENTS, arguments.clients)
        kills = replace(usual, faults=faults.KILLS, at_least=arguments.kills, clients=few, pairs=1.0)
        yield "kill -9 in marked places", kills


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 # likewise


if __name__ == "__main__":
    main()
