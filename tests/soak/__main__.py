"""Have clients come and go for half an hour, and say what became of the server's memory: `make soak`, or

    python -m tests.soak --minutes 1 --clients 200 --seed 7

A seed gives the same clients, who do the same; when the machine gets to them is not in its power. Exits with
1 if the memory grew by more than 2 % from the second sixth of the time to the last, if a task or a descriptor
is left when all have gone, or if a request was refused or an event out of order.
"""

import argparse
import asyncio
import random
import signal
import sys
import tempfile
from pathlib import Path

import uvloop

from benchmarks.process import allow_files
from tests.soak.page import page, plot
from tests.soak.run import SETTINGS, Outcome, Plan, soak
from tests.soak.samples import table
from tests.support.processes import Server, started

SPARE_FILES = 256
WATCHED = Path(__file__).parents[1] / "support/watched_server.py"


def main() -> None:
    arguments = _parser().parse_args()
    plan = Plan(arguments.seed, minutes=arguments.minutes, clients=arguments.clients, rate=arguments.rate)
    _say(f"seed {plan.seed}")
    allow_files(plan.clients + SPARE_FILES)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        outcome = runner.run(_run(plan))
    _say(f"\n{page(outcome)}")
    _write(outcome, arguments.report)
    sys.exit(1 if outcome.wrongs() else 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--minutes", type=float, default=30, help="how long (30)")
    parser.add_argument("--clients", type=int, default=2_000, help="that come and go (2000)")
    parser.add_argument("--rate", type=float, default=25, help="events a second (25)")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32), help="of all chance (at random)")
    parser.add_argument(
        "--report", type=Path, default=Path("build/soak"), help="a directory for plot and samples"
    )
    return parser


async def _run(plan: Plan) -> Outcome:
    """SIGTERM ends it in good order: no server is left."""
    this = asyncio.current_task()
    assert this is not None, "it is asked inside of one"
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    with tempfile.TemporaryDirectory(prefix="itcook-soak-") as directory:
        async with started(Server(Path(directory), SETTINGS, sys.executable, "-P", WATCHED)) as server:
            return await soak(server, plan, _say)


def _write(outcome: Outcome, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "soak.md").write_text(page(outcome))
    (directory / "soak.svg").write_text(plot(outcome))
    (directory / "soak.csv").write_text(table(outcome.samples))
    _say(f"plot and samples are in {directory}")


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 # a command's output


if __name__ == "__main__":
    main()
