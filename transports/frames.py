"""How an event is framed on each transport. The JSON inside is the same, byte for byte."""

import random

from itcook.stream.envelope import Envelope

RETRY_MS = (1_000, 5_000)  # spread, so that browsers cut at the same moment do not come back at once


def websocket_text(envelope: Envelope) -> str:
    """One text message."""
    return envelope.text


def sse_block(envelope: Envelope) -> bytes:
    """One event of an event stream: `id:` where there is a cursor to leave behind, and `data:`.

    The JSON holds no line break: its encoder escapes control characters.
    """
    head = "" if envelope.cursor is None else f"id: {envelope.cursor}\n"
    return f"{head}data: {envelope.text}\n\n".encode()


def sse_named_block(envelope: Envelope) -> bytes:
    """The same with an `event:` line, for clients that ask for it: `onmessage` never sees these."""
    return f"event: {envelope.type}\n".encode() + envelope.framed(sse_block)


def sse_retry() -> bytes:
    """The line that tells a browser how long to wait before it connects again."""
    return f"retry: {random.randint(*RETRY_MS)}\n\n".encode()  # noqa: S311 # jitter, no secret
