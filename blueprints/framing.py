"""Requests whose end two servers would see in different places (request smuggling)."""

from quart import Response, request

from blueprints.problems import answer
from itcook.errors import InvalidRequestError


async def refuse_two_lengths() -> Response | None:
    """Refuse a request with a length that is also chunked, and whatever follows on its connection.

    The HTTP library under Hypercorn lets `Transfer-Encoding` win; a proxy that goes by `Content-Length`
    would let the rest pass as the next person's request (RFC 9112 section 6.1).
    """
    if not {"Content-Length", "Transfer-Encoding"} <= set(request.headers.keys()):
        return None
    response = await answer(InvalidRequestError("send Content-Length or Transfer-Encoding, not both"))
    response.headers["Connection"] = "close"
    return response
