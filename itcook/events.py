"""The events of the stream: the contract, from which documents and clients are generated.

    Event
    ├── DurableEvent    stored with the change that caused it, has an id, can be replayed
    └── ControlEvent    about the connection itself: no id, never stored

The class is the type: its name travels as `type`, its fields as `data`. Every durable event names, in
its docstring, whom it is for; the channels are chosen where it is recorded.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, PlainSerializer


def format_timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds and `Z`; `moment` must be aware and in UTC."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


Timestamp = Annotated[datetime, PlainSerializer(format_timestamp, return_type=str, when_used="json")]


class PostType(StrEnum):
    RECIPE = "recipe"
    ACHIEVEMENT = "achievement"
    GENERAL = "general"
    QUESTION = "question"


class Event(BaseModel):
    """What happened. Frozen, and exact: an unknown field is a defect, not an extension."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DurableEvent(Event):
    """An event that exists if and only if its change committed."""


class ControlEvent(Event):
    """An event about one connection, for that connection alone."""


class NewCommunityPost(DurableEvent):
    """Someone shared a post. To `community` and `author:{author_id}`."""

    post_id: UUID
    author_id: UUID
    author_name: str
    content: str
    post_type: PostType
    timestamp: Timestamp


class PostUpdated(DurableEvent):
    """The author edited a post. To `community`, `author:{author_id}` and `post:{post_id}`."""

    post_id: UUID
    author_id: UUID
    author_name: str
    content: str
    post_type: PostType
    timestamp: Timestamp


class PostDeleted(DurableEvent):
    """A post is gone. To `community`, `author:{author_id}` and `post:{post_id}`."""

    post_id: UUID
    author_id: UUID


class PostLiked(DurableEvent):
    """To `community`, `post:{post_id}` and the author's own `personal`."""

    post_id: UUID
    liker_id: UUID
    liker_name: str
    total_likes: int


class PostUnliked(DurableEvent):
    """A like was taken back. To `community`, `post:{post_id}` and the author's own `personal`."""

    post_id: UUID
    liker_id: UUID
    total_likes: int


class NewComment(DurableEvent):
    """To `community`, `post:{post_id}` and the post author's own `personal`."""

    post_id: UUID
    comment_id: UUID
    author_id: UUID
    author_name: str
    content: str


class CommentDeleted(DurableEvent):
    """A comment is gone. To `community`, `post:{post_id}` and the post author's own `personal`."""

    post_id: UUID
    comment_id: UUID


class NewFollower(DurableEvent):
    """To the own `personal` of the person who is followed."""

    follower_id: UUID
    follower_name: str


class Connected(ControlEvent):
    """Always the first event of a connection.

    `cursor` is where this connection begins: a client that drops before any other event resumes from it.
    `resume` says how: `fresh` (no cursor was given), `resumed` (`replayed` events follow at once) or
    `reset` (the cursor could not be honoured; `ResyncRequired` follows).
    """

    connection_id: str
    user_id: UUID
    transport: Literal["websocket", "sse"]
    channels: list[str]
    cursor: str
    resume: Literal["fresh", "resumed", "reset"]
    replayed: int
    heartbeat_seconds: float
    timeout_seconds: float
    expires_at: Timestamp


class Heartbeat(ControlEvent):
    """The connection lives, and everything up to `cursor` has been delivered on it."""

    timestamp: Timestamp
    cursor: str


class Subscribed(ControlEvent):
    """`channels` is what the connection is subscribed to now, from `cursor` on."""

    channels: list[str]
    cursor: str
    ref: str | None = None


class Unsubscribed(ControlEvent):
    """`channels` is what the connection is still subscribed to."""

    channels: list[str]
    cursor: str
    ref: str | None = None


class ResyncRequired(ControlEvent):
    """The gap cannot be filled whole: load the state over REST, then go on from `cursor`."""

    reason: Literal["history_pruned", "unknown_cursor", "too_far_behind"]
    cursor: str


class Error(ControlEvent):
    """A client message was refused; the connection goes on. `ref` is the refused message's own."""

    code: str
    message: str
    ref: str | None = None


class Disconnecting(ControlEvent):
    """The server is about to end the connection; `reconnect` is what a client obeys."""

    code: int
    reason: str
    reconnect: bool
    retry_after_ms: int
