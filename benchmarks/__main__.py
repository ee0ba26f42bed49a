"""Measure everything and write RESULTS.md and its plots.

Rounds are interleaved (each benchmark once, then each again), so that a machine that is slow for a while
is slow for all of them, and what is compared is compared within one round.
"""

import argparse
import asyncio
import gc
import sys
import tempfile
from pathlib import Path

import uvloop

from benchmarks import (
    contest,
    contestants,
    counting,
    expiry_scan,
    fanout,
    isolation,
    matcher,
    nodes,
    personal,
    posting,
    report,
    resuming,
)
from benchmarks.cores import LOAD_CORE, pin
from benchmarks.figures import MANY_CLIENTS, Benchmark, Figure
from benchmarks.process import allow_files
from benchmarks.results import Results

ROUNDS = 3
LIMIT_SECONDS = 300.0  # of one benchmark in one round; what takes longer has failed
HERE = Path(__file__).parent
SPARE_FILES = 256


def main() -> None:
    arguments = _parser().parse_args()
    chosen = [one for one in _all() if _is_chosen(one, arguments)]
    if not chosen:
        raise SystemExit(f"no benchmark has {arguments.only!r} in its name: {[one.name for one in _all()]}")
    for name, reason in _missing().items():
        print(f"left out: {name}: {reason}", flush=True)
    pin(0, LOAD_CORE)
    allow_files(MANY_CLIENTS + SPARE_FILES)
    results = _measure(chosen, 1 if arguments.quick else arguments.rounds)
    whole = len(chosen) == len(_all())
    print(report.page(results, whole=whole))
    if whole:
        _write(results)
    if results.failures:
        sys.exit(1)


def _all() -> list[Benchmark]:
    """All that can be measured on this machine."""
    missing = _missing()
    every = [
        *contest.BENCHMARKS,
        *fanout.BENCHMARKS,
        *posting.BENCHMARKS,
        *nodes.BENCHMARKS,
        *resuming.BENCHMARKS,
        *personal.BENCHMARKS,
        *isolation.BENCHMARKS,
        *counting.BENCHMARKS,
        *expiry_scan.BENCHMARKS,
        *matcher.BENCHMARKS,
    ]
    return [one for one in every if one.row not in missing]


def _missing() -> dict[str, str]:
    return {contestant.name: reason for contestant, reason in contestants.missing().items()}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", default="", help="those with this in their name; RESULTS.md is left alone")
    parser.add_argument("--quick", action="store_true", help="one round of all that takes no long; likewise")
    return parser


def _is_chosen(benchmark: Benchmark, arguments: argparse.Namespace) -> bool:
    return arguments.only.lower() in benchmark.name.lower() and not (arguments.quick and benchmark.large)


def _measure(benchmarks: list[Benchmark], rounds: int) -> Results:
    results = Results()
    repeated = [one for one in benchmarks if not one.once]
    for number in range(1, rounds + 1):
        for benchmark in benchmarks if number == 1 else repeated:
            print(f"round {number} of {rounds}: {benchmark.name}", flush=True)
            try:
                results.add(benchmark, number, _measure_once(benchmark))
            except Exception as error:  # the others are still worth measuring
                print(f"failed: {error!r}", flush=True)
                results.failed(benchmark, number, error)
    return results


def _measure_once(benchmark: Benchmark) -> list[Figure]:
    gc.collect()  # now, and not while something is timed
    with (
        tempfile.TemporaryDirectory() as directory,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        return runner.run(_figures(benchmark, Path(directory)))


async def _figures(benchmark: Benchmark, directory: Path) -> list[Figure]:
    async with asyncio.timeout(LIMIT_SECONDS):
        return await benchmark.run(directory)


def _write(results: Results) -> None:
    (HERE / "RESULTS.md").write_text(report.page(results))
    plots = HERE / "plots"
    plots.mkdir(exist_ok=True)
    for name, drawn in report.plots(results).items():
        (plots / name).write_text(drawn)


if __name__ == "__main__":
    main()
