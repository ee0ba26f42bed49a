"""What a password must not be: what everybody tries first.

Length is what makes it hard to guess, and a password that was found in breaches, or is the name of its
person, is guessed at once however long it is. Nothing is asked of its characters (NIST SP 800-63B section
3.1.1.2).
"""

import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from itcook.errors import FieldError, ValidationError

_BREACHED = Path(__file__).with_name("breached_passwords.txt")


def check_password(password: str, pointer: str, *, email: str, names: Iterable[str]) -> None:
    """Raises `ValidationError` `weak_password`, at `pointer`, if `password` is known from breaches, or the
    address or the name of its person, whatever the case.
    """
    said = _normal(password)
    if said in _breached():
        raise _weak(pointer, "is among those that were found in breaches: choose one that nobody else has")
    if said in _personal(email, names):
        raise _weak(pointer, "is your address or your name: choose one that nobody can guess")


def _personal(email: str, names: Iterable[str]) -> set[str]:
    first, last = map(_normal, names)
    address = _normal(email)
    return {address, address.partition("@")[0], first, last, first + last, last + first}


@cache
def _breached() -> frozenset[str]:
    lines = _BREACHED.read_text(encoding="utf-8").splitlines()
    return frozenset(_normal(line) for line in lines if not line.startswith("# "))


def _normal(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _weak(pointer: str, detail: str) -> ValidationError:
    return ValidationError(
        f"the password {detail}", code="weak_password", errors=(FieldError(pointer, detail),)
    )
