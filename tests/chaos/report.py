"""A run as a page: what happened, how soon all was well again after each fault, and what was wrong."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import median

from tests.chaos.run import Outcome, Struck

HEADS = ("fault", "times", "lasted, s", "well after, s", "no 201 for, s", "no event for, s")


def page(title: str, outcome: Outcome) -> str:
    """Markdown."""
    sections = (f"## {title}", _numbers(outcome), _faults(outcome.struck), _verdict(outcome))
    return "\n\n".join(sections) + "\n"


def _numbers(outcome: Outcome) -> str:
    plan = outcome.plan
    answers = ", ".join(f"{count:,} × {what}" for what, count in sorted(outcome.answers.items()))
    ends = ", ".join(
        f"{count:,} × {'broken off' if code is None else code}"
        for code, count in sorted(outcome.ends.items(), key=lambda item: item[0] or 0)
    )
    lines = (
        f"seed {plan.seed}, {outcome.seconds:.0f} s, {plan.clients} clients, {plan.rate:g} posts a second",
        f"{outcome.posts:,} posts answered with 201, {outcome.posts / outcome.seconds:.1f} a second",
        f"{outcome.left_out:,} posts not sent, as too many waited",
        f"what came of their requests: {answers}",
        f"{outcome.sights:,} events seen, over {outcome.connections:,} connections",
        f"how connections ended: {ends or 'none'}; {outcome.silences} were given up, as nothing came",
    )
    return "\n".join(f"- {line}" for line in lines)


def _faults(struck: Sequence[Struck]) -> str:
    """A row for each kind: medians, and the worst where that says more."""
    kinds: defaultdict[str, list[Struck]] = defaultdict(list)
    for one in struck:
        kinds[one.fault].append(one)
    rows = (_row(name, kinds[name]) for name in sorted(kinds))
    lines = [HEADS, ["---", *["---:"] * (len(HEADS) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _row(name: str, struck: Sequence[Struck]) -> tuple[str, ...]:
    return (
        name,
        str(len(struck)),
        _middle_and_most(one.lasted for one in struck),
        _middle_and_most(one.recovered for one in struck),
        _middle_and_most(one.unanswered for one in struck),
        _middle_and_most(one.silent for one in struck),
    )


def _middle_and_most(values: Iterable[float]) -> str:
    every = sorted(values)
    return f"{median(every):.1f}" if len(every) == 1 else f"{median(every):.1f} (most {every[-1]:.1f})"


def _verdict(outcome: Outcome) -> str:
    verdict = outcome.verdict
    if verdict:
        return "0 lost, 0 doubled, 0 out of order, 0 events without their change."
    return f"```\n{verdict}\n```"
