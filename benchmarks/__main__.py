"""Measure everything and write RESULTS.md.

Rounds are interleaved (each benchmark once, then each again), so that a machine that is slow for a while
is slow for all of them.
"""

import argparse
import asyncio
import gc
import resource
import tempfile
from collections import defaultdict
from pathlib import Path

import uvloop

from benchmarks import connecting, expiry_scan, fanout, matcher, posting, resuming
from benchmarks.cores import LOAD_CORE, pin
from benchmarks.figures import CLIENTS, Benchmark, Figure
from benchmarks.report import page

ALL = [
    *connecting.BENCHMARKS,
    *fanout.BENCHMARKS,
    *posting.BENCHMARKS,
    *resuming.BENCHMARKS,
    *expiry_scan.BENCHMARKS,
    *matcher.BENCHMARKS,
]
ROUNDS = 5
RESULTS = Path(__file__).with_name("RESULTS.md")
SPARE_FILES = 256


def main() -> None:
    arguments = _parser().parse_args()
    chosen = [benchmark for benchmark in ALL if arguments.only.lower() in benchmark.name.lower()]
    if not chosen:
        raise SystemExit(f"no benchmark has {arguments.only!r} in its name: {[one.name for one in ALL]}")
    pin(0, LOAD_CORE)
    _allow_files(CLIENTS + SPARE_FILES)
    report = page(_measure(chosen, arguments.rounds))
    print(report)
    if chosen == ALL:
        RESULTS.write_text(report)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", default="", help="those with this in their name; RESULTS.md is left alone")
    return parser


def _measure(benchmarks: list[Benchmark], rounds: int) -> dict[str, list[list[Figure]]]:
    results: defaultdict[str, list[list[Figure]]] = defaultdict(list)
    for number in range(1, rounds + 1):
        for benchmark in benchmarks:
            print(f"round {number} of {rounds}: {benchmark.name}", flush=True)
            results[benchmark.name].append(_measure_once(benchmark))
    return results


def _measure_once(benchmark: Benchmark) -> list[Figure]:
    gc.collect()  # now, and not while something is timed
    with (
        tempfile.TemporaryDirectory() as directory,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        return runner.run(_figures(benchmark, Path(directory)))


async def _figures(benchmark: Benchmark, directory: Path) -> list[Figure]:
    return await benchmark.run(directory)


def _allow_files(count: int) -> None:
    """Let this process, and the server it starts, have `count` connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


if __name__ == "__main__":
    main()
