"""Signals: what one node tells all nodes about people and connections, never seen by clients.

    SessionRevoked       a login session ended: so do its connections
    PersonRevoked        all logins of a person ended, or all but one
    CredentialReplaced   a login goes on with another cookie: its connections come back with that
    ConnectionRevoked    one connection has to go
    ConnectionDisplaced  one connection makes room for a newer one of the same person
    MembershipChanged    a person came into a kitchen, or left it
    MessagePosted        a client message for a connection of the node that it is `to`
    MessageAnswered      what became of one

The first six say what is so, not what to do about it, and doing it twice is doing it once. Any may be lost.
What the first two and `MembershipChanged` say is in the database as well, where `itcook.stream.audit` finds
it; whoever sent `ConnectionRevoked` can send it again; without `ConnectionDisplaced` a
person has one more for a while; without `CredentialReplaced` old connections go on
until they end by themselves; who misses an answer is told that there is none.

As JSON a signal has some hundred bytes, far below the 8,000 that PostgreSQL's NOTIFY carries, but for
`MessagePosted`, which has the message in it: 64 KiB at most, escaped. A broker need not bring those with `to`
to any other node.
"""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError


class _Signal(BaseModel):
    model_config = ConfigDict(frozen=True)  # members that a newer node adds are passed over


class SessionRevoked(_Signal):
    """The login session lives no more: logged out, stolen, or ended from elsewhere."""

    type: Literal["SessionRevoked"] = "SessionRevoked"
    session_id: UUID


class PersonRevoked(_Signal):
    """The person's login sessions live no more, but for `kept`: a new password, a ban, a kick."""

    type: Literal["PersonRevoked"] = "PersonRevoked"
    user_id: UUID
    kept: UUID | None = None


class CredentialReplaced(_Signal):
    """The login session goes on, but not with what its connections were opened with."""

    type: Literal["CredentialReplaced"] = "CredentialReplaced"
    session_id: UUID


class ConnectionRevoked(_Signal):
    """This one connection is not wanted."""

    type: Literal["ConnectionRevoked"] = "ConnectionRevoked"
    connection_id: str


class ConnectionDisplaced(_Signal):
    """This one connection is one too many of its person."""

    type: Literal["ConnectionDisplaced"] = "ConnectionDisplaced"
    connection_id: str


class MembershipChanged(_Signal):
    """The person is in the kitchen (`joined`), or no longer."""

    type: Literal["MembershipChanged"] = "MembershipChanged"
    user_id: UUID
    kitchen_id: UUID
    joined: bool


class Refusal(BaseModel):
    """Why a client message was not taken; `pointer` leads to the wrong place in it, if there is one."""

    model_config = ConfigDict(frozen=True)

    code: str
    message: str
    pointer: str = ""


class MessagePosted(_Signal):
    """`text` is what the person says to the connection."""

    type: Literal["MessagePosted"] = "MessagePosted"
    to: str
    answer_to: str
    request_id: str
    user_id: UUID
    connection_id: str
    text: str


class MessageAnswered(_Signal):
    """The message was taken, or refused."""

    type: Literal["MessageAnswered"] = "MessageAnswered"
    to: str
    request_id: str
    refusal: Refusal | None


Signal = (
    SessionRevoked
    | PersonRevoked
    | CredentialReplaced
    | ConnectionRevoked
    | ConnectionDisplaced
    | MembershipChanged
    | MessagePosted
    | MessageAnswered
)


class _AnySignal(RootModel[Signal]):
    root: Annotated[Signal, Field(discriminator="type")]


def encode(signal: Signal) -> str:
    """The JSON of `signal`, on one line."""
    return signal.model_dump_json()


def decode(text: str) -> Signal | None:
    """The signal that `text` is; None if this version knows no such signal, as while nodes are updated."""
    try:
        return _AnySignal.model_validate_json(text).root
    except ValidationError:
        return None
