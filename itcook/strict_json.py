"""JSON as RFC 8259 and I-JSON (RFC 7493) mean it, for whatever comes from outside.

Python's own reader accepts what other readers refuse or read differently: duplicate keys, `NaN`, half
of a surrogate pair, numbers without end. Two readers that disagree are a hole, so all of it is
refused here, before any model sees it.
"""

import json
import math
import re
from typing import Any, NoReturn

MAX_DEPTH = 32  # deeper is no honest message; also keeps the parser's recursion far from its limit
MAX_KEYS = 1_000  # of one object; honest ones have twenty, and each unknown one is reported, which is dear
MAX_NUMBER_LENGTH = 32  # longer than any 64-bit integer or double in print

_SURROGATE = re.compile("[\ud800-\udfff]")
# An unterminated string matches too: were it to fail, every quote in it would be tried again, which a
# hostile text makes quadratic.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


class InvalidJSONError(ValueError):
    """The text is not JSON that this server reads; the message says why."""


def loads(raw: str | bytes) -> Any:
    """The value of one JSON text. Raises `InvalidJSONError`."""
    text = _decode(raw)
    _check_depth(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_float,
            parse_int=_int,
        )
    except json.JSONDecodeError as error:
        raise InvalidJSONError(f"not JSON: {error.msg} at character {error.pos}") from None
    return _checked(value)


def check_text(text: str) -> str:
    """The same text, if a database and every client can hold it. Raises `InvalidJSONError`."""
    if "\x00" in text:
        raise InvalidJSONError("text must not contain the character U+0000")
    if _SURROGATE.search(text):
        raise InvalidJSONError("text must not contain half of a surrogate pair")
    return text


def _decode(raw: str | bytes) -> str:
    if isinstance(raw, str):
        return raw
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidJSONError(f"not UTF-8: byte {error.start} begins no character") from None


def _check_depth(text: str) -> None:
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        mark = match.group()
        if mark in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise InvalidJSONError(f"nested deeper than {MAX_DEPTH} levels")
        elif mark in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MAX_KEYS:
        raise InvalidJSONError(f"an object with more than {MAX_KEYS} keys")
    result: dict[str, Any] = {}
    for key, value in pairs:
        if check_text(key) in result:
            raise InvalidJSONError(f"the key {key[:64]!r} appears twice in one object")
        result[key] = _checked(value)
    return result


def _checked(value: Any) -> Any:
    # Objects inside were checked when they were built; only arrays are walked here.
    if isinstance(value, str):
        return check_text(value)
    if isinstance(value, list):
        for item in value:
            _checked(item)
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidJSONError(f"{name} is not a JSON number")


def _float(text: str) -> float:
    value = float(text) if len(text) <= MAX_NUMBER_LENGTH else math.inf
    if not math.isfinite(value):
        raise InvalidJSONError("a number is out of range")
    return value


def _int(text: str) -> int:
    if len(text) > MAX_NUMBER_LENGTH:
        raise InvalidJSONError("a number is out of range")
    return int(text)
