"""The terminal: colour where it is wanted, and nothing from outside that could command it."""

import unicodedata
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import click
from rich.console import Console

Command = TypeVar("Command", bound=Callable[..., Any])

# What moves the cursor, sets colours or turns the direction of text: a name or a comment is somebody's else.
_UNFIT_CATEGORIES = {"Cc", "Cf", "Zl", "Zp", "Cs"}
_JOINERS = frozenset("\u200c\u200d")  # parts of emoji, and of words in some scripts


class Terminal(Console):
    """A console whose reader may leave."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError


def terminal(*, no_color: bool = False, stderr: bool = False) -> Terminal:
    """Standard output, or standard error. There is colour only on a terminal, and none with `no_color`, or
    with NO_COLOR in the environment (no-color.org).
    """
    return Terminal(
        no_color=True if no_color else None,
        stderr=stderr,
        soft_wrap=True,
        highlight=False,
        markup=False,
        emoji=False,
    )


def plain(text: str) -> str:
    """`text` on one line, with whatever could command a terminal shown as an escape."""
    return "".join(c if _is_fit(c) else c.encode("unicode_escape", "backslashreplace").decode() for c in text)


def no_color_option(command: Command) -> Command:
    """`--no-color`."""
    return click.option("--no-color", is_flag=True, help="No colour on a terminal; so does NO_COLOR.")(
        command
    )


def _is_fit(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character) not in _UNFIT_CATEGORIES
