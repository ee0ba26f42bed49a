"""The command line.

A command imports what it works with by itself: a supervisor lives as long as its workers, and needs neither
the application nor a database, which are most of the time that a start takes and half of the memory.
"""

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable

import click

from itcook import __version__, logs, supervisor
from itcook.settings import MAX_WORKERS, Settings, SettingsError, read_settings
from itcook.supervision import EXIT_SETTINGS


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="itcook")
def main() -> None:
    """The real-time backend of a cooking community. Settings come from ITCOOK_* and a .env file."""


@main.command()
@click.option(
    "--workers",
    type=click.IntRange(1, MAX_WORKERS),
    help="How many processes serve; more than one needs PostgreSQL. Wins over ITCOOK_WORKERS.",
)
def serve(workers: int | None) -> None:
    """Serve HTTP, WebSocket and Server-Sent Events until SIGTERM or Ctrl-C.

    \b
    Example:
      ITCOOK_BIND=0.0.0.0:8000 itcook serve
      ITCOOK_DATABASE_URL=postgres://… ITCOOK_SECRET=… itcook serve --workers 4
    """
    _with_settings(_serve, **({} if workers is None else {"workers": workers}))


def _serve(settings: Settings) -> None:
    if settings.workers > 1:
        sys.exit(supervisor.run(settings))
    from itcook import server
    from itcook.app import create_app

    server.run(create_app(settings), settings)


@main.command(hidden=True)
@click.argument("slot", type=int)
@click.argument("listener", type=int)
@click.argument("line", type=int)
def worker(slot: int, listener: int, line: int) -> None:
    """Serve as a supervisor's worker in SLOT; LISTENER and LINE are open file descriptors."""

    def work(settings: Settings) -> None:
        from itcook import worker
        from itcook.app import create_app

        worker.run(create_app(settings), settings, socket.socket(fileno=listener), socket.socket(fileno=line))

    _with_settings(work, slot)


@main.command()
def migrate() -> None:
    """Bring the database up to date. An embedded database is, whenever the server starts.

    \b
    Example:
      ITCOOK_DATABASE_URL=postgres://… ITCOOK_SECRET=… itcook migrate
    """
    from itcook.database import migrate as apply_migrations

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
    from itcook.auth import administration

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
    from itcook.auth import administration

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
    from itcook.auth import administration

    _change_account(administration.enable_by_email, email, "can sign in again")


def _change_account(change: Callable[[str], Awaitable[str]], email: str, outcome: str) -> None:
    """`change` gives the name of the person with that e-mail, of whom `outcome` is then told."""
    _with_settings(lambda settings: asyncio.run(_changed_account(settings, change, email, outcome)))


async def _changed_account(
    settings: Settings, change: Callable[[str], Awaitable[str]], email: str, outcome: str
) -> None:
    from itcook.database import Database
    from itcook.errors import ProblemError

    database = Database(settings)
    await database.open()
    try:
        name = await change(email)
    except ProblemError as error:
        raise click.ClickException(error.detail) from None
    finally:
        await database.close()
    click.echo(f"{name} {outcome}")


def _with_settings(
    command: Callable[[Settings], None], worker: int | None = None, **overrides: object
) -> None:
    """Run `command` with the settings, of which `overrides` are given already; `worker` is for the logs."""
    try:
        settings = read_settings(**overrides)
        logs.configure(settings, worker)
        command(settings)
    except SettingsError as error:
        click.echo(f"itcook: {error}", err=True)
        sys.exit(EXIT_SETTINGS)
