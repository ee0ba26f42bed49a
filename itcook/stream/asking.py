"""Asking: what a client's messages do."""

import asyncio

from itcook.messages import Authenticate, Message, Subscribe, Unsubscribe
from itcook.stream import ends
from itcook.stream.history import History
from itcook.stream.joining import Joining
from itcook.stream.limits import MESSAGE_BURST
from itcook.stream.renewal import Renewal, RenewalRefusedError
from itcook.stream.session import Session
from itcook.stream.subscriptions import Subscriptions

MAX_HELD = int(MESSAGE_BURST)  # messages of a client that is still joining, or asks faster than is answered


class Asking:
    """Does what clients ask, each client's messages one after the other."""

    def __init__(
        self, history: History, joining: Joining, subscriptions: Subscriptions, renewal: Renewal
    ) -> None:
        self._history = history
        self._joining = joining
        self._subscriptions = subscriptions
        self._renewal = renewal
        self._time = asyncio.get_running_loop().time

    async def handle(self, session: Session, message: Message) -> None:
        """Do what the client asks and acknowledge it, in order: while another message is at work it is held,
        and until the session is live.

        A channel added in the middle of a replay would begin somewhere in it, and there would be no
        cursor that its acknowledgement could name.
        """
        if len(session.held) == MAX_HELD:
            session.end(ends.TOO_MANY_MESSAGES)
            return
        session.held.append(message)
        if session.live and len(session.held) == 1:
            await self.act_on_held(session)

    async def act_on_held(self, session: Session) -> None:
        """Do what was asked while it had to wait."""
        while session.live and session.held:
            await self._act(session, session.held[0])
            session.held.popleft()

    async def _act(self, session: Session, message: Message) -> None:
        if isinstance(message, Subscribe):
            await self._joining.subscribe(session, message)
        elif isinstance(message, Unsubscribe):
            self._subscriptions.remove(session, message.channels)
            session.unsubscribed(self._history.cursor, message.ref)
        elif isinstance(message, Authenticate):
            await self._authenticate(session, message)

    async def _authenticate(self, session: Session, message: Authenticate) -> None:
        try:
            await self._renewal.renew(session, message)
        except RenewalRefusedError as error:
            session.refuse(error.code, error.message, message.ref)
            session.strike(self._time())
