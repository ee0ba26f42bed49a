"""Whereabouts: who is in a channel now, for whoever may read it."""

from uuid import UUID

from itcook.auth.principal import Principal
from itcook.errors import (
    FieldError,
    ForbiddenError,
    NotFoundError,
    ProblemError,
    UnavailableError,
    ValidationError,
)
from itcook.stream import channels
from itcook.stream.access import ChannelRefusedError, resolve
from itcook.stream.ephemera import Ephemera
from itcook.views import View

MAX_PEOPLE = 100  # named; a screen has no room for more


class PersonPresent(View):
    """Someone who is there."""

    user_id: UUID
    user_name: str


class Whereabouts(View):
    """`online` people are in `channel`; `people` are some of them if there are more (`has_more`)."""

    channel: str
    online: int
    people: list[PersonPresent]
    has_more: bool


async def who_is_in(name: str, asker: Principal, ephemera: Ephemera) -> Whereabouts:
    """Who is in the channel `name`.

    Raises `NotFoundError`, `ForbiddenError` or `UnavailableError` where subscribing would be refused, and
    `ValidationError` for a channel that has no presence.
    """
    channel = await _channel(name, asker)
    company = await ephemera.company(channel, MAX_PEOPLE)
    people = [PersonPresent(user_id=user_id, user_name=name) for user_id, name in company.people.items()]
    return Whereabouts(
        channel=channel, online=company.online, people=people, has_more=company.online > len(people)
    )


async def _channel(name: str, asker: Principal) -> str:
    resolved = await _resolve(name, asker)
    if not channels.has_presence(name):
        detail = "has no presence; community, post:ID and kitchen:ID have"
        raise ValidationError(f"the channel {name} {detail}", errors=(FieldError("/channel", detail),))
    return resolved[0]


async def _resolve(name: str, asker: Principal) -> tuple[str, ...]:
    try:
        return await resolve(name, asker)
    except ChannelRefusedError as error:
        raise _problem(error) from error


def _problem(refused: ChannelRefusedError) -> ProblemError:
    match refused.code:
        case "channel_unknown":
            return NotFoundError(refused.message, code="channel_unknown")
        case "channel_forbidden":
            return ForbiddenError(refused.message, code="channel_forbidden")
        case _:
            return UnavailableError(refused.message, retry_after=1)
