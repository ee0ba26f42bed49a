"""`Stream-Cursor`: where the stream stood before a snapshot was read.

A client that shows the snapshot and then follows the stream from that cursor misses nothing. It may get
an event whose effect the snapshot has already; never the other way round.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, ParamSpec

from pydantic import BaseModel, Field
from quart import make_response
from quart_schema.validation import QUART_SCHEMA_RESPONSE_ATTRIBUTE

from blueprints.context import services

P = ParamSpec("P")


class StreamCursor(BaseModel):
    """The header, for the documents."""

    stream_cursor: str = Field(description="Follow the stream from here, and nothing is missed in between.")


def with_stream_cursor(view: Callable[P, Awaitable[Any]]) -> Callable[P, Awaitable[Any]]:
    """Have the answer of `view` carry `Stream-Cursor`. Put it right below the route."""

    @wraps(view)
    async def with_cursor(*args: P.args, **kwargs: P.kwargs) -> Any:
        cursor = services().stream.cursor()  # first: what happens during the reading must be after it
        response = await make_response(await view(*args, **kwargs))
        response.headers["Stream-Cursor"] = cursor
        return response

    documented = getattr(view, QUART_SCHEMA_RESPONSE_ATTRIBUTE, {})
    with_headers = {status: (model, StreamCursor) for status, (model, _) in documented.items()}
    setattr(with_cursor, QUART_SCHEMA_RESPONSE_ATTRIBUTE, with_headers)
    return with_cursor
