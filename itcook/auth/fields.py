"""What a person may tell about themselves: types that check, for whoever reads them from outside."""

import re
import unicodedata
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field, StringConstraints

MIN_PASSWORD = 10  # characters
MAX_PASSWORD = 128  # characters; bounds what one request makes argon2 read

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}")  # BCP 47, without its rarer forms
# Control characters, line and paragraph separators; and the bidirectional controls, with which one name
# can be made to look like another.
_UNFIT_CATEGORIES = {"Cc", "Zl", "Zp"}
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def normalize_email(text: str) -> str:
    """The one spelling of an address, in lower case. Raises `ValueError`; asks no DNS."""
    try:
        checked = validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError as error:
        raise ValueError(f"must be an e-mail address: {error}") from None
    return checked.normalized.lower()


def one_line(text: str) -> str:
    """The same text, if it has no control characters and no line breaks. Raises `ValueError`."""
    if any(unicodedata.category(c) in _UNFIT_CATEGORIES or c in _BIDI_CONTROLS for c in text):
        raise ValueError("must not contain control characters")
    return text


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _time_zone(text: str) -> str:
    if text not in _time_zones():
        raise ValueError("must be an IANA time zone, such as Europe/Berlin")
    return text


def _language(text: str) -> str:
    if not _LANGUAGE.fullmatch(text):
        raise ValueError("must be a BCP 47 language tag, such as en or pt-BR")
    return text


Email = Annotated[
    str, Field(max_length=254, json_schema_extra={"format": "email"}), AfterValidator(normalize_email)
]
NewPassword = Annotated[str, Field(min_length=MIN_PASSWORD, max_length=MAX_PASSWORD)]
GivenPassword = Annotated[str, Field(min_length=1, max_length=MAX_PASSWORD)]
PersonName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=80),
    AfterValidator(one_line),
]
TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_time_zone)]
Language = Annotated[str, Field(max_length=35), AfterValidator(_language)]
