"""Clocks: tokens and events are stamped by this machine's, and judged by others."""

from datetime import datetime

from itcook.commands.doctor.findings import Finding, broken, ok, warning

UNEVEN_SECONDS = 1.0
WRONG_SECONDS = 10.0  # a token of a quarter of an hour is then noticeably short, or not valid yet
MEND = "run chrony or systemd-timesyncd on both machines"


def compared(what: str, whose: str, told: datetime, asked_at: datetime, answered_at: datetime) -> Finding:
    """This machine's clock beside that of `whose`, which was `told` some time between the two moments."""
    if told < asked_at:
        apart = (told - asked_at).total_seconds()
    else:
        apart = max(0.0, (told - answered_at).total_seconds())
    found = f"{abs(apart):.1f} s {'behind' if apart < 0 else 'before'} this machine's, as {whose} tells it"
    if abs(apart) >= WRONG_SECONDS:
        return broken(what, found, MEND)
    if abs(apart) >= UNEVEN_SECONDS:
        return warning(what, found, MEND)
    return ok(what, f"the same as {whose}'s, as far as can be told")
