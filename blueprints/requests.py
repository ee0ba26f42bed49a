"""Requests, read strictly: what two readers could understand differently is refused, not guessed."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator
from quart import Request

from itcook import strict_json
from itcook.errors import InvalidRequestError, UnsupportedMediaError

MAX_BODY_BYTES = 1024 * 1024  # the longest honest body, a post with its media, is a fiftieth of it


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

    JSON has no ids, enumerations or dates, so such fields must allow text: `Id`, or
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


Id = Annotated[UUID, Field(strict=False)]
