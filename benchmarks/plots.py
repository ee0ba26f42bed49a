"""Bars, as SVG: the medians of one figure, a bar for each who has it, shortest first."""

from collections.abc import Mapping
from html import escape

WIDTH = 760  # user units, as all sizes here
LABELS = 230
VALUES = 90
BAR = 18
ROW = 26
TOP = 44
OURS, THEIRS = "#0b7285", "#adb5bd"
FONT = 'font-family="system-ui, sans-serif" font-size="13"'


def bars(title: str, unit: str, values: Mapping[str, float], ours: frozenset[str]) -> str:
    """A chart of `values` by name; those of `ours` stand out."""
    rows = sorted(values.items(), key=lambda row: row[1])
    longest = max(values.values())
    height = TOP + ROW * len(rows) + 10
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {FONT} role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="12" y="24" font-weight="bold">{escape(title)}, {escape(unit)}</text>',
    ]
    for number, (name, value) in enumerate(rows):
        lines += _row(TOP + ROW * number, name, value, longest, OURS if name in ours else THEIRS)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _row(top: int, name: str, value: float, longest: float, colour: str) -> list[str]:
    length = max(1.0, (WIDTH - LABELS - VALUES) * value / longest)
    middle = top + BAR - 4
    return [
        f'<text x="{LABELS - 8}" y="{middle}" text-anchor="end">{escape(name)}</text>',
        f'<rect x="{LABELS}" y="{top}" width="{length:.1f}" height="{BAR}" fill="{colour}"/>',
        f'<text x="{LABELS + length + 6:.1f}" y="{middle}">{number(value)}</text>',
    ]


def number(value: float) -> str:
    """For people: three digits or so, and whole from a hundred on."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
