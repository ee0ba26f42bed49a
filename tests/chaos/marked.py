"""`itcook serve` that can be told to kill itself where it hurts most.

It is the server as it is, until it gets SIGUSR1. Then it reads the file `mark` in its directory, a place and
a number, and after so many passages of that place it sends SIGKILL to itself. The places are reached by
wrapping functions; the product knows nothing of them.
"""

import functools
import os
import signal
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from itcook import cli
from itcook.database.inserts import Inserts
from itcook.database.transactions import Transaction
from itcook.stream import table
from itcook.stream.redis.broker import RedisBroker
from transports.direct import DirectSink

FILE = "mark"
PLACES = (
    "before the commit of a post",
    "between commit and stamp",
    "before the commit of a stamp",
    "between stamp and publish",
    "between publish and flush",
)


class Mark:
    """Where this process dies, if it does. `left` counts the passages that it still survives."""

    def __init__(self) -> None:
        self._place = ""
        self._left = 0

    def read(self, number: int, frame: FrameType | None) -> None:
        """Be set by the file; a signal's handler."""
        self._place, left = Path(FILE).read_text().split("\n")
        self._left = int(left)

    def pass_by(self, place: str) -> None:
        """The server is at `place`."""
        if place == self._place:
            self._left -= 1
            if self._left < 0:
                os.kill(os.getpid(), signal.SIGKILL)


def _wrap(mark: Mark) -> None:
    """Put the places into the server."""
    before_post, before_stamp, before_commit, before_publish, before_flush = PLACES

    async def insert(inserts: Inserts, wrapped: Callable[..., Any], *arguments: Any) -> None:
        has_events = bool(inserts._rows)
        await wrapped(inserts, *arguments)
        if has_events:
            mark.pass_by(before_post)

    def committed(transaction: Transaction, wrapped: Callable[..., Any]) -> None:
        if transaction._after_commit:
            mark.pass_by(before_stamp)
        wrapped(transaction)

    async def stamp(wrapped: Callable[..., Any], *arguments: Any) -> Any:
        stamped = await wrapped(*arguments)
        if stamped:
            mark.pass_by(before_commit)
        return stamped

    async def publish(broker: RedisBroker, wrapped: Callable[..., Any], batch: Any) -> None:
        mark.pass_by(before_publish)
        await wrapped(broker, batch)

    def write(sink: DirectSink, wrapped: Callable[..., Any], batch: Any) -> None:
        wrapped(sink, batch)
        if batch.position:  # not at a heartbeat; what is written is sent at the end of the loop's turn
            mark.pass_by(before_flush)

    _replace(Inserts, "write", insert)
    _replace(Transaction, "committed", committed)
    _replace(RedisBroker, "publish", publish)
    _replace(DirectSink, "write", write)
    table._stamp.within = functools.partial(stamp, table._stamp.within)


def _replace(owner: type, name: str, method: Callable[..., Any]) -> None:
    """Have `method` called with the object, the function it stands for, and the arguments."""
    wrapped = getattr(owner, name)

    @functools.wraps(wrapped)
    def replaced(self: Any, *arguments: Any) -> Any:
        return method(self, wrapped, *arguments)

    setattr(owner, name, replaced)


def main() -> None:
    mark = Mark()
    _wrap(mark)
    signal.signal(signal.SIGUSR1, mark.read)
    cli.main(["serve"])


if __name__ == "__main__":
    main()
