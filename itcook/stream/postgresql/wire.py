"""The wire between nodes: messages as the payloads of notifications.

    SENDER NUMBER INDEX COUNT TEXT

A payload has less than 8,000 bytes, so a message's JSON comes in `COUNT` parts, one after the other. `NUMBER`
counts the sender's messages: of equal payloads in one transaction PostgreSQL would keep one.

Whoever adds members to a message keeps nodes of two versions talking: unknown ones are passed over.
"""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from itcook.stream.letters import EphemeralEvent

PART = 1_900  # characters, of four bytes at most, of a payload's 7,999 bytes


class Message(BaseModel):
    """What one node says to all, or to one.

    `head` is the position up to which the table has been stamped; `signal` and `snapshot` are JSON. With
    `leaving` the sender is there no more.
    """

    model_config = ConfigDict(frozen=True)

    sender: str
    head: int = 0
    signal: str | None = None
    events: Sequence[EphemeralEvent] = ()
    snapshot: str | None = None
    leaving: bool = False


def payloads(message: Message, number: int) -> list[str]:
    """The parts of `message`, which is the sender's `number`th."""
    text = message.model_dump_json(exclude_defaults=True)
    parts = [text[start : start + PART] for start in range(0, len(text), PART)]
    return [f"{message.sender} {number} {index} {len(parts)} {part}" for index, part in enumerate(parts)]


class Assembly:
    """Puts the parts of messages together, as they come from many senders."""

    def __init__(self) -> None:
        self._begun: dict[str, list[str]] = {}

    def add(self, payload: str) -> Message | None:
        """The message that `payload` completes, None if there is more to come.

        Raises `ValueError` for what is no part, or whose beginning was not heard.
        """
        sender, _, index, count, part = payload.split(" ", 4)
        parts = [] if index == "0" else self._begun.pop(sender, [])
        if len(parts) != int(index):
            raise ValueError(f"part {index} of {count} came after {len(parts)}")
        parts.append(part)
        if len(parts) == int(count):
            return Message.model_validate_json("".join(parts))
        self._begun[sender] = parts
        return None
