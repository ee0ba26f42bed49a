"""The strict reader against the lenient one, and against everything it is there to refuse."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itcook.strict_json import MAX_DEPTH, MAX_KEYS, InvalidJSONError, check_text, loads

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=20
)


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_every_proper_value_is_read(value: Any, ascii_only: bool, indent: int | None) -> None:
    """As the lenient reader reads it, from text and from bytes, escaped or not."""
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert loads(text) == value
    assert loads(text.encode()) == value


@given(st.text('[]{}",:\\u0d8aeE+-.1 \n\x00tfn') | st.text())
def test_what_is_read_is_what_the_lenient_reader_reads(text: str) -> None:
    """Of any text: either both give the same, or this one refuses it with its own error."""
    try:
        value = loads(text)
    except InvalidJSONError:
        return
    assert repr(value) == repr(json.loads(text))


@given(st.binary())
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """Never another error, for any bytes."""
    message = ""
    try:
        loads(raw)
    except InvalidJSONError as error:
        message = str(error)
    assert len(message) < 200


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "not JSON"),
        ("nonsense", "not JSON"),
        ('{"a":1', "not JSON"),
        ("{'a':1}", "not JSON"),
        ("[1,]", "not JSON"),
        ("1 2", "not JSON"),
        ("\ufeff{}", "not JSON"),
        ('"\n"', "not JSON"),
        ("]" * 100 + "[" * 100, "not JSON|nested"),
        (b"\xff", "not UTF-8: byte 0"),
        (b'"\xed\xa0\x80"', "not UTF-8: byte 1"),
        ("NaN", "NaN is not a JSON number"),
        ("[-Infinity]", "-Infinity is not"),
        ("1e400", "out of range"),
        ("-1e400", "out of range"),
        ("1" * 33, "out of range"),
        ("1" * 5000, "out of range"),
        ("0." + "1" * 5000, "out of range"),
        ('{"a":1,"a":1}', "'a' appears twice"),
        ('{"a":1,"\\u0061":2}', "'a' appears twice"),
        ('[{"x":{"a":1,"a":1}}]', "appears twice"),
        ('"\\ud83d"', "half of a surrogate pair"),
        ('"\ud83d"', "half of a surrogate pair"),
        ('["\\udc00\\ud83d"]', "half of a surrogate pair"),
        ('{"\\ud83d":1}', "half of a surrogate pair"),
        ('{"a":["\\ud83d"]}', "half of a surrogate pair"),
        ('"\\u0000"', "U\\+0000"),
        ('{"\\u0000":1}', "U\\+0000"),
        ('{"a":[[["\\u0000"]]]}', "U\\+0000"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "nested deeper"),
        ('{"a":' * (MAX_DEPTH + 1) + "1" + "}" * (MAX_DEPTH + 1), "nested deeper"),
        ("[" * 100_000, "nested deeper"),
    ],
)
def test_refused(raw: str | bytes, reason: str) -> None:
    """Each class of what other readers refuse or read differently, with a reason."""
    with pytest.raises(InvalidJSONError, match=reason):
        loads(raw)


def test_the_deepest_that_is_read() -> None:
    """Brackets in strings are no depth."""
    assert loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert loads(json.dumps(["[" * 100, '"[' * 100, "\\" * 99 + "{" * 100])) is not None


def test_a_surrogate_pair_is_a_character() -> None:
    """Escaped in two halves, as JavaScript writes it."""
    assert loads('"\\ud83c\\udf72"') == "🍲"


def test_a_long_key_is_not_repeated_whole() -> None:
    """An error stays small."""
    key = json.dumps("k" * 50_000)
    with pytest.raises(InvalidJSONError) as caught:
        loads(f"{{{key}:1,{key}:1}}")
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "piece",
    ['"', "\\", '\\"', '"\\', "[", "]", '["', '"]', "{", '{"a":', '"a"', "\x00", "\ud800", "9", "-", "e"],
)
@pytest.mark.timeout(5)
def test_no_text_takes_long(piece: str) -> None:
    """A mebibyte of anything: were it quadratic, this would be minutes."""
    for text in (piece * (2**20 // len(piece)), '"' + piece * (2**20 // len(piece))):
        try:
            loads(text)
        except InvalidJSONError:
            continue


def test_text_for_a_database() -> None:
    """What is neither NUL nor half a pair comes back as it is."""
    assert check_text("Борщ 🍲\r\n\u2028") == "Борщ 🍲\r\n\u2028"
    for text in ("\x00", "a\ud800"):
        with pytest.raises(InvalidJSONError):
            check_text(text)


def test_an_object_has_a_thousand_keys_at_most() -> None:
    """A body of 1 MiB has room for a hundred thousand, and to report each took half a second."""
    value = {str(number): 0 for number in range(MAX_KEYS)}
    assert loads(json.dumps(value)) == value
    with pytest.raises(InvalidJSONError, match="keys"):
        loads(json.dumps({**value, "more": 0}))
