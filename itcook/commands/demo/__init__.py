"""`itcook demo`: a community to look at.

It talks to a running server over its public API, and has no other way. An embedded database could be filled
faster behind the back of the server, but only while there is none to look at; and what comes by the front
door is held to the same rules as everybody's, costs the same, and is on the stream.
"""

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from itcook.commands.api import Api, is_of_this_machine, server_url
from itcook.commands.client import run
from itcook.commands.demo.deeds import Arrive, Aspire, Comment, Deed, Follow, Like, OpenKitchen, Share, Stock
from itcook.commands.demo.players import Players
from itcook.commands.demo.village import Village
from itcook.commands.login import url_option
from itcook.commands.plain import plain
from itcook.commands.terminal import Terminal, no_color_option, terminal

_NOUNS = {
    "posts": Share,
    "likes": Like,
    "comments": Comment,
    "followings": Follow,
    "kitchens": OpenKitchen,
    "items": Stock,
    "goals": Aspire,
}
PASSWORD = "a long demo kitchen"  # noqa: S105 # of people who exist for show, on this machine


@click.command(short_help="Fill a server with a community, and keep it alive.")
@url_option
@click.option("--people", type=click.IntRange(2, 500), default=12, show_default=True, help="How many.")
@click.option(
    "--posts", type=click.IntRange(0, 10_000), default=30, show_default=True, help="How many to begin with."
)
@click.option(
    "--seed",
    type=click.IntRange(0, 999_999),
    default=1,
    show_default=True,
    help="The same seed, the same community.",
)
@click.option(
    "--pace",
    type=click.FloatRange(0, 6_000),
    default=20,
    show_default=True,
    help="Deeds a minute, once it is filled; 0 ends it then.",
)
@click.option("--deeds", type=click.IntRange(min=1), help="End after so many deeds of that.")
@click.option(
    "--password",
    help="Everybody's password; must be given for a server on another machine, where strangers could use it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was filled in as one JSON object.")
@no_color_option
def demo(
    url: str | None,
    people: int,
    posts: int,
    seed: int,
    pace: float,
    deeds: int | None,
    password: str | None,
    as_json: bool,
    no_color: bool,
) -> None:
    """Fill a running server with a community of made-up people, and keep it alive until Ctrl-C.

    They post, like, comment and follow, share kitchens, stock and use up their fridges, set goals and reach
    them. The same seed makes the same community; run again within a day, it goes on where it was interrupted.

    \b
    Examples:
      itcook demo
      itcook demo --people 40 --posts 100 --pace 120
      itcook demo --pace 0 --seed 7 --json
    """
    address = server_url(url)
    if password is None and not is_of_this_machine(address):
        raise click.UsageError(
            f"{address} is not on this machine: say --password, so that strangers do not know it"
        )
    screen, aside = terminal(no_color=no_color), terminal(no_color=no_color, stderr=True)
    village = Village(seed, people)
    run(_demo(address, village, posts, pace, deeds, password or PASSWORD, as_json, screen, aside))


async def _demo(
    url: str,
    village: Village,
    posts: int,
    pace: float,
    deeds: int | None,
    password: str,
    as_json: bool,
    screen: Terminal,
    aside: Terminal,
) -> None:
    async with Api(url) as api:
        players = Players(api, password, str(village.seed), lambda why: aside.print(plain(why), style="red"))
        founding = village.founding(posts)
        try:
            await _fill(players, founding, aside)
            _tell(_summary(players, founding), password, screen, as_json=as_json)
            if pace:
                # What follows is new each time; what was filled in is not.
                players.run = f"{village.seed}-{datetime.now().astimezone():%Y%m%dT%H%M%S}"
                await _live(players, islice(village.life(), deeds), pace, None if as_json else screen)
        finally:
            await players.leave()


async def _fill(players: Players, founding: list[Deed], aside: Terminal) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=aside, transient=True, disable=not aside.is_terminal) as progress:
        task = progress.add_task("filling the community", total=len(founding))
        for deed in founding:
            await players.do(deed)
            progress.advance(task)


async def _live(players: Players, life: Iterator[Deed], pace: float, screen: Terminal | None) -> None:
    loop = asyncio.get_running_loop()
    due = loop.time()
    for deed in life:
        due = max(due + 60 / pace, loop.time())
        await asyncio.sleep(due - loop.time())
        words = await players.do(deed)
        if screen is not None and words is not None:
            screen.print(f"{datetime.now().astimezone():%H:%M:%S}  {plain(words)}")


def _tell(made: dict[str, Any], password: str, screen: Terminal, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(made, ensure_ascii=False))
        return
    counts = ", ".join(f"{count} {noun}" for noun, count in made["made"].items())
    screen.print(f"{len(made['people'])} people are here: {counts}")
    screen.print(f"sign in as {made['people'][0]['email']}, or any of them, with the password: {password}")


def _summary(players: Players, founding: list[Deed]) -> dict[str, Any]:
    people = [
        {"email": deed.email, "name": players.names[deed.who]}
        for deed in founding
        if isinstance(deed, Arrive)
    ]
    made = {noun: players.done[kind.__name__] for noun, kind in _NOUNS.items()}
    return {"people": people, "made": made}
