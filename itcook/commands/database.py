"""`itcook migrate` and `itcook prune`: the database, without a server."""

import asyncio
import json
from typing import TYPE_CHECKING

import click

from itcook.commands.exits import CommandError
from itcook.commands.running import with_settings
from itcook.settings import Settings

if TYPE_CHECKING:
    from itcook.housekeeping import Tidied


@click.command()
def migrate() -> None:
    """Bring the database up to date. An embedded database is, whenever the server starts.

    \b
    Example:
      ITCOOK_DATABASE_URL=postgres://… ITCOOK_SECRET=… itcook migrate
    """
    from itcook.database import migrate as apply_migrations

    with_settings(lambda settings: asyncio.run(apply_migrations(settings)))


@click.command(short_help="Remove what has outlived its use.")
@click.option(
    "--history-hours",
    type=click.FloatRange(min=0, max=24 * 365),
    help="Remove events that are older, in place of ITCOOK_HISTORY_HOURS.",
)
@click.option(
    "--history-entries",
    type=click.IntRange(min=0),
    help="Keep so many events at most, in place of ITCOOK_HISTORY_ENTRIES.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as one JSON object.")
def prune(history_hours: float | None, history_entries: int | None, as_json: bool) -> None:
    """Remove what has outlived its use: old events, expired logins, tickets, keys and invites.

    A running server does so each minute; this is for one that is stopped, or for less history than usual. Who
    comes back with a cursor of a removed event is told to start over. An embedded database serves one process
    only: stop the server meanwhile.

    \b
    Examples:
      itcook prune
      itcook prune --history-hours 1 --json
    """

    def work(settings: Settings) -> None:
        hours = settings.history_hours if history_hours is None else history_hours
        entries = settings.history_entries if history_entries is None else history_entries
        _tell(asyncio.run(_prune(settings, hours, entries)), as_json=as_json)

    with_settings(work)


async def _prune(settings: Settings, hours: float, entries: int) -> "list[Tidied]":
    from itcook.clock import utc_now
    from itcook.database import Database
    from itcook.housekeeping import Housekeeping
    from itcook.stream.table import StreamTable

    database = Database(settings)
    await database.open()
    try:
        table = StreamTable()
        await table.open()
        return await Housekeeping(hours, entries, table, utc_now).tidy(utc_now())
    finally:
        await database.close()


def _tell(tidied: "list[Tidied]", *, as_json: bool) -> None:
    removed = {one.what: one.removed for one in tidied if one.error is None}
    if as_json:
        click.echo(json.dumps(removed))
    else:
        width = max(len(what) for what in removed) if removed else 0
        for what, count in removed.items():
            click.echo(f"{what:{width}}  {count:>8,} removed")
    failed = [f"{one.what}: {one.error}" for one in tidied if one.error is not None]
    if failed:
        raise CommandError("; ".join(failed))
