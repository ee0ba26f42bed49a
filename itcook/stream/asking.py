"""Asking: what a client's messages do."""

import asyncio

from itcook.messages import Authenticate, Message, Subscribe, TypingStart, TypingStop, Unsubscribe
from itcook.stream import channels, ends
from itcook.stream.access import ChannelRefusedError, resolve
from itcook.stream.joining import Joining
from itcook.stream.limits import MESSAGE_BURST
from itcook.stream.renewal import Renewal, RenewalRefusedError
from itcook.stream.session import Session
from itcook.stream.subscriptions import Subscriptions
from itcook.stream.typists import Typists

MAX_HELD = int(MESSAGE_BURST)  # messages of a client that is still joining, or asks faster than is answered


class Asking:
    """Does what clients ask, each client's messages one after the other."""

    def __init__(
        self,
        joining: Joining,
        subscriptions: Subscriptions,
        renewal: Renewal,
        typists: Typists,
    ) -> None:
        self._joining = joining
        self._subscriptions = subscriptions
        self._renewal = renewal
        self._typists = typists
        self._time = asyncio.get_running_loop().time

    async def handle(self, session: Session, message: Message) -> None:
        """Do what the client asks and acknowledge it, in order: while another message is at work it is held,
        and until the session is live.

        A channel added in the middle of a replay would begin somewhere in it, and there would be no
        cursor that its acknowledgement could name.
        """
        if len(session.held) >= MAX_HELD:
            session.end(ends.TOO_MANY_MESSAGES)
            return
        session.held.append(message)
        if session.live and len(session.held) == 1:
            await self.act_on_held(session)

    async def act_on_held(self, session: Session) -> None:
        """Do what was asked while it had to wait."""
        while session.live and session.held:
            await self._act(session, session.held[0])
            del session.held[0]

    async def _act(self, session: Session, message: Message) -> None:
        if isinstance(message, Subscribe):
            await self._joining.subscribe(session, message)
        elif isinstance(message, Unsubscribe):
            cursor = self._subscriptions.cursor()
            self._subscriptions.remove(session, message.channels)
            session.unsubscribed(cursor, message.ref)
        elif isinstance(message, Authenticate):
            await self._authenticate(session, message)
        elif isinstance(message, TypingStart):
            await self._start_typing(session, message)
        elif isinstance(message, TypingStop):
            self._typists.stop(session.user_id, message.post_id)

    async def _authenticate(self, session: Session, message: Authenticate) -> None:
        try:
            await self._renewal.renew(session, message)
        except RenewalRefusedError as error:
            session.refuse(error.code, error.message, message.ref)
            session.strike(self._time())

    async def _start_typing(self, session: Session, message: TypingStart) -> None:
        """A renewal costs nothing; whatever else is told to others, and may cost a query, is limited."""
        if not self._typists.is_typing(session.user_id, message.post_id):
            if not self._typists.may_start(session.user_id, self._time()):
                session.refuse(
                    "typing_limited", "send TypingStart less often, and go on with one", message.ref
                )
                return
            if not await self._may_type(session, message):
                return
        if session.ended is None:
            self._typists.start(session.principal, message.post_id, self._time())

    async def _may_type(self, session: Session, message: TypingStart) -> bool:
        """Whether there is the post, and the person may read it; a refusal is answered here."""
        channel = channels.post(message.post_id)
        if channel in session.reading.channels:
            return True
        try:
            await resolve(channel, session.principal)
        except ChannelRefusedError as error:
            self._subscriptions.refuse(session, [error], message.ref)
            return False
        return True
