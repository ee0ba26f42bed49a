"""The command line."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

import click

from itcook import __version__, logs, server
from itcook.app import create_app
from itcook.auth import administration
from itcook.database import Database
from itcook.database import migrate as apply_migrations
from itcook.errors import ProblemError
from itcook.settings import Settings, SettingsError, read_settings

EXIT_SETTINGS = 2  # as for a wrong option


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="itcook")
def main() -> None:
    """The real-time backend of a cooking community. Settings come from ITCOOK_* and a .env file."""


@main.command()
def serve() -> None:
    """Serve HTTP, WebSocket and Server-Sent Events until SIGTERM or Ctrl-C.

    \b
    Example:
      ITCOOK_BIND=0.0.0.0:8000 itcook serve
    """
    _with_settings(lambda settings: server.run(create_app(settings), settings))


@main.command()
def migrate() -> None:
    """Bring the database up to date. An embedded database is, whenever the server starts.

    \b
    Example:
      ITCOOK_DATABASE_URL=postgres://… ITCOOK_SECRET=… itcook migrate
    """
    _with_settings(lambda settings: asyncio.run(apply_migrations(settings)))


@main.group()
def user() -> None:
    """Look after people's accounts."""


@user.command()
@click.argument("email")
def promote(email: str) -> None:
    """Make the person with this EMAIL an administrator, at once.

    An embedded database serves one process only: stop the server meanwhile.

    \b
    Example:
      itcook user promote ada@example.com
    """
    _change_account(administration.promote, email, "is an administrator now")


@user.command()
@click.argument("email")
def disable(email: str) -> None:
    """Close the account with this EMAIL: its logins end at once, open connections within 15 seconds.

    An embedded database serves one process only: stop the server meanwhile, or ask it with
    PUT /api/v1/admin/users/ID/disabled.

    \b
    Example:
      itcook user disable mallory@example.com
    """
    _change_account(administration.disable_by_email, email, "is signed out, and cannot sign in")


@user.command()
@click.argument("email")
def enable(email: str) -> None:
    """Open the account with this EMAIL again.

    An embedded database serves one process only: stop the server meanwhile.

    \b
    Example:
      itcook user enable mallory@example.com
    """
    _change_account(administration.enable_by_email, email, "can sign in again")


def _change_account(change: Callable[[str], Awaitable[str]], email: str, outcome: str) -> None:
    """`change` gives the name of the person with that e-mail, of whom `outcome` is then told."""
    _with_settings(lambda settings: asyncio.run(_changed_account(settings, change, email, outcome)))


async def _changed_account(
    settings: Settings, change: Callable[[str], Awaitable[str]], email: str, outcome: str
) -> None:
    database = Database(settings)
    await database.open()
    try:
        name = await change(email)
    except ProblemError as error:
        raise click.ClickException(error.detail) from None
    finally:
        await database.close()
    click.echo(f"{name} {outcome}")


def _with_settings(command: Callable[[Settings], None]) -> None:
    try:
        settings = read_settings()
        logs.configure(settings)
        command(settings)
    except SettingsError as error:
        click.echo(f"itcook: {error}", err=True)
        sys.exit(EXIT_SETTINGS)
