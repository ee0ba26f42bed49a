"""What a client may say on the stream, over either transport."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel, ValidationError

from itcook.strict_json import InvalidJSONError, loads

MAX_CHANNELS = 64  # a connection's; a client that needs more subscribes to a wider channel
MAX_NAMES = 2 * MAX_CHANNELS + 1  # of one message: all that may be read, as many refused, and one too many
MAX_REF_LENGTH = 64
MAX_MESSAGE_BYTES = 64 * 1024  # many times the longest honest one, a Subscribe to all channels there may be
MAX_ERROR_LENGTH = 300

Ref = Annotated[str, Field(max_length=MAX_REF_LENGTH)]
PostId = Annotated[UUID, Field(strict=False)]  # strictly taken, JSON has no UUIDs


def _distinct(names: list[str]) -> list[str]:
    return list(dict.fromkeys(names))[:MAX_NAMES]


# The first wrong name is reported, and it is dear to collect thousands.
Names = Annotated[list[str], Field(min_length=1, fail_fast=True), AfterValidator(_distinct)]


class ClientMessage(BaseModel):
    """`ref` is the client's own mark; the answer carries it back."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    ref: Ref | None = None


class Subscribe(ClientMessage):
    """Read more channels, from now on or after the cursor `since`.

    Answered by `Subscribed`, and by an `Error` for each that is refused.
    """

    type: Literal["Subscribe"]
    channels: Names
    since: str | None = None


class Unsubscribe(ClientMessage):
    """Stop reading channels; answered by `Unsubscribed`."""

    type: Literal["Unsubscribe"]
    channels: Names


class Heartbeat(ClientMessage):
    """A sign of life, for clients whose WebSocket pongs cannot be seen; it has no answer."""

    type: Literal["Heartbeat"]


class Authenticate(ClientMessage):
    """Go on with this access token, of the same person; answered by `TokenRefreshed`."""

    type: Literal["Authenticate"]
    token: str


class TypingStart(ClientMessage):
    """The person writes a comment on a post; it has no answer. To be repeated while that goes on."""

    type: Literal["TypingStart"]
    post_id: PostId


class TypingStop(ClientMessage):
    """The person writes no more; it has no answer."""

    type: Literal["TypingStop"]
    post_id: PostId


Message = Subscribe | Unsubscribe | Heartbeat | Authenticate | TypingStart | TypingStop


class AnyMessage(RootModel[Message]):
    root: Annotated[Message, Field(discriminator="type")]


class InvalidMessageError(Exception):
    """A client message that cannot be read; `ref` is its own, where that could be made out, and `pointer` a
    JSON pointer to the place that is wrong.
    """

    def __init__(self, code: str, message: str, ref: str | None = None, pointer: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.ref = ref
        self.pointer = pointer


def parse(text: str) -> Message:
    """The message that `text` is. Raises `InvalidMessageError`."""
    try:
        value = loads(text)
    except InvalidJSONError as error:
        raise InvalidMessageError("invalid_json", str(error)) from None
    try:
        return AnyMessage.model_validate(value).root
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        code = "unknown_type" if first["type"].startswith("union_tag") else "invalid_message"
        where = "/".join(str(part) for part in first["loc"][1:])
        message = f"{where}: {first['msg']}" if where else first["msg"]
        pointer = "/type" if code == "unknown_type" else "".join(f"/{part}" for part in first["loc"][1:])
        # They may repeat what the client sent: a long key, or a long type.
        raise InvalidMessageError(
            code, message[:MAX_ERROR_LENGTH], _ref_of(value), pointer[:MAX_ERROR_LENGTH]
        ) from None


def _ref_of(value: Any) -> str | None:
    ref = value.get("ref") if isinstance(value, dict) else None
    return ref if isinstance(ref, str) and len(ref) <= MAX_REF_LENGTH else None
