"""Text from outside, for a terminal: nothing in it may command that."""

import unicodedata

# What moves the cursor, sets colours or turns the direction of text: a name or a comment is somebody's else.
_UNFIT_CATEGORIES = {"Cc", "Cf", "Zl", "Zp", "Cs"}
_JOINERS = frozenset("\u200c\u200d")  # parts of emoji, and of words in some scripts


def plain(text: str) -> str:
    """`text` on one line, with whatever could command a terminal shown as an escape."""
    return "".join(c if _is_fit(c) else c.encode("unicode_escape", "backslashreplace").decode() for c in text)


def _is_fit(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character) not in _UNFIT_CATEGORIES
