"""What the documents say in words that no type has."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

REFERENCE = Path(__file__).parents[1] / "docs/reference"

# By name: what a parameter of a path or a query string means.
PARAMETERS: Mapping[str, str] = {
    "action": "Only of this action.",
    "after": "The cursor to go on from, of a page, a stream or the last answer; without it, from now on.",
    "allergies": "What must not be in it, separated by commas.",
    "before": "`next_before` of the page before this one; without it, the first page.",
    "category": "Only of this category.",
    "channel": "The channel: `community`, `post:{id}` or `kitchen:{id}`.",
    "channels": "Names of channels, separated by commas; without it `community,personal,kitchens`.",
    "comment_id": "The comment's id.",
    "connection_id": "The connection's id, of its `Connected`.",
    "cuisine": "Only of this cuisine.",
    "cursor": "Resume after this cursor; without it the stream begins now.",
    "days": "How many days ahead; by default as many as each kitchen has chosen.",
    "diet": "Only what fits this diet.",
    "diets": "Which diets it must fit, separated by commas.",
    "difficulty": "Only of this difficulty.",
    "expiring_before": "Only what has its last good day before this date.",
    "favourites": "Only what the caller keeps.",
    "following": "Only of people whom the caller follows.",
    "from": "The first day, in the person's time zone.",
    "goal_id": "The goal's id.",
    "goal_type": "Only of this type.",
    "invite_id": "The invite's id.",
    "item_id": "The item's id.",
    "kitchen_id": "The kitchen's id.",
    "language": "The language of the answer; by default the caller's.",
    "limit": "How many at most.",
    "location": "Only what is there.",
    "max_minutes": "How long it may take from start to table, in minutes.",
    "mine": "Only the caller's own.",
    "name": "The file's name.",
    "named": "Whether each event has an `event:` line; `EventSource.onmessage` never sees those.",
    "notification_id": "The notification's id.",
    "others": "Whether the login that asks is kept.",
    "post_id": "The post's id.",
    "post_type": "Only of this type.",
    "q": "What is looked for, whatever the case.",
    "recipe_id": "The recipe's id.",
    "request_id": "The request's id.",
    "servings": "For how many people.",
    "session_id": "The login's id.",
    "sort": "The order.",
    "status": "Only of this status.",
    "tag": "Only with this tag.",
    "to": "The last day, in the person's time zone.",
    "unread": "Only what is unread.",
    "user_id": "The person's id.",
    "wait": "How many seconds the answer waits for the first event if there is none.",
}

_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


@cache
def problems() -> dict[str, tuple[int, str]]:
    """Each code of a problem, with its status and when it comes: the words are those of the reference."""
    rows = table("rest.md", "problems") + table("rest.md", "codes")
    return {code.strip("`"): (int(status), when) for status, code, when in rows}


@cache
def ends() -> dict[tuple[int, str], str]:
    """When a connection ends, by code and reason."""
    rows = table("protocol.md", "ends")
    return {(int(code), reason.strip("`")): when for code, reason, _, _, when in rows}


@cache
def closes() -> dict[int, str]:
    """When a WebSocket is closed without an event before it, by code."""
    return {int(code): when for code, when in table("protocol.md", "closes")}


def table(page: str, name: str) -> list[list[str]]:
    """The cells of the table under `<!-- table: name -->`, without its head and without links."""
    _, found, rest = (REFERENCE / page).read_text().partition(f"<!-- table: {name} -->\n")
    assert found, f"{page} has no table {name}"
    rows = rest.partition("\n\n")[0].splitlines()[2:]
    return [[_LINK.sub(r"\1", cell.strip()) for cell in row.strip("| ").split(" | ")] for row in rows]
