"""How a command ends: the table of exit codes, and the error that carries one.

0    done; a closed pipe counts as done, as whoever read has had enough
1    it did not work, as the line says; of `doctor`: something must be mended; of `serve`: one of several
     workers did not end in good order
2    the command line or a setting cannot be right
3    of `serve`: workers die as soon as they are started
4    the server refuses these credentials, or has ended the login
5    no server answers there
6    of `tail`: the server ended the stream for good, for another reason than the login
130  Ctrl-C, of commands that talk to a server; 143 is SIGTERM
"""

from enum import IntEnum

import click

from itcook.commands.plain import plain
from itcook.supervision import EXIT_SETTINGS, EXIT_UNCLEAN, EXIT_WORKERS


class Exit(IntEnum):
    """Exit codes, see the table above."""

    OK = 0
    FAILED = EXIT_UNCLEAN
    USAGE = EXIT_SETTINGS
    WORKERS = EXIT_WORKERS
    REFUSED = 4
    UNREACHABLE = 5
    ENDED = 6
    INTERRUPTED = 130
    TERMINATED = 143


class CommandError(click.ClickException):
    """A command cannot do its work; the message is one line that says what to do."""

    def __init__(self, message: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.exit_code = code  # type: ignore[misc] # click reads it from the instance

    def format_message(self) -> str:
        return plain(self.message)  # it may be what a server said
