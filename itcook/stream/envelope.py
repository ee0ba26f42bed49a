"""Envelopes: events as they travel, encoded once for everyone who gets them.

    {"id":"k3f9.1042","type":"NewCommunityPost","channel":"community","timestamp":"…","data":{…}}

The JSON is built in two halves, because the id is known only after the commit: the outbox stores the
body (all but the opening brace and the id), and the relay's position completes it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from itcook.events import ControlEvent, DurableEvent, format_timestamp
from itcook.stream.channels import on_the_wire
from itcook.stream.cursor import Cursor

Chunk = TypeVar("Chunk", str, bytes)


@dataclass(eq=False, slots=True)
class Envelope:
    """One event on its way out. `text` is its JSON, the same on every transport.

    `cursor` is what a client may resume from once it has this event; a durable event's own, or one that a
    control event reports, or None. `position` is 0 for events that are not durable. Treat it as frozen:
    it is shared by all who receive it, and keeps each framing of itself once made.
    """

    text: str
    type: str
    cursor: str | None = None
    position: int = 0
    channels: tuple[str, ...] = ()
    size: int = field(init=False)  # bytes of the JSON
    _framed: dict[object, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.size = len(self.text.encode())

    def framed(self, framing: "Callable[[Envelope], Chunk]") -> Chunk:
        """`framing(self)`, made once for all clients that share the framing."""
        chunk = self._framed.get(framing)
        if chunk is None:
            chunk = self._framed[framing] = framing(self)
        return chunk  # type: ignore[return-value] # only framing's own result is kept under framing


def encode_body(event: DurableEvent, channels: tuple[str, ...], now: datetime) -> str:
    """The half of a durable event's JSON that is known before it has a position."""
    return (
        f'"type":"{type(event).__name__}","channel":"{on_the_wire(channels[0])}",'
        f'"timestamp":"{format_timestamp(now)}","data":{event.model_dump_json()}}}'
    )


def durable(cursor: Cursor, channels: tuple[str, ...], body: str) -> Envelope:
    """The envelope of a stored event."""
    return Envelope(
        text=f'{{"id":"{cursor}",{body}',
        type=body[len('"type":"') : body.index('"', len('"type":"'))],
        cursor=str(cursor),
        position=cursor.position,
        channels=channels,
    )


def control(event: ControlEvent, now: datetime, *, cursor: str | None = None) -> Envelope:
    """The envelope of an event about one connection. `cursor` is what it leaves behind, if anything."""
    name = type(event).__name__
    text = f'{{"type":"{name}","timestamp":"{format_timestamp(now)}","data":{event.model_dump_json()}}}'
    return Envelope(text=text, type=name, cursor=cursor)
