"""`itcook notify`: a word to everyone, or to one person."""

import json
from datetime import UTC, datetime

import click

from itcook.commands.client import run
from itcook.commands.login import Access, access_options, signed_in
from itcook.events import NotificationLevel, format_timestamp

MOMENT = ("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z")


@click.command(short_help="Send a system notification.")
@click.argument("title")
@click.argument("message")
@click.option(
    "--level",
    type=click.Choice([level.value for level in NotificationLevel], case_sensitive=False),
    default="Info",
    show_default=True,
    help="How it is shown.",
)
@click.option("--to", "recipient", metavar="USER_ID", type=click.UUID, help="For this person alone.")
@click.option(
    "--at",
    type=click.DateTime(MOMENT),
    help="Send it then: 2026-12-24T18:00 in this machine's time, or 2026-12-24T18:00+01:00.",
)
@access_options
@click.option("--json", "as_json", is_flag=True, help="Print the notification as one JSON object.")
def notify(
    title: str,
    message: str,
    level: str,
    recipient: object | None,
    at: datetime | None,
    access: Access,
    as_json: bool,
) -> None:
    """Send a system notification: a TITLE and a MESSAGE, to every stream and inbox. For administrators.

    \b
    Examples:
      itcook notify "Maintenance" "Back at ten." --level Warning --email admin@example.com
      itcook notify "Happy holidays" "From all of us." --at 2026-12-24T18:00
    """
    body: dict[str, str] = {"title": title, "message": message, "level": level}
    if recipient is not None:
        body["recipient_id"] = str(recipient)
    if at is not None:
        body["send_at"] = format_timestamp(at.astimezone(UTC))
    run(_notify(access, body, as_json))


async def _notify(access: Access, body: dict[str, str], as_json: bool) -> None:
    async with signed_in(access) as login:
        sent = await login.request("POST", "/notifications", json=body)
    if as_json:
        click.echo(json.dumps(sent, ensure_ascii=False))
    elif sent["status"] == "sent":
        click.echo(f"sent, as {sent['id']}")
    else:
        click.echo(f"{sent['status']} for {sent['send_at']}, as {sent['id']}")
