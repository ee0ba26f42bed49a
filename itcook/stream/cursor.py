"""Cursors: where in the one order of all durable events a client stands."""

import re
import secrets
from dataclasses import dataclass

MAX_LENGTH = 64  # of a cursor's text; nothing longer is worth parsing
_CURSOR = re.compile(r"([0-9a-z]{1,16})\.(0|[1-9][0-9]{0,17})")  # 10^18 fits a 64-bit position
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Cursor:
    """`<epoch>.<position>`, opaque to clients.

    The epoch names one history: with another database, positions mean other events. The order of all
    channels is one, so a cursor resumes any set of them on either transport.
    """

    epoch: str
    position: int

    def __str__(self) -> str:
        return f"{self.epoch}.{self.position}"

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """The cursor that `text` is, None if it is none."""
        match = _CURSOR.fullmatch(text) if len(text) <= MAX_LENGTH else None
        return cls(match[1], int(match[2])) if match else None


def new_epoch() -> str:
    """A name for a history that starts now: 36^8, so that two databases never share one by chance."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(8))
