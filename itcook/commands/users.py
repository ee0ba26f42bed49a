"""`itcook user`: people's accounts, in the database."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import click

from itcook.commands.client import run
from itcook.commands.exits import CommandError
from itcook.commands.running import with_settings
from itcook.settings import Settings

if TYPE_CHECKING:
    from itcook.auth.accounts import NewAccount

Result = TypeVar("Result")

ALONE = "An embedded database serves one process only: stop the server meanwhile."


@click.group()
def user() -> None:
    """Look after people's accounts."""


@user.command(
    epilog=f"{ALONE} Or name it with --url: it then registers the person, as everyone may by themselves."
)
@click.argument("email")
@click.option("--first-name", required=True, help="At most 80 characters.")
@click.option("--last-name", required=True, help="At most 80 characters.")
@click.option("--time-zone", default="UTC", show_default=True, help="An IANA name, such as Europe/Berlin.")
@click.option("--language", default="en", show_default=True, help="A BCP 47 tag, such as pt-BR.")
@click.option("--admin", is_flag=True, help="Make the person an administrator; not with --url.")
@click.option(
    "--password",
    envvar="ITCOOK_PASSWORD",
    prompt=True,
    hide_input=True,
    confirmation_prompt=True,
    help="10 characters or more; asked for, or taken from ITCOOK_PASSWORD, where others cannot read it.",
)
@click.option("--url", help="Register at this running server, in place of the database.")
@click.option("--json", "as_json", is_flag=True, help="Print the account as one JSON object.")
def create(
    email: str,
    first_name: str,
    last_name: str,
    time_zone: str,
    language: str,
    admin: bool,
    password: str,
    url: str | None,
    as_json: bool,
) -> None:
    """Create an account for whoever has this EMAIL.

    \b
    Examples:
      itcook user create ada@example.com --first-name Ada --last-name Lovelace --admin
      itcook user create ben@example.com --first-name Ben --last-name Cook --url http://127.0.0.1:3000
    """
    registration = {
        "email": email,
        "password": password,
        "first_name": first_name,
        "last_name": last_name,
        "time_zone": time_zone,
        "language": language,
    }
    if url is None:
        with_settings(lambda settings: asyncio.run(_create(settings, registration, admin, as_json)))
    elif admin:
        raise click.UsageError("--admin is for the database: no server makes administrators over its API")
    else:
        run(_register(url, registration, as_json))


@user.command(epilog=ALONE)
@click.argument("email")
def promote(email: str) -> None:
    """Make the person with this EMAIL an administrator, at once.

    \b
    Example:
      itcook user promote ada@example.com
    """
    from itcook.auth import administration

    _change_account(administration.promote, email, "is an administrator now")


@user.command(
    epilog=f"{ALONE} Or ask it with PUT /api/v1/admin/users/ID/disabled. With PostgreSQL, running servers are"
    " told at once; where they cannot be, their connections end within 15 seconds."
)
@click.argument("email")
def disable(email: str) -> None:
    """Close the account with this EMAIL: its logins and its open connections end.

    \b
    Example:
      itcook user disable mallory@example.com
    """
    from itcook.auth import administration

    _change_account(administration.disable_by_email, email, "is signed out, and cannot sign in")


@user.command(epilog=ALONE)
@click.argument("email")
def enable(email: str) -> None:
    """Open the account with this EMAIL again.

    \b
    Example:
      itcook user enable mallory@example.com
    """
    from itcook.auth import administration

    _change_account(administration.enable_by_email, email, "can sign in again")


async def _create(settings: Settings, registration: dict[str, str], admin: bool, as_json: bool) -> None:
    from itcook.auth import administration
    from itcook.database import Database

    account = _checked(registration)
    database = Database(settings)
    await database.open()
    try:
        created = await _in_words(_registered(settings, account, registration["password"]))
        if admin:
            await administration.promote(account.email)
            created["role"] = "admin"
    finally:
        await database.close()
    _tell_of(created, as_json)


def _checked(registration: dict[str, str]) -> "NewAccount":
    """Held to what the API asks of a registration."""
    from pydantic import ValidationError

    from blueprints.auth import Registration
    from itcook.auth.accounts import NewAccount

    try:
        checked = Registration.model_validate(registration)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = f"--{str(first['loc'][0]).replace('_', '-')}".replace("--email", "EMAIL")
        raise click.BadParameter(first["msg"].removeprefix("Value error, "), param_hint=name) from None
    return NewAccount(
        checked.email, checked.first_name, checked.last_name, checked.time_zone, checked.language
    )


async def _registered(settings: Settings, account: "NewAccount", password: str) -> dict[str, str]:
    from itcook.auth.accounts import Accounts
    from itcook.auth.passwords import Passwords
    from itcook.auth.sessions import Device, revoke_session
    from itcook.auth.signing import signing_key
    from itcook.auth.tokens import Tokens
    from itcook.kitchens.homes import open_home

    tokens = Tokens(signing_key(settings), settings.access_token_seconds)
    accounts = Accounts(Passwords(), tokens, settings.refresh_token_days, open_home)
    signed_in = await accounts.register(account, password, Device("itcook user create"))
    await revoke_session(signed_in.session_id)  # whoever has the account signs in by themselves
    person = signed_in.user
    return {"id": str(person.id), "email": person.email, "name": person.name, "role": person.role}


async def _register(url: str, registration: dict[str, str], as_json: bool) -> None:
    from itcook.commands.api import Api

    async with Api(url) as api:
        answer = await api.request("POST", "/auth/register", json=registration)
        await api.request("POST", "/auth/logout", token=answer["access_token"])
    account = answer["user"]
    _tell_of({name: account[name] for name in ("id", "email", "name", "role")}, as_json)


def _tell_of(account: dict[str, str], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(account))
    else:
        click.echo(f"{account['name']} <{account['email']}> has an account now, as {account['role']}")


def _change_account(change: Callable[[str], Awaitable[str]], email: str, outcome: str) -> None:
    """`change` gives the name of the person with that e-mail, of whom `outcome` is then told."""
    with_settings(lambda settings: asyncio.run(_changed_account(settings, change, email, outcome)))


async def _changed_account(
    settings: Settings, change: Callable[[str], Awaitable[str]], email: str, outcome: str
) -> None:
    from itcook.database import Database
    from itcook.operator import telling_nodes

    database = Database(settings)
    await database.open()
    try:
        async with telling_nodes(settings):
            name = await _in_words(change(email))
    finally:
        await database.close()
    click.echo(f"{name} {outcome}")


async def _in_words(work: Awaitable[Result]) -> Result:
    """What `work` gives; why it cannot be done, as the command's own error."""
    from itcook.errors import ProblemError

    try:
        return await work
    except ProblemError as error:
        raise CommandError(error.detail) from None
