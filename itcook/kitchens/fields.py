"""What can be said of a kitchen and its invites: types that check."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from itcook.auth.fields import one_line

DEFAULT_EXPIRING_DAYS = 3
MAX_EXPIRING_DAYS = 30
MAX_INVITE_HOURS = 30 * 24
MAX_INVITE_USES = 50


class Role(StrEnum):
    """What someone is in a kitchen, which has exactly one owner."""

    OWNER = "owner"
    MEMBER = "member"


KitchenName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=80),
    AfterValidator(one_line),
]
ExpiringDays = Annotated[int, Field(ge=0, le=MAX_EXPIRING_DAYS)]
InviteHours = Annotated[int, Field(ge=1, le=MAX_INVITE_HOURS)]
InviteUses = Annotated[int, Field(ge=1, le=MAX_INVITE_USES)]
GivenCode = Annotated[str, Field(min_length=1, max_length=32)]
