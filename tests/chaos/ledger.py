"""What was answered and what was seen, by everybody, to be held against the tables in the end, without I/O.

A client that sees an event keeps its position only, and the event itself is kept once, for all: nine million
sights of thirty thousand events are 70 MB.
"""

import json
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

AUDIENCE = "community"  # the channel that every client reads
_SHOWN = 5  # of many findings of one kind


@dataclass(frozen=True, slots=True)
class Row:
    """An event as the table has it. `text` is its JSON as clients must have it; `post_id` what it is about,
    None if it is about no new post; `position` is None if it was never stamped.
    """

    position: int | None
    channels: tuple[str, ...]
    text: bytes
    post_id: str | None


class Account:
    """What one client saw, in its order.

    `start` is where it began to follow, and `positions` what came since. `ends` has the code with which the
    server ended each of its connections, None for one that broke; `silences` counts those that the client
    gave up, as not even heartbeats came.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.start: int | None = None
        self.positions = array("q")
        self.ends: Counter[int | None] = Counter()
        self.silences = 0
        self.resumed = 0
        self.complaints: list[str] = []
        self._claims: list[tuple[int, int]] = []

    @property
    def last(self) -> int:
        """The position of its latest event, or where it began."""
        return self.positions[-1] if self.positions else self.start or 0

    def saw(self, position: int) -> None:
        """An event came."""
        self.positions.append(position)

    def was_told(self, position: int) -> None:
        """The server said that everything up to `position` has been delivered to it."""
        if position > self.last:
            self._claims.append((self.last, position))

    def complain(self, what: str) -> None:
        """Something that no client should meet."""
        self.complaints.append(f"{self.name}: {what}")

    def unkept(self, due: Sequence[int]) -> Iterator[str]:
        """Claims of the server that do not hold, if `due` has the positions of all that was to come."""
        for last, claimed in self._claims:
            if bisect_right(due, claimed) > bisect_right(due, last):
                yield f"{self.name}: told that it had all up to {claimed}, and had {last}"


class Ledger:
    """Everybody's accounts, the posts that were answered with 201, and each event that anybody saw.

    `answered` is the id of each post by what it says, `answered_at` and `first_seen_at` have the moments of
    the 201s, and of the events when the first client saw them.
    """

    def __init__(self) -> None:
        self.accounts: list[Account] = []
        self.answered: dict[str, str] = {}
        self.answered_at = array("d")
        self.first_seen_at = array("d")
        self.head = 0  # the highest position that anybody saw
        self.complaints: list[str] = []
        self._places: dict[bytes, int] = {}

    def open(self, name: str) -> Account:
        """The account of a client that begins."""
        account = Account(name)
        self.accounts.append(account)
        return account

    def place(self, text: bytes, now: float) -> int:
        """The position of a durable event, as somebody saw it."""
        place = self._places.get(text)
        if place is None:
            place = self._places[text] = position_of(json.loads(text)["id"])
            self.first_seen_at.append(now)
            self.head = max(self.head, place)
        return place

    def post_answered(self, content: str, post_id: str, now: float) -> None:
        """A post was answered with 201; again, if it is the same one."""
        known = self.answered.setdefault(content, post_id)
        if known != post_id:
            self.complaints.append(f"{content!r} was answered as {known} and as {post_id}")
        self.answered_at.append(now)

    def seen(self) -> Mapping[bytes, int]:
        """Each event that somebody saw, with its position."""
        return self._places


@dataclass
class Verdict:
    """Everything that is wrong, by kind; it is true if that is nothing."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    unfounded: list[str] = field(default_factory=list)  # events without their change
    complaints: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return not any(vars(self).values())

    def __str__(self) -> str:
        return "\n".join(_described(kind, found) for kind, found in vars(self).items())


def _described(kind: str, found: Sequence[str]) -> str:
    more = [f"  and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return "\n".join([f"{len(found)} {kind}", *(f"  {one}" for one in found[:_SHOWN]), *more])


def position_of(cursor: str) -> int:
    """The position in a cursor."""
    return int(cursor.rpartition(".")[2])


def judge(ledger: Ledger, rows: Sequence[Row], posts: Mapping[str, str]) -> Verdict:
    """Hold the ledger against the tables as they are when everybody has caught up: `rows` of the stream from
    before the first client's start, in order, and what each of `posts` says, by its id.
    """
    verdict = Verdict(complaints=list(ledger.complaints))
    _judge_posts(verdict, ledger, posts)
    _judge_rows(verdict, rows, posts)
    _judge_sights(verdict, ledger, rows)
    due = [row.position for row in rows if row.position is not None and AUDIENCE in row.channels]
    for account in ledger.accounts:
        verdict.complaints += account.complaints
        _judge_account(verdict, account, due)
    return verdict


def _judge_posts(verdict: Verdict, ledger: Ledger, posts: Mapping[str, str]) -> None:
    for content, post_id in ledger.answered.items():
        if posts.get(post_id) != content:
            verdict.lost.append(f"the post {content!r}, answered as {post_id}, is not stored")
    for content, count in Counter(posts.values()).items():
        if count > 1:
            verdict.doubled.append(f"the post {content!r} is stored {count} times")


def _judge_rows(verdict: Verdict, rows: Sequence[Row], posts: Mapping[str, str]) -> None:
    """Each post has one event, each event its post, and the positions have no gap."""
    told = Counter(row.post_id for row in rows if row.post_id is not None)
    for post_id in posts.keys() - told.keys():
        verdict.lost.append(f"the post {post_id} has no event")
    for post_id in told.keys() - posts.keys():
        verdict.unfounded.append(f"there is an event of the post {post_id}, which is not stored")
    for post_id, count in told.items():
        if count > 1:
            verdict.doubled.append(f"the post {post_id} has {count} events")
    stamped = [row.position for row in rows if row.position is not None]
    if len(stamped) < len(rows):
        verdict.lost.append(f"{len(rows) - len(stamped)} events were never given a position")
    for before, after in pairwise(stamped):
        if after != before + 1:
            verdict.disordered.append(f"the table goes from {before} to {after}")


def _judge_sights(verdict: Verdict, ledger: Ledger, rows: Iterable[Row]) -> None:
    """What was seen is what the table has, byte for byte."""
    stored = {row.text for row in rows}
    for text, position in ledger.seen().items():
        if text not in stored:
            verdict.unfounded.append(f"seen at {position}, and not stored so: {text.decode()}")


def _judge_account(verdict: Verdict, account: Account, due: Sequence[int]) -> None:
    if account.start is None:
        verdict.complaints.append(f"{account.name}: never connected")
        return
    seen = Counter(account.positions)
    for position, count in seen.items():
        if count > 1:
            verdict.doubled.append(f"{account.name}: {position} came {count} times")
    for before, after in pairwise(account.positions):
        if after < before:
            verdict.disordered.append(f"{account.name}: {after} came after {before}")
    for position in due[bisect_right(due, account.start) :]:
        if position not in seen:
            verdict.lost.append(f"{account.name}: {position} never came")
    verdict.lost += account.unkept(due)
