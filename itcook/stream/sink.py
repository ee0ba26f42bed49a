"""The way out of one connection, as the stream sees it; the transports have the implementations."""

from typing import Protocol

from itcook.stream.ends import End
from itcook.stream.envelope import Batch, Envelope


class Sink(Protocol):
    """Nothing here waits, but for `drained`, and nothing here fails: a connection that cannot be written to
    any more is found out by whoever serves it.
    """

    @property
    def unsent(self) -> int:
        """Bytes accepted and not yet taken over by the network."""

    @property
    def heard_at(self) -> float | None:
        """When anything last came from the client; None where the transport cannot tell."""

    def stuck_for(self, now: float) -> float:
        """For how long bytes have been waiting without any leaving, in seconds."""

    def write(self, batch: Batch) -> None:
        """Accept events. How many bytes may wait is the session's to judge."""

    async def drained(self) -> None:
        """Wait until there is room for another part of a replay, or the connection has ended."""

    def ping(self) -> None:
        """Ask the client for a sign of life, if the transport has a way to."""

    def end(self, end: End, last: Envelope) -> None:
        """Send `last` after what was accepted before, then close as `end` says."""

    def cut(self) -> None:
        """Drop the connection at once, whatever waits to be sent."""
