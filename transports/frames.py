"""How events are framed on each transport. The JSON inside is the same, byte for byte.

A framing turns events that go out together into the bytes of all of them; what is dear is made once for each
event, and kept with it.
"""

import random
from collections.abc import Callable, Sequence
from functools import cache

from itcook.events import Disconnecting
from itcook.stream.envelope import Envelope

RETRY_MS = (1_000, 5_000)  # spread, so that browsers cut at the same moment do not come back at once
# An EventSource knows no other word for "do not come back"; left alone it would take another one's place.
STAY_AWAY = "retry: 86400000\n"
LAST_CHUNK = b"0\r\n\r\n"  # RFC 9112 section 7.1

Framing = Callable[[Sequence[Envelope]], bytes]

_TEXT = 0x81  # FIN and the opcode of text, RFC 6455 section 5.2; a server does not mask


def websocket_frames(envelopes: Sequence[Envelope]) -> bytes:
    """A text message each, in one frame."""
    return b"".join([envelope.framed(_frame) for envelope in envelopes])


def sse_blocks(envelopes: Sequence[Envelope]) -> bytes:
    """An event of an event stream each: `id:` where there is a cursor to leave behind, and `data:`."""
    return b"".join([envelope.framed(_block) for envelope in envelopes])


def sse_named_blocks(envelopes: Sequence[Envelope]) -> bytes:
    """The same with `event:` lines, for clients that ask for it: `onmessage` never sees these."""
    return b"".join([envelope.framed(_named_block) for envelope in envelopes])


@cache
def chunked(framing: Framing) -> Framing:
    """`framing` in one chunk of an HTTP/1.1 body. The same one each time: batches know their bytes by it."""
    return lambda envelopes: chunk(framing(envelopes))


def chunk(data: bytes) -> bytes:
    """`data`, which is not empty, as a chunk of an HTTP/1.1 body (RFC 9112 section 7.1)."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def sse_retry() -> bytes:
    """The line that tells a browser how long to wait before it connects again."""
    return f"retry: {random.randint(*RETRY_MS)}\n\n".encode()  # noqa: S311 # jitter, no secret


def _frame(envelope: Envelope) -> bytes:
    payload = envelope.text.encode()
    length = len(payload)
    if length < 126:
        return bytes((_TEXT, length)) + payload
    if length < 2**16:
        return bytes((_TEXT, 126)) + length.to_bytes(2) + payload
    return bytes((_TEXT, 127)) + length.to_bytes(8) + payload


def _block(envelope: Envelope) -> bytes:
    # The JSON holds no line break: its encoder escapes control characters.
    head = "" if envelope.cursor is None else f"id: {envelope.cursor}\n"
    if envelope.type == Disconnecting.__name__ and '"reconnect":false' in envelope.text:
        head += STAY_AWAY
    return f"{head}data: {envelope.text}\n\n".encode()


def _named_block(envelope: Envelope) -> bytes:
    return f"event: {envelope.type}\n".encode() + envelope.framed(_block)
