"""Requests, read strictly: what two readers could understand differently is refused, not guessed."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from quart import Request

from itcook import strict_json
from itcook.errors import InvalidRequestError, UnsupportedMediaError

MAX_BODY_BYTES = 1024 * 1024  # the longest honest body, a post with its media, is a fiftieth of it
YEARS = range(1970, 2200)  # no honest date is outside, and the arithmetic of none inside overflows

DayOrMoment = TypeVar("DayOrMoment", bound=date)

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)


class StrictRequest(Request):
    """A request whose JSON is read by `itcook.strict_json`, also by the libraries that ask for it."""

    async def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """The JSON value of the body. The arguments are Quart's own and change nothing.

        Raises `UnsupportedMediaError` and `InvalidRequestError`; 408 and 413 come from reading the body.
        """
        if not self.is_json:
            raise UnsupportedMediaError("send the body as JSON, with Content-Type: application/json")
        try:
            return strict_json.loads(await self.get_data(as_text=False))
        except strict_json.InvalidJSONError as error:
            raise InvalidRequestError(f"the body is {error}", code="invalid_json") from None


class Body(BaseModel):
    """The base of request bodies: exactly these keys, exactly these types.

    JSON has no ids, enumerations or dates, so such fields must allow text: `Id`, `Day`, `Moment`, or
    `Annotated[…, Field(strict=False)]`.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Query(BaseModel):
    """The base of query strings: only these parameters, each at most once. Every field needs a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _given_once(cls, value: str | list[str]) -> str:
        if isinstance(value, list):
            raise ValueError("must appear only once")
        return strict_json.check_text(value)


def _day(value: object) -> object:
    # pydantic alone would also take numbers, and times at midnight, for a date.
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("must be a date, YYYY-MM-DD")
    return _within_years(date.fromisoformat(value))


def _moment(value: object) -> object:
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError("must be a time with its offset, such as 2026-11-23T07:25:40Z")
    moment = _within_years(datetime.fromisoformat(value)).astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)  # as all times that are stored


def _within_years(value: DayOrMoment) -> DayOrMoment:
    if value.year not in YEARS:
        raise ValueError(f"must be in the years {YEARS[0]} to {YEARS[-1]}")
    return value


Id = Annotated[UUID, Field(strict=False)]
Day = Annotated[date, BeforeValidator(_day)]
Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]  # in UTC, to the millisecond
