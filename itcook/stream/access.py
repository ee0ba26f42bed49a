"""Who may read which channel."""

from uuid import UUID

from itcook.auth.principal import Principal
from itcook.database import as_problem
from itcook.models import Post, User
from itcook.stream import channels


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
        return _resolve_plain(name, principal)
    if kind == "kitchen":
        raise ChannelRefusedError("channel_forbidden", f"{name} is for the kitchen's members")
    if kind in {"post", "author"} and await _exists(kind, identifier):
        return (f"{kind}:{UUID(identifier)}",)
    raise _unknown(name)


def _resolve_plain(name: str, principal: Principal) -> tuple[str, ...]:
    if name in {channels.COMMUNITY, channels.SYSTEM}:
        return (name,)
    if name == channels.PERSONAL:
        return (channels.personal(principal.user_id),)
    if name == channels.KITCHENS:
        return ()
    raise _unknown(name)


async def _exists(kind: str, identifier: str) -> bool:
    try:
        key = UUID(identifier)
    except ValueError:
        return False
    try:
        return await (Post if kind == "post" else User).exists(id=key)
    except Exception as error:
        problem = as_problem(error)
        if problem is None:
            raise
        raise ChannelRefusedError(problem.code, problem.detail) from error


def _unknown(name: str) -> ChannelRefusedError:
    return ChannelRefusedError("channel_unknown", f"there is no channel {name}")
