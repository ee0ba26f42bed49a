"""The one event that everybody sends: what IT Cook says of a new post, some 430 bytes of JSON."""

import json
from datetime import UTC, datetime
from uuid import UUID

from itcook.events import NewCommunityPost, PostType
from itcook.stream.cursor import Cursor
from itcook.stream.envelope import Envelope, durable, encode_body

CONTENT = "Borscht with beans, and what to do with the rest of the beetroot."

_NOW = datetime(2026, 11, 23, 19, 30, tzinfo=UTC)
_POST = NewCommunityPost(
    post_id=UUID(int=1),
    author_id=UUID(int=2),
    author_name="Ann Cook",
    content=CONTENT,
    post_type=PostType.RECIPE,
    timestamp=_NOW,
)


def envelope(cursor: Cursor, channel: str, content: str = CONTENT) -> Envelope:
    """The event at a place in the stream, encoded anew."""
    post = _POST.model_copy(update={"content": content})
    return durable(cursor, (channel,), encode_body(post, (channel,), _NOW))


def body() -> str:
    """The event as the outbox has it."""
    return encode_body(_POST, ("community",), _NOW)


def text() -> str:
    """The event as JSON."""
    made = envelope(Cursor("rmpcfk7q", 1042), "community").text
    assert json.loads(made)["type"] == "NewCommunityPost", "the marker that crowds count"
    return made
