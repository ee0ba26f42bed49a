"""`itcook token`: an access token, for whatever else talks to the server."""

import json

import click

from itcook.commands.api import Api, server_url
from itcook.commands.client import run
from itcook.commands.login import ask_password, sign_in, url_option


@click.command(short_help="Print an access token.")
@click.argument("email", envvar="ITCOOK_EMAIL")
@url_option
@click.option("--password", envvar="ITCOOK_PASSWORD", hidden=True)
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer, the refresh token too.")
def token(email: str, url: str | None, password: str | None, as_json: bool) -> None:
    """Sign in as the person with this EMAIL, and print an access token.

    The password is asked for, or taken from ITCOOK_PASSWORD. The token lives for 15 minutes, unless the
    server is set up otherwise; the login it belongs to is listed at /api/v1/auth/sessions like any other.

    \b
    Examples:
      curl -N $URL/api/v1/realtime/sse -H "Authorization: Bearer $(itcook token ada@example.com)"
      export ITCOOK_TOKEN=$(itcook token ada@example.com) && itcook tail
    """
    run(_token(server_url(url), email, password or ask_password(email), as_json))


async def _token(url: str, email: str, password: str, as_json: bool) -> None:
    async with Api(url) as api:
        answer = await sign_in(api, email, password)
    click.echo(json.dumps(answer, ensure_ascii=False) if as_json else answer["access_token"])
