"""The events of the stream: the contract, from which documents and clients are generated.

    Event
    ├── DurableEvent    stored with the change that caused it, has an id, can be replayed
    ├── EphemeralEvent  about this moment: to channels as well, but no id, never stored
    └── ControlEvent    about the connection itself: no id, never stored

The class is the type: its name travels as `type`, its fields as `data`. Every durable and every ephemeral
event names, in its docstring, whom it is for; the channels are chosen where it is recorded or announced.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema


def format_timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds and `Z`; `moment` must be aware and in UTC."""
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


Timestamp = Annotated[
    datetime,
    PlainSerializer(format_timestamp, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]


class PostType(StrEnum):
    RECIPE = "recipe"
    ACHIEVEMENT = "achievement"
    GENERAL = "general"
    QUESTION = "question"


class NotificationLevel(StrEnum):
    INFO = "Info"
    WARNING = "Warning"
    ERROR = "Error"
    SUCCESS = "Success"


class FridgeChange(StrEnum):
    ADDED = "added"
    UPDATED = "updated"
    REMOVED = "removed"


class Event(BaseModel):
    """What happened. Frozen, and exact: an unknown field is a defect, not an extension."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DurableEvent(Event):
    """An event that exists if and only if its change committed."""


class EphemeralEvent(Event):
    """An event that is worth nothing a moment later: whoever is not there, or reads slowly, does without."""


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


class ExpiringItem(BaseModel):
    """One item of `ExpiringItems`; `days_left` is negative once the last good day is past."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: UUID
    name: str
    expires_on: date
    days_left: int


class ExpiringItems(DurableEvent):
    """Food goes bad soon or has; its days left are those of the first item. To `kitchen:{kitchen_id}`."""

    kitchen_id: UUID
    items: list[ExpiringItem]
    days_left: int


class FridgeItemChanged(DurableEvent):
    """An item is not as it was; one that was removed is shown as it was last. To `kitchen:{kitchen_id}`."""

    kitchen_id: UUID
    item_id: UUID
    change: FridgeChange
    changed_by_id: UUID
    changed_by_name: str
    name: str
    quantity: float
    unit: str
    category: str
    location: str
    expires_on: date | None


class GoalAchieved(DurableEvent):
    """To the own `personal` of the person whose goal it is, once for each achievement."""

    goal_id: UUID
    title: str
    achievement_type: str
    target_value: float
    unit: str


class RecipeGenerated(DurableEvent):
    """The recipe that was asked for is there. To the own `personal` of whoever asked."""

    recipe_id: UUID
    title: str
    ingredients_count: int
    request_id: UUID


class RecipeFailed(DurableEvent):
    """The recipe that was asked for could not be made. To the own `personal` of whoever asked."""

    request_id: UUID
    reason: str


class SystemNotification(DurableEvent):
    """From the people who run the service. To `system`, or to one person's own `personal`."""

    title: str
    message: str
    level: NotificationLevel


class Typing(EphemeralEvent):
    """Someone writes a comment, or stopped; a start ends by itself after 6 s. To `post:{post_id}`, but not to
    whoever writes.
    """

    post_id: UUID
    user_id: UUID
    user_name: str
    state: Literal["started", "stopped"]


class PresenceChanged(EphemeralEvent):
    """Someone came into a channel or is gone from it, and how many are there now. To that `channel`, but not
    to the person.
    """

    channel: str
    user_id: UUID
    user_name: str
    state: Literal["joined", "left"]
    online: int


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
    """`channels` is what the connection is subscribed to now; those that were named from `cursor` on, of
    which `replayed` events follow at once.
    """

    channels: list[str]
    cursor: str
    replayed: int = 0
    ref: str | None = None


class Unsubscribed(ControlEvent):
    """`channels` is what the connection is still subscribed to."""

    channels: list[str]
    cursor: str
    ref: str | None = None


class ResyncRequired(ControlEvent):
    """The gap cannot be filled whole: load the state over REST, then go on from `cursor`.

    With the `ref` of a `Subscribe` it is about the channels that this one named.
    """

    reason: Literal["history_pruned", "unknown_cursor", "too_far_behind"]
    cursor: str
    ref: str | None = None


class TokenRefreshed(ControlEvent):
    """The connection goes on with the new token, until `expires_at`."""

    expires_at: Timestamp
    ref: str | None = None


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
