"""Presence: who is in which channel, over all nodes.

What one node knows by itself is in `itcook.stream.attendance`; what is told of it to whom, in
`itcook.stream.crowds`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol
from uuid import UUID


class Seat(NamedTuple):
    """One person in one channel, however many connections that takes."""

    channel: str
    user_id: UUID


@dataclass(frozen=True, slots=True)
class Change:
    """A seat was taken (`joined`) or is free again."""

    seat: Seat
    user_name: str
    joined: bool


@dataclass(frozen=True, slots=True)
class News:
    """A change that is one for everybody, and how many people are `online` in the channel now."""

    change: Change
    online: int


@dataclass(frozen=True, slots=True)
class Company:
    """How many people are in a channel, and names of some of them by their ids."""

    online: int
    people: dict[UUID, str]


class Presence(Protocol):
    """Each node tells it what changed by the node's own connections, and hears what that changes at large:
    nothing, if the person is there by another node as well.

    `spans_nodes` says whether it knows of the other nodes at all; if not, its news is for its own node.
    """

    spans_nodes: bool

    async def apply(self, changes: Sequence[Change]) -> list[News]:
        """Take note of `changes` on this node; what is new because of them.

        Called several times a second, one call after the other, also with no changes: so an implementation
        for many nodes sees that this one lives, and can give among the news who left with a node that died.
        Telling twice is telling once. After it raised, the same changes come again, those apart that were
        overtaken meanwhile.
        """

    async def company(self, channel: str, limit: int) -> Company:
        """Who is in `channel`: all of them counted, at most `limit` of them named."""


class MemoryPresence:
    """The presence of a single process. Whoever came first is named first."""

    spans_nodes = False

    def __init__(self) -> None:
        self._people: dict[str, dict[UUID, str]] = {}

    async def apply(self, changes: Sequence[Change]) -> list[News]:
        true = [change for change in changes if self._apply(change)]
        return [News(change, len(self._people.get(change.seat.channel, ()))) for change in true]

    async def company(self, channel: str, limit: int) -> Company:
        people = self._people.get(channel, {})
        named = zip(range(limit), people.items(), strict=False)
        return Company(len(people), dict(person for _, person in named))

    def _apply(self, change: Change) -> bool:
        """Whether it is a change at all."""
        channel, user_id = change.seat
        people = self._people.setdefault(channel, {})
        changes = change.joined != (user_id in people)
        if change.joined:
            people[user_id] = change.user_name
        else:
            people.pop(user_id, None)
            if not people:
                del self._people[channel]
        return changes
