"""The rules of RFC 6455 for what a client sends, case by case, under the names of Autobahn's categories.

Autobahn talks with a server that echoes. Ours answers a message with an event that carries the message's
`ref`, so what must be seen to have arrived travels in there; and a text that is no message gets an `Error`.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from tests.support.raw_websocket import BINARY, CLOSE, PING, PONG, TEXT, frame

CONTINUATION = 0x0
MASK = b"\x37\xfa\x21\x3d"  # that of the examples in section 5.7
MAX_MESSAGE = 64 * 1024

# What a client sees, but for what the stream says of its own accord.
Seen = tuple[str, object]


@dataclass(frozen=True, slots=True)
class Case:
    """`sent` piece by piece. `seen`: pongs and a close in their order, and the answers to messages in theirs,
    as messages take time. If no close is among it the connection goes on, else messages may stay unanswered.
    """

    name: str
    sent: Sequence[bytes]
    seen: Sequence[Seen]


def answered(ref: str) -> Seen:
    """The answer to a message that came whole."""
    return "ref", ref


def pong(payload: bytes = b"") -> Seen:
    return "pong", payload


def closed(code: int | None) -> Seen:
    """A close frame, and the end of the connection; without a code for a close that had none."""
    return "close", code


NO_MESSAGE: Seen = ("error", "invalid_json")


def message(ref: str = "here", length: int = 0) -> bytes:
    """A client message, of at least `length` bytes."""
    text = json.dumps({"type": "Unsubscribe", "channels": ["kitchens"], "ref": ref}, ensure_ascii=False)
    return text.encode().ljust(length)


def masked(opcode: int, payload: bytes = b"", *, first: int = 0x80, mask: bytes = MASK) -> bytes:
    """A frame with a mask that changes its payload."""
    plain = frame(opcode, payload, first=first)
    head = plain[: len(plain) - len(payload) - 4]
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


def long_form(opcode: int, payload: bytes, width: int) -> bytes:
    """A frame whose length takes `width` bytes, though fewer would do."""
    marker = 126 if width == 2 else 127
    return bytes([0x80 | opcode, 0x80 | marker]) + len(payload).to_bytes(width) + bytes(4) + payload


def octets(data: bytes) -> list[bytes]:
    """Byte for byte."""
    return [bytes([byte]) for byte in data]


def fragments(payload: bytes, *cuts: int, opcode: int = TEXT) -> list[bytes]:
    """A frame for each part between the `cuts`."""
    edges = [0, *cuts, len(payload)]
    parts = [payload[start:end] for start, end in pairwise(edges)]
    last = len(parts) - 1
    return [
        frame(opcode if number == 0 else CONTINUATION, part, first=0x80 if number == last else 0)
        for number, part in enumerate(parts)
    ]


def cases() -> list[Case]:
    """All of them."""
    parts: tuple[Callable[[], Iterator[Case]], ...] = (
        framing,
        lengths,
        masking,
        pings,
        reserved_bits,
        opcodes,
        fragmentation,
        utf8_valid,
        utf8_invalid,
        utf8_late,
        closing,
        close_codes,
        limits,
        compression,
    )
    return [case for part in parts for case in part()]


def framing() -> Iterator[Case]:
    """1: text and binary of every length at which a frame changes its form."""
    yield Case("1.1.1 text of nothing", [frame(TEXT)], [NO_MESSAGE])
    for number, length in enumerate((125, 126, 127, 128, 65535, 65536), start=2):
        sent = frame(TEXT, message(length=length))
        yield Case(f"1.1.{number} text of {length}", [sent], [answered("here")])
    large = frame(TEXT, message(length=65536))
    chopped = [large[start : start + 997] for start in range(0, len(large), 997)]
    yield Case("1.1.8 text of 65536 in chops of 997", chopped, [answered("here")])
    for number, length in enumerate((0, 125, 126, 127, 128, 65535, 65536), start=1):
        yield Case(f"1.2.{number} binary of {length}", [frame(BINARY, b"\xfe" * length)], [closed(1003)])
    two = frame(TEXT, message("one")) + frame(TEXT, message("two"))
    yield Case("1.3.1 two in one write", [two], [answered("one"), answered("two")])
    yield Case("1.3.2 two byte for byte", octets(two), [answered("one"), answered("two")])
    for cut in (1, 2, 3, 4, 5, 6, 7):
        whole = frame(TEXT, message())
        yield Case(f"1.4.{cut} cut after {cut} bytes", [whole[:cut], whole[cut:]], [answered("here")])


def lengths() -> Iterator[Case]:
    """1.5: a length takes as few bytes as it can, section 5.2."""
    for number, (length, width) in enumerate(
        [(0, 2), (1, 2), (125, 2), (0, 8), (1, 8), (125, 8), (126, 8), (65535, 8)], start=1
    ):
        sent = long_form(TEXT, message().ljust(length)[:length], width)
        yield Case(f"1.5.{number} length {length} in {width} bytes", [sent], [closed(1002)])
    for number, opcode in enumerate((CLOSE, PING, PONG), start=9):
        sent = long_form(opcode, b"", 2)
        yield Case(f"1.5.{number} control {opcode:#x}, length 0 in 2 bytes", [sent], [closed(1002)])
        sent = long_form(opcode, b"", 8)
        yield Case(f"1.5.{number + 3} control {opcode:#x}, length 0 in 8 bytes", [sent], [closed(1002)])
    for number, length in enumerate((2**63, 2**64 - 1), start=15):
        sent = bytes([0x81, 0xFF]) + length.to_bytes(8) + bytes(4)
        yield Case(f"1.5.{number} length {length:#x}", [sent], [closed(1002)])


def masking() -> Iterator[Case]:
    """1.6: every frame of a client is masked, section 5.1."""
    text = message()
    for number, mask in enumerate((MASK, b"\xff" * 4, b"\0\0\0\1", b"\1\0\0\0"), start=1):
        sent = masked(TEXT, text, mask=mask)
        yield Case(f"1.6.{number} mask {mask.hex()}", [sent], [answered("here")])
    yield Case("1.6.5 masked, byte for byte", octets(masked(TEXT, text)), [answered("here")])
    for number, length in enumerate((1, 2, 3, 5), start=6):
        sent = masked(PING, b"ping!"[:length])
        yield Case(f"1.6.{number} masked ping of {length}", [sent], [pong(b"ping!"[:length])])
    two = masked(TEXT, text[:7], first=0) + masked(CONTINUATION, text[7:], mask=b"\1\2\3\4")
    yield Case("1.6.10 a mask of its own for each fragment", [two], [answered("here")])
    for number, opcode in enumerate((CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG), start=11):
        payload = (1000).to_bytes(2) if opcode == CLOSE else text[:9]
        for empty, data in ((" and empty", b""), ("", payload)):
            sent = frame(opcode, data, masked=False)
            yield Case(f"1.6.{number} opcode {opcode:#x} not masked{empty}", [sent], [closed(1002)])


def pings() -> Iterator[Case]:
    """2: pings are answered with what was in them, pongs not at all, sections 5.5.2 and 5.5.3."""
    largest = bytes(range(130, 255))
    yield Case("2.1 ping", [frame(PING)], [pong()])
    yield Case("2.2 ping with text", [frame(PING, b"Hello!")], [pong(b"Hello!")])
    binary = b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"
    yield Case("2.3 ping with what is no UTF-8", [frame(PING, binary)], [pong(binary)])
    yield Case("2.4 ping of 125", [frame(PING, largest)], [pong(largest)])
    yield Case("2.5 ping of 126", [frame(PING, largest + b"x")], [closed(1002)])
    yield Case("2.6 ping of 125 byte for byte", octets(frame(PING, largest)), [pong(largest)])
    yield Case("2.7 pong that nobody asked for", [frame(PONG)], [])
    yield Case("2.8 pong with something in it", [frame(PONG, b"unsolicited")], [])
    yield Case("2.9 pong, then ping", [frame(PONG, b"x"), frame(PING, b"y")], [pong(b"y")])
    ten = [frame(PING, b"payload-%d" % number) for number in range(10)]
    ten_pongs = [pong(b"payload-%d" % number) for number in range(10)]
    yield Case("2.10 ten pings", [b"".join(ten)], ten_pongs)
    yield Case("2.11 ten pings byte for byte", octets(b"".join(ten)), ten_pongs)
    yield Case("2.12 pong of 126", [frame(PONG, b"x" * 126)], [closed(1002)])
    yield Case("2.13 ping of 126 in 8 bytes of length", [long_form(PING, b"x" * 126, 8)], [closed(1002)])


def reserved_bits() -> Iterator[Case]:
    """3: no extension is negotiated, so RSV is zero, section 5.2."""
    kinds = (
        (TEXT, message()),
        (BINARY, b"x"),
        (CONTINUATION, b"x"),
        (CLOSE, b"\x03\xe8"),
        (PING, b"x"),
        (PONG, b""),
    )
    for number, (opcode, payload) in enumerate(kinds, start=1):
        for rsv in range(1, 8):
            sent = frame(opcode, payload, first=0x80 | rsv << 4)
            yield Case(f"3.{number}.{rsv} RSV {rsv} on opcode {opcode:#x}", [sent], [closed(1002)])
    broken = frame(TEXT, message(), first=0xC0)
    between = [frame(TEXT, message("one")), broken, frame(PING)]
    yield Case("3.7.1 RSV 4 after a message", between, [answered("one"), closed(1002)])
    yield Case("3.7.2 likewise, byte for byte", octets(b"".join(between)), [answered("one"), closed(1002)])
    within = [frame(TEXT, message()[:5], first=0), frame(CONTINUATION, message()[5:], first=0xA0)]
    yield Case("3.7.3 RSV 2 on the last fragment", within, [closed(1002)])


def opcodes() -> Iterator[Case]:
    """4: the opcodes 3 to 7 and 0xB to 0xF are reserved, section 5.2."""
    for number, opcode in enumerate((*range(0x3, 0x8), *range(0xB, 0x10)), start=1):
        for part, payload in enumerate((b"", b"reserved", b"x" * 126), start=1):
            sent = frame(opcode, payload)
            yield Case(f"4.{number}.{part} opcode {opcode:#x} with {len(payload)}", [sent], [closed(1002)])
        after = [frame(TEXT, message("one")) + frame(opcode) + frame(PING)]
        yield Case(f"4.{number}.4 opcode {opcode:#x} after a message", after, [answered("one"), closed(1002)])
        within = frame(TEXT, message()[:5], first=0) + frame(opcode) + frame(CONTINUATION, message()[5:])
        yield Case(f"4.{number}.5 opcode {opcode:#x} between fragments", [within], [closed(1002)])


def fragmentation() -> Iterator[Case]:
    """5: messages in fragments, and control frames between them, section 5.4."""
    text = message()
    one, two = fragments(text, 9)
    yield Case(
        "5.1 ping in fragments", [frame(PING, b"x", first=0), frame(CONTINUATION, b"y")], [closed(1002)]
    )
    yield Case(
        "5.2 pong in fragments", [frame(PONG, b"x", first=0), frame(CONTINUATION, b"y")], [closed(1002)]
    )
    yield Case("5.3 text in two", [one, two], [answered("here")])
    yield Case("5.4 text in two, in one write", [one + two], [answered("here")])
    yield Case("5.5 text in two, byte for byte", octets(one + two), [answered("here")])
    ping = frame(PING, b"?")
    yield Case("5.6 a ping between", [one, ping, two], [pong(b"?"), answered("here")])
    yield Case("5.7 a ping between, in one write", [one + ping + two], [pong(b"?"), answered("here")])
    yield Case("5.8 a ping between, byte for byte", octets(one + ping + two), [pong(b"?"), answered("here")])
    last = frame(CONTINUATION, text)
    yield Case("5.9 continuation of nothing", [last, frame(TEXT, text)], [closed(1002)])
    yield Case("5.10 likewise, in one write", [last + frame(TEXT, text)], [closed(1002)])
    yield Case("5.11 likewise, byte for byte", octets(last + frame(TEXT, text)), [closed(1002)])
    more = frame(CONTINUATION, text, first=0)
    yield Case("5.12 fragment of nothing", [more, frame(TEXT, text)], [closed(1002)])
    yield Case("5.13 likewise, in one write", [more + frame(TEXT, text)], [closed(1002)])
    yield Case("5.14 likewise, byte for byte", octets(more + frame(TEXT, text)), [closed(1002)])
    over = one + two + frame(CONTINUATION, b"x", first=0) + frame(TEXT, text)
    yield Case("5.15 a fragment after the last", [over], [answered("here"), closed(1002)])
    yield Case(
        "5.16 a continuation first, then again",
        [frame(CONTINUATION, b"x", first=0), one, two],
        [closed(1002)],
    )
    yield Case(
        "5.17 the last of nothing, then a message", [frame(CONTINUATION, b"x"), one, two], [closed(1002)]
    )
    yield Case("5.18 a message within a message", [one, frame(TEXT, text)], [closed(1002)])
    pieces = fragments(text, 5, 10, 15, 20)
    between = [part for piece in pieces for part in (piece, ping)]
    yield Case("5.19 pings between five", between, [*[pong(b"?")] * 4, answered("here"), pong(b"?")])
    swapped = [*[pong(b"?")] * 4, answered("here"), pong(b"?")]
    yield Case("5.20 likewise, in one write", [b"".join(between)], swapped)
    empty = fragments(text, 0, 0, 9, 9, len(text))
    yield Case("5.21 empty fragments", empty, [answered("here")])
    each = fragments(text, *range(1, len(text)))
    yield Case("5.22 a fragment for each byte", [b"".join(each)], [answered("here")])
    yield Case("5.23 a pong between", [one, frame(PONG, b"x"), two], [answered("here")])
    yield Case("5.24 binary within text", [one, frame(BINARY, b"x")], [closed(1002)])
    yield Case("5.25 a close between", [one, frame(CLOSE, b"\x03\xe8"), two], [closed(1000)])
    yield Case("5.26 binary in two", fragments(b"xy", 1, opcode=BINARY), [closed(1003)])
    yield Case("5.27 close in fragments", [frame(CLOSE, b"\x03\xe8", first=0)], [closed(1002)])
    again = [*fragments(message("one"), 4), *fragments(message("two"), 8)]
    yield Case("5.28 two messages in fragments", again, [answered("one"), answered("two")])


VALID = {
    "6.2.1 Greek and Russian": "κόσμε, привет",
    "6.2.2 four bytes": "🍲🥘",
    "6.5.1 U+007F": "\x7f",
    "6.6.1 U+0080": "\x80",
    "6.6.2 U+07FF": "\u07ff",
    "6.6.3 U+0800": "\u0800",
    "6.6.4 U+FFFF": "\uffff",
    "6.6.5 U+10000": "\U00010000",
    "6.6.6 U+10FFFF": "\U0010ffff",
    "6.7.1 U+D7FF, before the surrogates": "\ud7ff",
    "6.7.2 U+E000, after the surrogates": "\ue000",
    "6.7.3 U+FFFD": "\ufffd",
    "6.22.1 U+FFFE": "\ufffe",
    "6.22.2 U+1FFFE": "\U0001fffe",
    "6.22.3 U+FDD0": "\ufdd0",
    "6.23.1 U+FEFF in the middle": "a\ufeffb",
    "6.23.2 U+2028 and U+2029": "\u2028\u2029",
    "6.23.3 a bidirectional override": "\u202e",
}


def utf8_valid() -> Iterator[Case]:
    """6: UTF-8 is read wherever it is cut, RFC 3629."""
    yield Case("6.1.1 nothing in three fragments", fragments(b"", 0, 0), [NO_MESSAGE])
    for name, text in VALID.items():
        sent = message(text)
        start = sent.index(text.encode())
        cuts = range(start + 1, start + len(text.encode()))
        seen = [answered(text)]
        yield Case(name, [frame(TEXT, sent)], seen)
        yield Case(f"{name}, a fragment for each byte", fragments(sent, *cuts), seen)
        yield Case(f"{name}, byte for byte", octets(frame(TEXT, sent)), seen)
        within = [part for piece in fragments(sent, *cuts) for part in (piece, frame(PONG))]
        yield Case(f"{name}, pongs within", within, seen)


INVALID = {
    "6.3.1 an encoded surrogate after text": "κόσμε".encode() + b"\xed\xa0\x80" + b"edited",
    "6.8.1 first of 5 bytes": b"\xf8\x88\x80\x80\x80",
    "6.8.2 first of 6 bytes": b"\xfc\x84\x80\x80\x80\x80",
    "6.11.1 beyond U+10FFFF": b"\xf4\x90\x80\x80",
    "6.11.2 far beyond it": b"\xf7\xbf\xbf\xbf",
    "6.12.1 a continuation byte": b"\x80",
    "6.12.2 the last continuation byte": b"\xbf",
    "6.12.3 two of them": b"\x80\xbf",
    "6.12.4 seven of them": b"\x80\xbf\x80\xbf\x80\xbf\x80",
    "6.13.1 a first byte of two, alone": b"\xc2 ",
    "6.13.2 a first byte of three, alone": b"\xe1 ",
    "6.13.3 a first byte of four, alone": b"\xf1 ",
    "6.14.1 two bytes, the last missing": b"\xdf",
    "6.14.2 three bytes, the last missing": b"\xef\xbf",
    "6.14.3 four bytes, the last missing": b"\xf1\xbf\xbf",
    "6.14.4 four bytes, two missing": b"\xf0\x90",
    "6.15.1 all of them": b"\xdf\xef\xbf\xf1\xbf\xbf",
    "6.16.1 FE": b"\xfe",
    "6.16.2 FF": b"\xff",
    "6.16.3 FE FE FF FF": b"\xfe\xfe\xff\xff",
    "6.17.1 overlong / in two": b"\xc0\xaf",
    "6.17.2 overlong / in three": b"\xe0\x80\xaf",
    "6.17.3 overlong / in four": b"\xf0\x80\x80\xaf",
    "6.18.1 overlong U+007F": b"\xc1\xbf",
    "6.18.2 overlong U+07FF": b"\xe0\x9f\xbf",
    "6.18.3 overlong U+FFFF": b"\xf0\x8f\xbf\xbf",
    "6.19.1 overlong NUL in two": b"\xc0\x80",
    "6.19.2 overlong NUL in three": b"\xe0\x80\x80",
    "6.19.3 overlong NUL in four": b"\xf0\x80\x80\x80",
    "6.20.1 U+D800": b"\xed\xa0\x80",
    "6.20.2 U+DB7F": b"\xed\xad\xbf",
    "6.20.3 U+DC00": b"\xed\xb0\x80",
    "6.20.4 U+DFFF": b"\xed\xbf\xbf",
    "6.21.1 a pair of surrogates": b"\xed\xa0\x80\xed\xb0\x80",
    "6.21.2 the last pair of surrogates": b"\xed\xaf\xbf\xed\xbf\xbf",
}


def utf8_invalid() -> Iterator[Case]:
    """6: and nothing else is, wherever it is cut; section 8.1."""
    for name, data in INVALID.items():
        yield Case(name, [frame(TEXT, data)], [closed(1007)])
        sent = b'{"ref":"' + data + b'"}'
        yield Case(f"{name}, in a message", [frame(TEXT, sent)], [closed(1007)])
        for cut in range(1, len(data)):
            yield Case(f"{name}, cut after {cut}", fragments(data, cut), [closed(1007)])
        yield Case(f"{name}, byte for byte", octets(frame(TEXT, data)), [closed(1007)])


def utf8_late() -> Iterator[Case]:
    """6.4: what is wrong is known at once, and what may still become right is waited for."""
    for name, data in (("6.4.1", b"\xf4\x90"), ("6.4.2", b"\xff"), ("6.4.3", b"\xc0")):
        sent = frame(TEXT, b'{"ref":"' + data, first=0)
        yield Case(f"{name} {data.hex()} in a first fragment", [sent], [closed(1007)])
    half = bytes([0x81, 0x80 | 125]) + bytes(4) + b"\xff"
    yield Case("6.4.4 within a frame that is not complete", [half], [closed(1007)])
    yield Case("6.4.5 a message that ends within a character", fragments(b'"\xf0\x9f\x8d', 1), [closed(1007)])


def closing() -> Iterator[Case]:
    """7: a close is answered with its code and is the last, sections 5.5.1 and 7."""
    close = frame(CLOSE, b"\x03\xe8")
    text = frame(TEXT, message())
    yield Case("7.1.1 a message, then close", [text, close], [answered("here"), closed(1000)])
    yield Case("7.1.2 two closes", [close + close], [closed(1000)])
    yield Case("7.1.3 close, then ping", [close + frame(PING)], [closed(1000)])
    yield Case("7.1.4 close, then a message", [close + text], [closed(1000)])
    one, two = fragments(message(), 9)
    yield Case("7.1.5 close in the middle of a message", [one + close + two], [closed(1000)])
    large = frame(TEXT, message(length=MAX_MESSAGE)) + close + frame(PING)
    yield Case("7.1.6 64 KiB, close, ping", [large], [answered("here"), closed(1000)])
    yield Case("7.1.7 close, then nonsense", [close + b"\xff" * 50], [closed(1000)])
    yield Case("7.3.1 close of nothing", [frame(CLOSE)], [closed(None)])
    yield Case("7.3.2 close of one byte", [frame(CLOSE, b"\x03")], [closed(1002)])
    yield Case("7.3.3 close of a code", [close], [closed(1000)])
    yield Case("7.3.4 close with a reason", [frame(CLOSE, b"\x03\xe8Bye")], [closed(1000)])
    yield Case(
        "7.3.5 close with the longest reason", [frame(CLOSE, b"\x03\xe8" + b"x" * 123)], [closed(1000)]
    )
    yield Case("7.3.6 close with a longer reason", [frame(CLOSE, b"\x03\xe8" + b"x" * 124)], [closed(1002)])
    yield Case("7.3.7 close byte for byte", octets(frame(CLOSE, b"\x03\xe8Bye")), [closed(1000)])
    for number, (name, reason) in enumerate(list(INVALID.items())[::4], start=1):
        sent = frame(CLOSE, b"\x03\xe8" + reason)
        yield Case(f"7.5.{number} reason with {name.partition(' ')[2]}", [sent], [closed(1007)])
    for number, text_ in enumerate(("κόσμε", "🍲", "\ufeff"), start=1):
        sent = frame(CLOSE, b"\x03\xe8" + text_.encode())
        yield Case(f"7.6.{number} reason {text_!a}", [sent], [closed(1000)])


def close_codes() -> Iterator[Case]:
    """7.7 and 7.9: the codes that may be sent are answered, all others break the protocol, section 7.4."""
    good = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 3999, 4000, 4401, 4999)
    for number, code in enumerate(good, start=1):
        yield Case(f"7.7.{number} code {code}", [frame(CLOSE, code.to_bytes(2))], [closed(code)])
    bad = (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 32768, 65535)
    for number, (code, reason) in enumerate(product(bad, (b"", b"reason")), start=1):
        sent = frame(CLOSE, code.to_bytes(2) + reason)
        of = " with a reason" if reason else ""
        yield Case(f"7.9.{number} code {code}{of}", [sent], [closed(1002)])


def limits() -> Iterator[Case]:
    """9: a message has at most 64 KiB, however it comes; nothing longer is kept to find that out."""
    over = message(length=MAX_MESSAGE + 1)
    yield Case("9.1.1 a byte too many", [frame(TEXT, over)], [closed(1009)])
    yield Case("9.1.2 in two halves", fragments(over, MAX_MESSAGE // 2), [closed(1009)])
    yield Case("9.1.3 the last byte alone", fragments(over, MAX_MESSAGE), [closed(1009)])
    exact = message(length=MAX_MESSAGE)
    yield Case("9.1.4 exactly as many, in two halves", fragments(exact, MAX_MESSAGE // 2), [answered("here")])
    sixteen = fragments(exact, *range(4096, MAX_MESSAGE, 4096))
    yield Case("9.1.5 in sixteen fragments", sixteen, [answered("here")])
    yield Case(
        "9.1.6 in fragments that never end",
        [*sixteen[:-1], frame(CONTINUATION, b"x" * 4097, first=0)],
        [closed(1009)],
    )
    characters = b'"' + "🍲".encode() * (MAX_MESSAGE // 4) + b'"'
    yield Case("9.1.7 in bytes, not in characters", [frame(TEXT, characters)], [closed(1009)])
    yield Case("9.2.1 binary, a byte too many", [frame(BINARY, b"x" * (MAX_MESSAGE + 1))], [closed(1009)])
    for number, length in enumerate((2**20, 2**32, 2**63 - 1), start=1):
        sent = bytes([0x81, 0xFF]) + length.to_bytes(8) + bytes(4) + b" " * (MAX_MESSAGE + 1)
        yield Case(f"9.3.{number} {length:#x} announced", [sent], [closed(1009)])


def compression() -> Iterator[Case]:
    """12 and 13: permessage-deflate is not negotiated, so no frame is compressed."""
    hello = b"\xf2\x48\xcd\xc9\xc9\x07\x00"  # RFC 7692 section 7.2.3.1
    yield Case("12.1.1 a compressed message", [frame(TEXT, hello, first=0xC0)], [closed(1002)])
    two = [frame(TEXT, hello[:3], first=0x40), frame(CONTINUATION, hello[3:])]
    yield Case("12.1.2 a compressed message in two", two, [closed(1002)])
    yield Case("12.1.3 a compressed binary message", [frame(BINARY, hello, first=0xC0)], [closed(1002)])
    yield Case("13.1.1 deflate without the bit", [frame(TEXT, hello)], [closed(1007)])
