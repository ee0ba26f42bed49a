"""Posting: client messages that come by POST, for clients whose transport carries none.

The request may land on any node; the connection's id begins with the node it is on.
"""

import asyncio
import secrets
from uuid import UUID

from itcook.auth.principal import Principal
from itcook.errors import (
    FieldError,
    InvalidRequestError,
    NotFoundError,
    ProblemError,
    RateLimitedError,
    ValidationError,
)
from itcook.messages import InvalidMessageError
from itcook.stream import ends
from itcook.stream.broker import Broker
from itcook.stream.connections import Connections
from itcook.stream.signals import MessageAnswered, MessagePosted, Refusal

ANSWER_SECONDS = 2.0  # for another node's answer; one that is silent for so long has lost its clients too

NO_CONNECTION = Refusal(code="not_found", message="you have no such connection; it may have ended")


class Posting:
    """Passes messages on to their sessions, here or on another node, and says what became of them."""

    def __init__(self, node_id: str, connections: Connections, broker: Broker) -> None:
        self._node_id = node_id
        self._connections = connections
        self._broker = broker
        self._time = asyncio.get_running_loop().time
        self._asked: dict[str, asyncio.Future[Refusal | None]] = {}
        self._working: set[asyncio.Task[None]] = set()

    async def post(self, principal: Principal, connection_id: str, text: str) -> None:
        """Have the connection do what the message `text` asks; its stream has the answer.

        Raises `NotFoundError` unless it is a connection of this person, `InvalidRequestError` and
        `ValidationError` for what is no message, `RateLimitedError` if it was one too many.
        """
        node_id = connection_id.partition("-")[0]
        if node_id == self._node_id:
            refusal = self._take(principal.user_id, connection_id, text)
        elif self._broker.reaches(node_id):
            refusal = await self._ask(node_id, principal.user_id, connection_id, text)
        else:
            refusal = NO_CONNECTION
        if refusal is not None:
            raise _problem(refusal)

    def posted(self, signal: MessagePosted) -> None:
        """Another node has a message for a connection that is here."""
        if signal.to == self._node_id:
            refusal = self._take(signal.user_id, signal.connection_id, signal.text)
            answer = MessageAnswered(to=signal.answer_to, request_id=signal.request_id, refusal=refusal)
            self._broker.signal(answer)

    def answered(self, signal: MessageAnswered) -> None:
        """Another node has an answer, maybe to this one."""
        asked = self._asked.get(signal.request_id)
        if asked is not None and not asked.done():
            asked.set_result(signal.refusal)

    async def stop(self) -> None:
        """Give up what is at work."""
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)

    def _take(self, user_id: UUID, connection_id: str, text: str) -> Refusal | None:
        session = self._connections.find(connection_id)
        if session is None or session.ended is not None or session.principal.user_id != user_id:
            return NO_CONNECTION
        now = self._time()
        try:
            message = session.read(text, now)
        except InvalidMessageError as error:
            session.strike(now)
            return Refusal(code=error.code, message=error.message, pointer=error.pointer)
        if message is None:
            return Refusal(code="rate_limited", message=ends.TOO_MANY_MESSAGES.reason)
        # A task of its own: the client may give up its request, and the message is at work all the same.
        task = asyncio.create_task(self._connections.handle(session, message))
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        return None

    async def _ask(self, node_id: str, user_id: UUID, connection_id: str, text: str) -> Refusal | None:
        request_id = secrets.token_hex(8)
        asked: asyncio.Future[Refusal | None] = asyncio.get_running_loop().create_future()
        self._asked[request_id] = asked
        try:
            self._broker.signal(
                MessagePosted(
                    to=node_id,
                    answer_to=self._node_id,
                    request_id=request_id,
                    user_id=user_id,
                    connection_id=connection_id,
                    text=text,
                )
            )
            async with asyncio.timeout(ANSWER_SECONDS):
                return await asked
        except TimeoutError:
            return NO_CONNECTION
        finally:
            del self._asked[request_id]


def _problem(refusal: Refusal) -> ProblemError:
    match refusal.code:
        case "not_found":
            return NotFoundError(refusal.message)
        case "rate_limited":
            seconds = ends.TOO_MANY_MESSAGES.retry_after_ms // 1000
            return RateLimitedError(f"{refusal.message}; the connection has ended", retry_after=seconds)
        case "invalid_json":
            return InvalidRequestError(f"the body is {refusal.message}", code="invalid_json")
    wrong = FieldError(refusal.pointer, refusal.message)
    return ValidationError("the message is not valid; `errors` names the wrong place", errors=(wrong,))
