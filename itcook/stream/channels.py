"""The names of channels.

    community           everyone signed in
    system              everyone, always subscribed
    personal            the caller's own
    post:{id}           one post's life
    author:{id}         one person's posts
    kitchen:{id}        members only
    kitchens            all kitchens the caller is a member of

On the inside a personal channel names its owner, `personal:{user_id}`; on the wire it is `personal`,
and never another person's id. Who may read what is decided in `itcook.stream.access`.
"""

import re
from uuid import UUID

COMMUNITY = "community"
SYSTEM = "system"
PERSONAL = "personal"
KITCHENS = "kitchens"
KITCHEN = "kitchen"  # the kind of one kitchen's channel
DEFAULT = (COMMUNITY, PERSONAL, KITCHENS)

_WITH_PRESENCE = frozenset({COMMUNITY, "post", KITCHEN})  # kinds: places to meet people

_NAME = re.compile(r"[a-z]+(:[A-Za-z0-9_-]{1,64})?")


def personal(user_id: UUID) -> str:
    return f"{PERSONAL}:{user_id}"


def owner(channel: str) -> UUID | None:
    """Whose own channel it is, if it is one person's."""
    prefix, _, user_id = channel.partition(":")
    return UUID(user_id) if prefix == PERSONAL and user_id else None


def post(post_id: UUID) -> str:
    return f"post:{post_id}"


def author(user_id: UUID) -> str:
    return f"author:{user_id}"


def kitchen(kitchen_id: UUID) -> str:
    return f"{KITCHEN}:{kitchen_id}"


def listed(text: str | None) -> tuple[str, ...]:
    """The names in a comma-separated list; the default ones if there is no list."""
    return DEFAULT if text is None else tuple(filter(None, text.split(",")))


def is_name(text: str) -> bool:
    """Whether `text` has the form of a channel's name; it may still be no channel."""
    return len(text) <= 80 and _NAME.fullmatch(text) is not None


def on_the_wire(channel: str) -> str:
    """The name that clients see."""
    return PERSONAL if channel.startswith("personal:") else channel


def has_presence(channel: str) -> bool:
    """Whether it is told who comes into the channel and who leaves it."""
    return kind(channel) in _WITH_PRESENCE


def kind(channel: str) -> str:
    """The name without its id: `post` of `post:{id}`. For counting, where ids would be too many."""
    return channel.partition(":")[0]
