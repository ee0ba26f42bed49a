from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from itcook.auth.fields import Email, GivenPassword, Language, NewPassword, PersonName, TimeZone

GOOD: list[tuple[Any, str, str]] = [
    (Email, "Ada@Example.COM", "ada@example.com"),
    (Email, "ada+cook@sub.example.com", "ada+cook@sub.example.com"),
    (NewPassword, " " * 10, " " * 10),
    (NewPassword, "ж" * 128, "ж" * 128),
    (PersonName, "  Anne-Marie O'Neil ", "Anne-Marie O'Neil"),
    (PersonName, "Жанна", "Жанна"),
    (PersonName, "می\u200cخواهم", "می\u200cخواهم"),
    (TimeZone, "Europe/Kyiv", "Europe/Kyiv"),
    (TimeZone, "UTC", "UTC"),
    (Language, "pt-BR", "pt-BR"),
    (Language, "zh-Hant-TW", "zh-Hant-TW"),
]
BAD: list[tuple[Any, Any]] = [
    *(
        (Email, text)
        for text in ("", "ada", "ada@", "@example.com", "Ada <ada@example.com>", "a@b@example.com")
    ),
    *(
        (Email, text)
        for text in ("a" * 65 + "@example.com", "ada@" + "a" * 250 + ".com", "ada@example.com\n")
    ),
    (NewPassword, "123456789"),
    (NewPassword, "x" * 129),
    (GivenPassword, ""),
    *(
        (PersonName, text)
        for text in ("", "   ", "x" * 81, "a\x00b", "a\nb", "a\x85b", "a\u2028b", "a\u202eb")
    ),
    *(
        (TimeZone, text)
        for text in ("", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "europe/kyiv/")
    ),
    *((Language, text) for text in ("", "e", "english", "en_US", "en-", "en\n", "*")),
]


@pytest.mark.parametrize(("kind", "given", "kept"), GOOD)
def test_what_is_right_is_kept_in_one_spelling(kind: Any, given: str, kept: str) -> None:
    """Accounts are compared and shown by these."""
    assert TypeAdapter(kind).validate_python(given, strict=True) == kept


@pytest.mark.parametrize(("kind", "given"), BAD)
def test_what_is_wrong_is_refused(kind: Any, given: str) -> None:
    """It never reaches the core."""
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(given, strict=True)
