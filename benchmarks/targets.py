"""What the project claims, and whether it holds: each target, what was measured, and if that meets it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks import contest, contestants, counting, fanout, isolation, nodes, personal, posting, resuming
from benchmarks.contestants import Contestant
from benchmarks.figures import CLIENTS, MANY_CLIENTS
from benchmarks.results import Results

Measure = Callable[[Results], float | None]

OURS = (contestants.WEBSOCKET, contestants.SSE)


@dataclass(frozen=True, slots=True)
class Target:
    """`limit` is the most that `measure` may give, or with `least` the least that it must."""

    claim: str
    limit: float
    unit: str
    measure: Measure
    least: bool = False

    def is_met(self, value: float) -> bool:
        return value >= self.limit if self.least else value <= self.limit


def _median(benchmark: str, figure: str) -> Measure:
    return lambda results: results.median(benchmark, figure)


def _ratio(benchmark: str, other: str, figure: str) -> Measure:
    return lambda results: results.ratio(benchmark, other, figure)


def _against(
    figure: str, peer: Contestant, limit: float, *, clients: int = CLIENTS, least: bool = False
) -> Iterator[Target]:
    for ours in OURS:
        yield Target(
            f"{figure}, {clients:,} clients: {ours.name} ÷ {peer.name}",
            limit,
            "×",
            _ratio(contest.name(ours, clients), contest.name(peer, clients), figure),
            least,
        )


def _own(figure: str, limit: float, unit: str, *, clients: int, least: bool = False) -> Iterator[Target]:
    for ours in OURS:
        measure = _median(contest.name(ours, clients), figure)
        yield Target(f"{figure}, {clients:,} clients: {ours.name}", limit, unit, measure, least)


def _single(
    claim: str, benchmark: str, figure: str, limit: float, unit: str, *, least: bool = False
) -> Target:
    return Target(claim, limit, unit, _median(benchmark, figure), least)


def _all() -> Iterator[Target]:
    yield from _against(contest.CPU, contestants.FLOOR, 1.25)
    yield from _against(contest.CPU, contestants.FLOOR, 1.25, clients=MANY_CLIENTS)
    yield from _against(contest.CPU, contestants.WS, 1.0)
    yield from _against(contest.CPU, contestants.WEBSOCKETS, 1.0)
    yield from _against(contest.CPU, contestants.FASTAPI, 1.0)
    yield from _against(contest.CPU, contestants.LITESTAR, 1 / 2)
    yield from _against(contest.CPU, contestants.SSE_STARLETTE, 1 / 3)
    yield from _against(contest.BURST_RATE, contestants.WS, 10, least=True)
    yield from _own(contest.BURST_RATE, 1_000_000, "1/s", clients=CLIENTS, least=True)
    yield from _own(contest.IDLE, 24, "KiB", clients=CLIENTS)
    yield from _own(contest.IDLE, 24, "KiB", clients=MANY_CLIENTS)
    for peer in contestants.ASGI:
        yield from _against(contest.IDLE, peer, 1.0)
    yield from _own(contest.CONNECT_CPU, 600, "µs", clients=CLIENTS)
    for benchmark in resuming.BENCHMARKS:
        yield _single(f"{benchmark.name}, whole", benchmark.name, resuming.WHOLE, 15, "s")
        yield _single(
            f"{benchmark.name}, {resuming.STREAM_READS}",
            benchmark.name,
            resuming.STREAM_READS,
            resuming.MAX_STREAM_READS,
            "",
        )
    for benchmark in fanout.BENCHMARKS:
        yield _single(f"{benchmark.name}, p99", benchmark.name, f"{fanout.DELIVERY}, p99", 25, "ms")
    yield _single("Posts a second, 32 at once on SQLite", posting.NAME, posting.RATE, 600, "1/s", least=True)
    for percent, limit in ((50, 10), (99, 50)):
        figure = f"{nodes.DELIVERY}, p{percent}"
        yield _single(f"{nodes.DELIVERY_NAME}, p{percent}", nodes.DELIVERY_NAME, figure, limit, "ms")
    yield _single(f"{nodes.RELAY_NAME}, a second", nodes.RELAY_NAME, nodes.RATE, 1_500, "1/s", least=True)
    yield Target(
        f"{personal.GROUP}, CPU: among {MANY_CLIENTS:,} ÷ among {personal.FEW_CLIENTS}",
        1.2,
        "×",
        _ratio(personal.name(MANY_CLIENTS), personal.name(personal.FEW_CLIENTS), personal.CPU),
    )
    for kind in isolation.KINDS[1:]:
        figure = isolation.ratio(kind)
        yield _single(f"Others' p99 while one of 1,000 {kind}", isolation.NAME, figure, 1.1, "×")
    yield _single(f"{counting.NAME}: {counting.COST}", counting.NAME, counting.COST, 3, "%")


TARGETS = tuple(_all())
