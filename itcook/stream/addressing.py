"""Whom durable events are addressed to, besides being readable: who finds them in their inbox.

An event is addressed to the persons whose own channels it names, to a kitchen's members when their food
goes bad, and to everyone when it is on `system`. Whoever muted its type is not addressed: the event
neither names their own channel nor lies in their inbox. A channel that is not one person's own is not
muted, for it is the state of what others see too.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from itcook.database import Transaction
from itcook.events import (
    CommentDeleted,
    DurableEvent,
    ExpiringItems,
    NewComment,
    NewFollower,
    PostLiked,
    PostUnliked,
)
from itcook.models import KitchenMember, Mute
from itcook.stream import channels

EVERYONE = None  # whom an inbox item is for if not for one person

Muted: TypeAlias = Collection[tuple[UUID, str]]


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event and the channels it was recorded for."""

    event: DurableEvent
    channels: tuple[str, ...]

    @property
    def type(self) -> str:
        return type(self.event).__name__


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event, the channels that remain, and whose inboxes it goes to. Without channels it goes nowhere."""

    event: DurableEvent
    channels: tuple[str, ...]
    inboxes: tuple[UUID | None, ...]


async def address(transaction: Transaction, recorded: Sequence[Recorded]) -> list[Delivery]:
    """What becomes of all events of a transaction, in their order; two queries, however many they are."""
    members = await _members(transaction, recorded)
    addressees = [_addressees(each, members) for each in recorded]
    muted = await _muted(transaction, recorded, set().union(*addressees))
    return [_deliver(each, people, muted) for each, people in zip(recorded, addressees, strict=True)]


def _deliver(recorded: Recorded, people: Sequence[UUID], muted: Muted) -> Delivery:
    silenced = {person for person in people if (person, recorded.type) in muted}
    left_out = {channels.personal(person) for person in silenced}
    inboxes: list[UUID | None] = []
    if _is_news(recorded.event):
        actor = _actor(recorded.event)
        inboxes += [person for person in people if person not in silenced and person != actor]
        inboxes += [EVERYONE] if channels.SYSTEM in recorded.channels else []
    remaining = tuple(name for name in recorded.channels if name not in left_out)
    return Delivery(recorded.event, remaining, tuple(inboxes))


def _is_news(event: DurableEvent) -> bool:
    """What only takes something back keeps open screens right, and is nothing to read later."""
    return not isinstance(event, PostUnliked | CommentDeleted)


def _actor(event: DurableEvent) -> UUID | None:
    """Who did it, where that can be whom it is addressed to: nobody needs to be told what they did."""
    match event:
        case PostLiked():
            return event.liker_id
        case NewComment():
            return event.author_id
        case NewFollower():
            return event.follower_id
        case _:
            return None


def _addressees(recorded: Recorded, members: dict[UUID, list[UUID]]) -> list[UUID]:
    if isinstance(recorded.event, ExpiringItems):
        return members.get(recorded.event.kitchen_id, [])
    owners = map(channels.owner, recorded.channels)
    return [owner for owner in owners if owner is not None]


async def _members(transaction: Transaction, recorded: Sequence[Recorded]) -> dict[UUID, list[UUID]]:
    """The members of the kitchens whose food goes bad."""
    kitchens = {each.event.kitchen_id for each in recorded if isinstance(each.event, ExpiringItems)}
    members: dict[UUID, list[UUID]] = {}
    if kitchens:
        rows = KitchenMember.filter(kitchen_id__in=list(kitchens)).using_db(transaction.connection)
        for kitchen_id, user_id in await rows.order_by("id").values_list("kitchen_id", "user_id"):
            members.setdefault(kitchen_id, []).append(user_id)
    return members


async def _muted(transaction: Transaction, recorded: Sequence[Recorded], people: Collection[UUID]) -> Muted:
    """Which of these people want to hear nothing of which of these types."""
    if not people:
        return ()
    mutes = Mute.filter(user_id__in=list(people), type__in=list({each.type for each in recorded}))
    return set(await mutes.using_db(transaction.connection).values_list("user_id", "type"))
