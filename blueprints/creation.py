"""What a POST does once: `Idempotency-Key` for clients that must try again, 201 and `Location`."""

import json
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from pydantic import BaseModel, Field
from quart import Response, request

from blueprints.context import principal
from blueprints.requests import Body
from itcook.database import Transaction, transactional
from itcook.errors import InvalidRequestError
from itcook.idempotency import Answer, Claim, check_key, fingerprint, perform_once

P = ParamSpec("P")
Made = TypeVar("Made", bound=BaseModel)
HEADER = "Idempotency-Key"


class IdempotencyKey(BaseModel):
    """The header of requests, for the documents."""

    idempotency_key: str | None = Field(
        default=None,
        min_length=1,
        max_length=255,
        description="With the same key and body, a request that is sent again has its effect once.",
    )


class CreationHeaders(BaseModel):
    """The headers of answers, for the documents."""

    location: str = Field(description="The path of what was created.")
    idempotency_replayed: str | None = Field(
        default=None, description="`true` if an earlier request with the key had the effect."
    )


async def create(
    location: str, body: Body, use_case: transactional[P, Made], *args: P.args, **kwargs: P.kwargs
) -> Response:
    """201 with what `use_case(*args)` makes, once for each Idempotency-Key.

    `location` is the collection's path: with a slash and the new id behind it, it is the new thing's.
    `body` is what `args` were made from. Raises what `use_case` raises, `InvalidRequestError` for a key
    that is none, and `ValidationError` for one that came with another request.
    """
    answer = await _once(body, use_case, *args, **kwargs)
    response = _response(answer, 201)
    response.headers["Location"] = f"{location}/{json.loads(answer.body)['id']}"
    return response


async def accept(
    location: str, body: Body, use_case: transactional[P, Made], *args: P.args, **kwargs: P.kwargs
) -> Response:
    """202 with the request, by its `request_id`, that `use_case(*args)` queues; else the same as `create`."""
    answer = await _once(body, use_case, *args, **kwargs)
    response = _response(answer, 202)
    response.headers["Location"] = f"{location}/{json.loads(answer.body)['request_id']}"
    return response


async def perform(
    body: Body, use_case: transactional[P, Made], *args: P.args, **kwargs: P.kwargs
) -> Response:
    """200 with the result of `use_case(*args)`, which creates nothing; else the same as `create`."""
    return _response(await _once(body, use_case, *args, **kwargs), 200)


async def _once(body: Body, use_case: transactional[P, Made], *args: P.args, **kwargs: P.kwargs) -> Answer:
    key = _idempotency_key()
    if key is None:
        return Answer((await use_case(*args, **kwargs)).model_dump_json())
    request_fingerprint = fingerprint(f"{request.method} {request.path}", body.model_dump_json())
    claim = Claim(principal().user_id, key, request_fingerprint)
    return await perform_once(claim, _work(use_case.within, *args, **kwargs))


def _work(
    within: Callable[Concatenate[Transaction, P], Awaitable[BaseModel]], *args: P.args, **kwargs: P.kwargs
) -> Callable[[Transaction], Awaitable[BaseModel]]:
    @wraps(within)  # for its name
    def work(transaction: Transaction) -> Awaitable[BaseModel]:
        return within(transaction, *args, **kwargs)

    return work


def _idempotency_key() -> str | None:
    keys = request.headers.getlist(HEADER)
    if len(keys) > 1:
        raise InvalidRequestError(f"send one {HEADER}, not several", code="idempotency_key_invalid")
    return check_key(keys[0]) if keys else None


def _response(answer: Answer, status: int) -> Response:
    response = Response(answer.body, status=status, content_type="application/json")
    if answer.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response
