"""`itcook tail`: the stream in the terminal."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

import click

from itcook.commands.client import run
from itcook.commands.following import Arrived, follow
from itcook.commands.lines import line_of
from itcook.commands.login import Access, access_options, signed_in
from itcook.commands.plain import plain
from itcook.commands.resumption import Resumption, Return
from itcook.commands.streams import Transport
from itcook.commands.terminal import Terminal, no_color_option, terminal

ALWAYS = frozenset({"ResyncRequired", "Error"})  # whoever reads must know that something is missing
CONTROL = frozenset(
    {"Connected", "Heartbeat", "Subscribed", "Unsubscribed", "TokenRefreshed", "Disconnecting"}
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events are shown: of these `types`, or all; with `control` those too; at most `count`."""

    types: tuple[str, ...]
    control: bool
    count: int | None

    def shows(self, name: str) -> bool:
        """Whether an event of this type is one."""
        if name in ALWAYS:
            return True
        if name in CONTROL:
            return self.control
        return not self.types or any(fnmatchcase(name, pattern) for pattern in self.types)


@click.command(short_help="Follow the event stream, and resume it by itself.")
@access_options
@click.option(
    "--transport",
    type=click.Choice(["ws", "sse"]),
    default="ws",
    show_default=True,
    help="WebSocket, or SSE.",
)
@click.option(
    "--channel",
    "channels",
    metavar="NAME",
    multiple=True,
    help="Follow this channel; may be repeated. By default community, personal and kitchens.",
)
@click.option(
    "--type",
    "types",
    metavar="TYPE",
    multiple=True,
    help="Show events of this type alone, such as NewComment or 'Post*'; may be repeated.",
)
@click.option("--since", metavar="CURSOR", help="Begin after this cursor: the id of an event.")
@click.option(
    "--cursor-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the cursor in this file, and begin after it the next time.",
)
@click.option("--count", type=click.IntRange(min=1), help="End after so many events.")
@click.option("--control", is_flag=True, help="Show heartbeats and other control events too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, byte for byte as it came.")
@no_color_option
def tail(
    access: Access,
    transport: Transport,
    channels: tuple[str, ...],
    types: tuple[str, ...],
    since: str | None,
    cursor_file: Path | None,
    count: int | None,
    control: bool,
    as_json: bool,
    no_color: bool,
) -> None:
    """Follow the event stream, and resume it by itself: no event is missing, and none comes twice.

    Events go to standard output, what happens to the connection to standard error. ResyncRequired, which
    says that events are missing, is always shown. It ends with Ctrl-C (130), with a closed pipe (0), when
    the login ends (4), when the server sends it away for good (6), or when it never got through (5).

    \b
    Examples:
      itcook tail --email ada@example.com
      itcook tail --type 'Post*' --type NewComment --channel community
      itcook tail --json --transport sse | jq .data
      itcook tail --json --cursor-file cursor >> events.jsonl
    """
    if cursor_file is not None and since is None and cursor_file.exists():
        since = cursor_file.read_text().strip() or None
    screen, aside = terminal(no_color=no_color), terminal(no_color=no_color, stderr=True)
    print_event = _json_line if as_json else _line(screen)
    wanted = Wanted(types, control, count)
    run(_tail(access, transport, channels, since, cursor_file, wanted, print_event, aside))


async def _tail(
    access: Access,
    transport: Transport,
    channels: tuple[str, ...],
    since: str | None,
    cursor_file: Path | None,
    wanted: Wanted,
    print_event: Callable[[Arrived], None],
    aside: Terminal,
) -> None:
    left = wanted.count
    async with signed_in(access) as login:
        resumption = Resumption(since, can_renew=login.refresh_token is not None)
        following = follow(login, transport, channels, resumption, lambda coming: _tell(aside, coming))
        try:
            async with aclosing(following) as events:
                async for arrived in events:
                    if wanted.shows(arrived.type):
                        print_event(arrived)
                        left = None if left is None else left - 1
                    if cursor_file is not None and resumption.cursor is not None:
                        _keep(cursor_file, resumption.cursor)
                    if left == 0:
                        return
        finally:
            if resumption.cursor is not None and left != 0 and cursor_file is None:
                aside.print(f"go on with --since {plain(resumption.cursor)}", style="dim")


def _tell(aside: Terminal, coming: Return) -> None:
    when = "at once" if coming.seconds < 0.1 else f"in {coming.seconds:.1f} s"
    aside.print(plain(f"{coming.why}; coming back {when}"), style="dim")


def _json_line(arrived: Arrived) -> None:
    click.echo(arrived.text)


def _line(screen: Terminal) -> Callable[[Arrived], None]:
    return lambda arrived: screen.print(line_of(arrived.event, datetime.now(UTC)))


def _keep(path: Path, cursor: str) -> None:
    """Replace the file whole: whoever is killed in the middle must find the old cursor, or the new one."""
    beside = path.with_name(path.name + ".new")
    beside.write_text(cursor + "\n")
    beside.replace(path)
