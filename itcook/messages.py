"""What a client may say on the stream, over either transport."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

MAX_CHANNELS = 64  # a connection's; a client that needs more subscribes to a wider channel


class ClientMessage(BaseModel):
    """`ref` is the client's own mark; the answer carries it back."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    ref: Annotated[str, Field(max_length=64)] | None = None


class Subscribe(ClientMessage):
    type: Literal["Subscribe"]
    channels: list[str] = Field(min_length=1)


class Unsubscribe(ClientMessage):
    type: Literal["Unsubscribe"]
    channels: list[str] = Field(min_length=1)


class Heartbeat(ClientMessage):
    """Keeps a connection alive for a client that cannot send WebSocket pongs; it has no answer."""

    type: Literal["Heartbeat"]


class AnyClientMessage(RootModel[Subscribe | Unsubscribe | Heartbeat]):
    root: Annotated[Subscribe | Unsubscribe | Heartbeat, Field(discriminator="type")]
