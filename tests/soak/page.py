"""A run as a page and as a plot."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from benchmarks.plots import FONT, OURS, THEIRS, WIDTH
from tests.soak.run import Outcome
from tests.soak.samples import PARTS, Sample

MIB = 1024 * 1024
LEFT, RIGHT, TOP = 70, 20, 44  # user units, as all sizes here
PANEL, GAP = 170, 50
HEIGHT = TOP + 2 * PANEL + GAP + 40


def page(outcome: Outcome) -> str:
    """Markdown."""
    plan, account, after = outcome.plan, outcome.account, outcome.after
    names = {"resident": "resident", "anonymous": "of it anonymous"}
    memory = [
        f"{what}: {outcome.trend(name).beginning / MIB:.1f} MiB at the beginning,"
        f" {outcome.trend(name).end / MIB:.1f} at the end: {outcome.trend(name).growth:+.2%}"
        for name, what in names.items()
    ]
    counts = [
        f"{what}: {outcome.trend(name).beginning:,.0f} and {outcome.trend(name).end:,.0f}"
        for name, what in (
            ("blocks", "pieces of memory that Python gave out"),
            ("connections", "connections"),
        )
    ]
    given = (
        f"seed {plan.seed}, {plan.minutes:g} minutes, {plan.clients:,} clients, {plan.rate:g} events a"
        f" second, at most {plan.memory // MIB} MiB of data"
    )
    lines = (
        given,
        *memory,
        *counts,
        f"before the first client: {_rest(outcome.before)}",
        f"when all had left: {_rest(after) if after else 'not looked at'}",
        f"what the clients did: {_counted(account.counts)}",
        f"what they received: {account.events:,} events",
        f"the ends that the server told them: {_counted(account.ends)}",
        f"how requests were answered: {_counted(outcome.answers)}",
    )
    wrongs = outcome.wrongs()
    verdict = "\n".join(["```", *wrongs[:20], "```"]) if wrongs else "Nothing grew, and nothing is left."
    return "\n".join([f"- {line}" for line in lines]) + f"\n\n{verdict}\n"


def _counted(counts: Mapping[Any, int]) -> str:
    return ", ".join(f"{count:,} × {what}" for what, count in sorted(counts.items())) or "none"


def _rest(sample: Sample) -> str:
    return f"{sample.tasks} tasks, {sample.files} descriptors, {sample.resident / MIB:.1f} MiB"


def plot(outcome: Outcome) -> str:
    """The memory above, the connections below, as SVG; beginning and end are shaded."""
    plan, samples = outcome.plan, outcome.samples
    title = f"{plan.clients:,} clients coming and going for {plan.minutes:g} minutes"
    memory = [sample.resident / MIB for sample in samples]
    anonymous = [sample.anonymous / MIB for sample in samples]
    connections = [float(sample.connections) for sample in samples]
    times = [sample.seconds / plan.seconds for sample in samples]
    second = TOP + PANEL + GAP
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {FONT} role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="12" y="24" font-weight="bold">{escape(title)}: memory, and of it anonymous, MiB</text>',
        *_panel(TOP, times, [(memory, OURS), (anonymous, THEIRS)]),
        f'<text x="12" y="{second - 16}" font-weight="bold">connections</text>',
        *_panel(second, times, [(connections, OURS)]),
        *(_minute(part, plan.minutes) for part in range(PARTS + 1)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _panel(top: int, times: Sequence[float], curves: Sequence[tuple[Sequence[float], str]]) -> list[str]:
    """Curves from zero up to the highest of them."""
    highest = max(max(values) for values, _ in curves) or 1.0
    base = top + PANEL
    width = _x(1 / PARTS) - LEFT
    shade = f'width="{width:.1f}" height="{PANEL}" fill="#f1f3f5"'
    return [
        *(f'<rect x="{_x(part / PARTS):.1f}" y="{top}" {shade}/>' for part in (1, PARTS - 1)),
        f'<path d="M{LEFT} {top}V{base}H{WIDTH - RIGHT}" fill="none" stroke="black"/>',
        f'<text x="{LEFT - 8}" y="{top + 5}" text-anchor="end">{highest:,.0f}</text>',
        f'<text x="{LEFT - 8}" y="{base + 5}" text-anchor="end">0</text>',
        *(
            f'<polyline points="{_points(times, values, highest, base)}" fill="none" stroke="{colour}"'
            ' stroke-width="1.5"/>'
            for values, colour in curves
        ),
    ]


def _points(times: Sequence[float], values: Sequence[float], highest: float, base: int) -> str:
    return " ".join(
        f"{_x(time):.1f},{base - PANEL * value / highest:.1f}"
        for time, value in zip(times, values, strict=True)
    )


def _minute(part: int, minutes: float) -> str:
    text = f"{part * minutes / PARTS:g} min"
    return f'<text x="{_x(part / PARTS):.1f}" y="{HEIGHT - 12}" text-anchor="middle">{text}</text>'


def _x(time: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT - 20) * min(time, 1.0)
