"""`itcook stats`: the stream in numbers."""

import asyncio
import json
import time

import click
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from itcook.commands.api import Answer, RefusedError, UnreachableError
from itcook.commands.client import run
from itcook.commands.login import Access, Login, access_options, signed_in
from itcook.commands.plain import plain
from itcook.commands.terminal import Terminal, no_color_option, terminal


@click.command(short_help="Show connections, subscriptions and events.")
@access_options
@click.option("--watch", is_flag=True, help="Go on until Ctrl-C: a live table, or a JSON object a line.")
@click.option(
    "--every",
    type=click.FloatRange(min=0.2, max=3600),
    default=2.0,
    show_default=True,
    help="Seconds between two looks, with --watch.",
)
@click.option("--count", type=click.IntRange(min=1), help="End after so many looks, with --watch.")
@click.option("--json", "as_json", is_flag=True, help="JSON as the server answers, an object a line.")
@no_color_option
def stats(
    access: Access, watch: bool, every: float, count: int | None, as_json: bool, no_color: bool
) -> None:
    """Show connections, subscriptions and events; to administrators also latencies and ends.

    \b
    Examples:
      itcook stats --email admin@example.com
      itcook stats --watch --every 5
      itcook stats --watch --json | jq .connected_clients
    """
    screen = terminal(no_color=no_color)
    looks = count if watch else 1
    if watch and not as_json and screen.is_terminal:
        run(_live(access, screen, every, looks))
    else:
        run(_printed(access, screen, every, looks, as_json))


async def _printed(access: Access, screen: Terminal, every: float, looks: int | None, as_json: bool) -> None:
    async with signed_in(access) as login:
        seen = 0
        while True:
            numbers = await _ask(login)
            if as_json:
                click.echo(json.dumps(numbers, ensure_ascii=False))
            else:
                screen.print(_picture(numbers))
            seen += 1
            if seen == looks:
                return
            await asyncio.sleep(every)


async def _live(access: Access, screen: Terminal, every: float, looks: int | None) -> None:
    """A picture that is drawn anew. A server that restarts is waited for."""
    async with signed_in(access) as login:
        numbers = await _ask(login)
        before: tuple[float, Answer] | None = None
        with Live(console=screen, auto_refresh=False) as live:
            seen = 0
            while True:
                now = time.monotonic()
                live.update(_picture(numbers, _rates(before, now, numbers)), refresh=True)
                before = (now, numbers)
                seen += 1
                if seen == looks:
                    return
                await asyncio.sleep(every)
                try:
                    numbers = await _ask(login)
                except (UnreachableError, RefusedError) as error:
                    if isinstance(error, RefusedError) and error.status < 500:
                        raise
                    screen.print(plain(str(error)), style="red")


async def _ask(login: Login) -> Answer:
    return await login.request("GET", "/realtime/stats")


def _rates(before: tuple[float, Answer] | None, now: float, numbers: Answer) -> Text:
    if before is None:
        return Text("")
    seconds, last = max(now - before[0], 0.001), before[1]
    published = max(0, numbers["events_published"] - last["events_published"]) / seconds
    delivered = max(0, numbers["events_sent_today"] - last["events_sent_today"]) / seconds
    return Text(f"{published:,.1f} events and {delivered:,.1f} deliveries a second", style="bold")


def _picture(numbers: Answer, rates: RenderableType = "") -> RenderableType:
    overview = Table.grid(padding=(0, 2))
    for name, value in _overview(numbers):
        overview.add_row(Text(name, style="dim"), Text(value))
    parts: list[RenderableType] = [overview, *([rates] if rates else []), Text("")]
    parts.append(_counts("events since the start", numbers["events"]))
    if len(numbers["nodes"]) > 1:
        parts.append(_nodes(numbers["nodes"]))
    return Group(*parts)


def _overview(numbers: Answer) -> list[tuple[str, str]]:
    rows = [
        ("connections", f"{numbers['connected_clients']:,}{_split(numbers['by_transport'])}"),
        ("subscriptions", _listed(numbers["channels"])),
        ("events", f"{numbers['events_published']:,} since the start"),
        ("deliveries", f"{numbers['events_sent_today']:,} today"),
        ("up", _duration(numbers["uptime_seconds"])),
    ]
    details = numbers["details"]
    if details is not None:
        rows += [
            ("latency", _latency(details["latency"])),
            ("resumes", _listed(details["resumes"])),
            ("resyncs", _listed(details["resyncs"])),
            ("ends", _listed(details["ends"])),
            ("refused", _listed(details["refused_handshakes"])),
        ]
    return rows


def _counts(title: str, counts: dict[str, int]) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, count in sorted(counts.items(), key=lambda pair: -pair[1]):
        table.add_row(Text(plain(name)), Text(f"{count:,}"))
    return table


def _nodes(nodes: list[Answer]) -> Table:
    table = Table(title="nodes", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for heading in ("node", "version", "connections", "up"):
        table.add_column(heading, justify="right" if heading == "connections" else "left")
    for node in nodes:
        up = _duration(node["uptime_seconds"])
        table.add_row(plain(node["node_id"]), plain(node["version"]), f"{node['connected_clients']:,}", up)
    return table


def _split(counts: dict[str, int]) -> str:
    listed = _listed(counts)
    return f" ({listed})" if counts else ""


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{plain(name)} {count:,}" for name, count in sorted(counts.items())) or "none"


def _latency(latency: Answer) -> str:
    if not latency["deliveries"]:
        return "nothing was delivered lately"
    figures = ", ".join(f"{name} {latency[f'{name}_ms']} ms" for name in ("p50", "p95", "p99"))
    return f"{figures} of {latency['deliveries']:,} deliveries"


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"{days} d {hours:02}:{minutes:02}:{seconds:02}" if days else f"{hours}:{minutes:02}:{seconds:02}"
