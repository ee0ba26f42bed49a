"""Letters: what travels between nodes in the same form, whichever broker carries it."""

from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from itcook.stream.envelope import Envelope


class EphemeralEvent(BaseModel):
    """An ephemeral event on its way to another node."""

    model_config = ConfigDict(frozen=True)

    text: str
    type: str
    channels: tuple[str, ...]
    left_out: UUID | None

    @classmethod
    def of(cls, envelope: Envelope) -> Self:
        """What `envelope` has to say."""
        return cls(
            text=envelope.text, type=envelope.type, channels=envelope.channels, left_out=envelope.left_out
        )

    def envelope(self) -> Envelope:
        """The event as it was."""
        return Envelope(self.text, self.type, channels=self.channels, left_out=self.left_out)
