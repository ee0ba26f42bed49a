"""`itcook serve`, and the worker that its supervisor starts.

A command imports what it works with by itself: a supervisor lives as long as its workers, and needs neither
the application nor a database, which are most of the time that a start takes and half of the memory.
"""

import socket
import sys

import click

from itcook import supervisor
from itcook.commands.running import with_settings
from itcook.settings import MAX_WORKERS, Settings


@click.command(short_help="Serve until SIGTERM or Ctrl-C.")
@click.option(
    "--workers",
    type=click.IntRange(1, MAX_WORKERS),
    help="How many processes serve; more than one needs PostgreSQL. Wins over ITCOOK_WORKERS.",
)
def serve(workers: int | None) -> None:
    """Serve HTTP, WebSocket and Server-Sent Events until SIGTERM or Ctrl-C.

    \b
    Examples:
      ITCOOK_BIND=0.0.0.0:8000 itcook serve
      ITCOOK_DATABASE_URL=postgres://… ITCOOK_SECRET=… itcook serve --workers 4
    """
    with_settings(_serve, **({} if workers is None else {"workers": workers}))


def _serve(settings: Settings) -> None:
    if settings.workers > 1:
        sys.exit(supervisor.run(settings))
    from itcook import server
    from itcook.app import create_app

    server.run(create_app(settings), settings)


@click.command(hidden=True)
@click.argument("slot", type=int)
@click.argument("listener", type=int)
@click.argument("line", type=int)
def worker(slot: int, listener: int, line: int) -> None:
    """Serve as a supervisor's worker in SLOT; LISTENER and LINE are open file descriptors."""

    def work(settings: Settings) -> None:
        from itcook import worker
        from itcook.app import create_app

        settings = settings.of_worker(slot)
        worker.run(create_app(settings), settings, socket.socket(fileno=listener), socket.socket(fileno=line))

    with_settings(work, slot)
