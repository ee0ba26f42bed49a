"""The terminal: colour where it is wanted."""

from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import click
from rich.console import Console

Command = TypeVar("Command", bound=Callable[..., Any])


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


def no_color_option(command: Command) -> Command:
    """`--no-color`."""
    return click.option("--no-color", is_flag=True, help="No colour on a terminal; so does NO_COLOR.")(
        command
    )
