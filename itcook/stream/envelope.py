"""Envelopes: events as they travel, encoded once for everyone who gets them.

    {"id":"k3f9.1042","type":"NewCommunityPost","channel":"community","timestamp":"…","data":{…}}

The JSON is built in two halves, because the id is known only after the commit: the outbox stores the
body (all but the opening brace and the id), and the relay's position completes it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from itcook.events import ControlEvent, DurableEvent, EphemeralEvent, format_timestamp
from itcook.stream.channels import on_the_wire
from itcook.stream.cursor import Cursor


@dataclass(eq=False, slots=True)
class Envelope:
    """One event on its way out. `text` is its JSON, the same on every transport.

    `cursor` is what a client may resume from once it has this event; a durable event's own, or one that a
    control event reports, or None. `position` is 0 for events that are not durable. `left_out` is the person
    who does not get an ephemeral event, with none of their connections. `traceparent` is the span of the
    transaction that recorded it, if that is traced. Treat it as frozen: it is shared by all who receive it,
    and keeps each framing of itself once made.
    """

    text: str
    type: str
    cursor: str | None = None
    position: int = 0
    channels: tuple[str, ...] = ()
    left_out: UUID | None = None
    traceparent: str | None = None
    size: int = field(init=False)  # bytes of the JSON
    _framed: dict[object, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.size = len(self.text.encode())

    def framed(self, framing: "Callable[[Envelope], bytes]") -> bytes:
        """`framing(self)`, made once for all clients that share the framing."""
        framed = self._framed.get(framing)
        if framed is None:
            framed = self._framed[framing] = framing(self)
        return framed


class Batch:
    """Events that go out together, in this order, to everyone who gets exactly these. `size` is in bytes,
    `position` that of the last durable one, 0 if there is none.

    Frozen; it is shared by all who receive it, and keeps each framing of the whole once made.
    """

    __slots__ = ("_framed", "envelopes", "position", "size")

    def __init__(self, envelopes: Sequence[Envelope]) -> None:
        assert envelopes, "a batch of nothing is nothing to send"
        self.envelopes = tuple(envelopes)
        self.size = sum(envelope.size for envelope in envelopes)
        self.position = max(envelope.position for envelope in envelopes)
        self._framed: dict[object, bytes] = {}

    def framed(self, framing: Callable[[Sequence[Envelope]], bytes]) -> bytes:
        """`framing` of all events, made once for all clients that share the framing."""
        framed = self._framed.get(framing)
        if framed is None:
            framed = self._framed[framing] = framing(self.envelopes)
        return framed


def encode_body(event: DurableEvent, channels: tuple[str, ...], now: datetime) -> str:
    """The half of a durable event's JSON that is known before it has a position."""
    return (
        f'"type":"{type(event).__name__}","channel":"{on_the_wire(channels[0])}",'
        f'"timestamp":"{format_timestamp(now)}","data":{event.model_dump_json()}}}'
    )


def durable(cursor: Cursor, channels: tuple[str, ...], body: str, traceparent: str | None = None) -> Envelope:
    """The envelope of a stored event."""
    return Envelope(
        text=f'{{"id":"{cursor}",{body}',
        type=body[len('"type":"') : body.index('"', len('"type":"'))],
        cursor=str(cursor),
        position=cursor.position,
        channels=channels,
        traceparent=traceparent,
    )


def control(event: ControlEvent, now: datetime, *, cursor: str | None = None) -> Envelope:
    """The envelope of an event about one connection. `cursor` is what it leaves behind, if anything."""
    name = type(event).__name__
    text = f'{{"type":"{name}","timestamp":"{format_timestamp(now)}","data":{event.model_dump_json()}}}'
    return Envelope(text=text, type=name, cursor=cursor)


def ephemeral(event: EphemeralEvent, channel: str, now: datetime, *, left_out: UUID) -> Envelope:
    """The envelope of an event about this moment. It names its channel, as a durable event does."""
    name = type(event).__name__
    text = (
        f'{{"type":"{name}","channel":"{on_the_wire(channel)}",'
        f'"timestamp":"{format_timestamp(now)}","data":{event.model_dump_json()}}}'
    )
    return Envelope(text=text, type=name, channels=(channel,), left_out=left_out)
