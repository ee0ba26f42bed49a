"""`itcook doctor`: looks at everything a server depends on, and says what to mend."""

import json
from collections.abc import Sequence
from dataclasses import asdict

import click

from itcook.commands.api import server_url
from itcook.commands.client import run
from itcook.commands.doctor.findings import Finding, Verdict, Way
from itcook.commands.exits import CommandError, Exit
from itcook.commands.login import ask_password
from itcook.commands.plain import plain
from itcook.commands.terminal import Terminal, no_color_option, terminal

_STYLES = {
    Verdict.OK: "green",
    Verdict.NOTE: "cyan",
    Verdict.WARNING: "bold yellow",
    Verdict.BROKEN: "bold red",
}


@click.command(short_help="Check what a server depends on, and say what to mend.")
@click.option(
    "--url",
    help="Also look at the way from here to the server, through whatever proxies there are: the address as"
    " browsers use it.",
)
@click.option("--token", envvar="ITCOOK_TOKEN", help="With --url: open streams with this access token.")
@click.option(
    "--email",
    envvar="ITCOOK_EMAIL",
    help="With --url: open streams as this person; also shows whether the server sees past its proxies.",
)
@click.option("--password", envvar="ITCOOK_PASSWORD", hidden=True)
@click.option("--strict", is_flag=True, help="Warnings count as failures.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each finding.")
@no_color_option
def doctor(
    url: str | None,
    token: str | None,
    email: str | None,
    password: str | None,
    strict: bool,
    as_json: bool,
    no_color: bool,
) -> None:
    """Check what a server here depends on, and say what to mend.

    It looks at settings, certificates, the database and its migrations, Redis, clocks, limits of open files,
    disk space and the page; with --url also at proxies on the way: whether they buffer or cut streams, pass
    WebSockets, and whether the server is told who its clients are. It changes nothing, and a server may run
    meanwhile.

    The exit code is 0 if a server can serve, 1 if something must be mended.

    \b
    Examples:
      itcook doctor
      itcook doctor --url https://itcook.example --email admin@example.com
      itcook doctor --strict --json | jq 'select(.verdict != "ok")'
    """
    way = None
    if url is not None:
        if email is not None and password is None:
            password = ask_password(email)
        way = Way(server_url(url), token if email is None else None, email, password)
    screen = terminal(no_color=no_color)

    async def work() -> None:
        from itcook.commands.doctor.checks import examine

        findings = await examine(way, lambda finding: _show(screen, finding, as_json=as_json))
        _conclude(findings, strict=strict)

    run(work())


def _show(screen: Terminal, finding: Finding, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(finding), ensure_ascii=False))
        return
    screen.print(f"{finding.verdict:8}", style=_STYLES[finding.verdict], end="")
    screen.print(f" {finding.what}: {plain(finding.found)}")
    if finding.mend:
        screen.print(f"         → {plain(finding.mend)}")


def _conclude(findings: Sequence[Finding], *, strict: bool) -> None:
    fatal = {Verdict.BROKEN, Verdict.WARNING} if strict else {Verdict.BROKEN}
    wrong = [finding.what for finding in findings if finding.verdict in fatal]
    if wrong:
        raise CommandError(f"to be mended: {', '.join(dict.fromkeys(wrong))}", Exit.FAILED)
