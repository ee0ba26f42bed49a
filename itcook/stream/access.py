"""Who may read which channel."""

from collections.abc import Awaitable, Collection
from typing import TypeVar
from uuid import UUID

from itcook.auth.principal import Principal
from itcook.database import Lookup, as_problem, as_uuid, rows_among
from itcook.models import KitchenMember, Post, User
from itcook.stream import channels

T = TypeVar("T")


class ChannelRefusedError(Exception):
    """The channel cannot be read by this person: `code` is `channel_unknown` or `channel_forbidden`, or
    `unavailable` while the database cannot say.

    For private channels the answer is the same whether they exist or not.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


async def resolve(name: str, principal: Principal) -> tuple[str, ...]:
    """The channels that `name` means for `principal`. Raises `ChannelRefusedError`."""
    if not channels.is_name(name):
        raise ChannelRefusedError("channel_unknown", "a channel's name is like community or post:ID")
    kind, _, identifier = name.partition(":")
    if not identifier:
        return await _resolve_plain(name, principal)
    key = _uuid(identifier)
    if kind == "kitchen":
        return (await _resolve_kitchen(name, key, principal),)
    if key is not None and await _exists(kind, key):
        return (f"{kind}:{key}",)
    raise _unknown(name)


async def _resolve_plain(name: str, principal: Principal) -> tuple[str, ...]:
    if name in {channels.COMMUNITY, channels.SYSTEM}:
        return (name,)
    if name == channels.PERSONAL:
        return (channels.personal(principal.user_id),)
    if name == channels.KITCHENS:
        return await _asked(_find_kitchens(principal.user_id)) or ()
    raise _unknown(name)


async def _kitchens(user_ids: Collection[UUID]) -> dict[UUID, tuple[str, ...]]:
    """The channels of each person's kitchens."""
    query = "SELECT user_id, kitchen_id FROM kitchen_members WHERE user_id {among}"
    found: dict[UUID, tuple[str, ...]] = {}
    for row in await rows_among(query, user_ids):
        user_id, channel = as_uuid(row["user_id"]), channels.kitchen(as_uuid(row["kitchen_id"]))
        found[user_id] = (*found.get(user_id, ()), channel)
    return found


_find_kitchens = Lookup(_kitchens)


async def _resolve_kitchen(name: str, key: UUID | None, principal: Principal) -> str:
    if key is None or not await _is_member(key, principal.user_id):
        raise ChannelRefusedError("channel_forbidden", f"{name} is for the kitchen's members")
    return channels.kitchen(key)


async def _is_member(kitchen_id: UUID, user_id: UUID) -> bool:
    return await _asked(KitchenMember.exists(kitchen_id=kitchen_id, user_id=user_id))


async def _exists(kind: str, key: UUID) -> bool:
    if kind == "post":
        return await _asked(Post.exists(id=key))
    return kind == "author" and await _asked(User.exists(id=key))


async def _asked(answer: Awaitable[T]) -> T:
    """The database's answer. Raises `ChannelRefusedError` if it cannot give one now."""
    try:
        return await answer
    except Exception as error:
        problem = as_problem(error)
        if problem is None:
            raise
        raise ChannelRefusedError(problem.code, problem.detail) from error


def _uuid(identifier: str) -> UUID | None:
    try:
        return UUID(identifier)
    except ValueError:
        return None


def _unknown(name: str) -> ChannelRefusedError:
    return ChannelRefusedError("channel_unknown", f"there is no channel {name}")
