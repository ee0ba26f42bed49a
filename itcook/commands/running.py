"""Running a command of this machine, with its settings."""

import sys
from collections.abc import Callable

import click

from itcook import logs
from itcook.commands.exits import Exit
from itcook.settings import Settings, SettingsError, read_settings


def with_settings(
    command: Callable[[Settings], None], worker: int | None = None, **overrides: object
) -> None:
    """Run `command` with the settings, of which `overrides` are given already; `worker` is for the logs.
    A setting that cannot be right is one line, and exit code 2.
    """
    try:
        settings = read_settings(**overrides)
        logs.configure(settings, worker)
        command(settings)
    except SettingsError as error:
        click.echo(f"itcook: {error}", err=True)
        sys.exit(Exit.USAGE)
