"""The wire between nodes: what they send each other through Redis, as text.

    an entry of the stream   `channels`, `body` and, where the event is traced, `traceparent`, all as in the
                             table; its id is `0-POSITION`
    a message                {"sender": NODE} and one of
                             "signal": a signal's JSON, in a string
                             "events": [{"text", "type", "channels", "left_out"}, …], ephemeral ones
                             neither: the node is there

Whoever adds members keeps nodes of two versions talking: unknown ones are passed over.
"""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from itcook.stream.cursor import Cursor
from itcook.stream.envelope import Envelope, durable
from itcook.stream.letters import EphemeralEvent


def entry_id(position: int) -> str:
    """The id of a durable event. Redis takes them in ascending order only, and so each only once."""
    return f"0-{position}"


def entry_of(envelope: Envelope) -> dict[str, str]:
    """The fields of a durable event."""
    body = envelope.text.removeprefix(f'{{"id":"{envelope.cursor}",')
    fields = {"channels": " ".join(envelope.channels), "body": body}
    return fields if envelope.traceparent is None else {**fields, "traceparent": envelope.traceparent}


def position_of(entry: str) -> int:
    """The position that an entry's id says."""
    return int(entry.partition("-")[2])


def envelope_of(epoch: str, position: int, fields: Mapping[str, str]) -> Envelope | None:
    """The durable event that an entry is, byte for byte what the table gives; None if it is none."""
    try:
        channels = tuple(fields["channels"].split(" "))
        return durable(Cursor(epoch, position), channels, fields["body"], fields.get("traceparent"))
    except (KeyError, ValueError):
        return None  # the follower sees a gap, and reads the table


class Message(BaseModel):
    """What one node says to all, or to one."""

    model_config = ConfigDict(frozen=True)

    sender: str
    signal: str | None = None
    events: Sequence[EphemeralEvent] = ()
