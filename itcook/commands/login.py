"""Who asks: the options that say so, and a login at the server that renews its token."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import click

from itcook.commands.api import Answer, Api, RefusedError, UnreachableError, server_url

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Access:
    """Which server, and with which credentials: a token, or an e-mail with its password."""

    url: str
    token: str | None = None
    email: str | None = None
    password: str | None = None


@dataclass(slots=True)
class Login:
    """Someone signed in. `refresh_token` is None where only a token was given."""

    api: Api
    token: str
    refresh_token: str | None = None

    async def request(self, method: str, path: str, **more: Any) -> Answer:
        """A request as this person; an access token that has run out is renewed. Raises as `Api` does."""
        try:
            return await self.api.request(method, path, token=self.token, **more)
        except RefusedError as error:
            if error.code != "token_expired" or not await self.renewed():
                raise
        return await self.api.request(method, path, token=self.token, **more)

    async def renewed(self) -> bool:
        """Exchange the token for a new one, if there is something to do it with. Raises as `Api` does."""
        if self.refresh_token is None:
            return False
        given = {"refresh_token": self.refresh_token}
        self._take(await self.api.request("POST", "/auth/refresh", json=given))
        return True

    async def leave(self) -> None:
        """Sign out, if this is a login of its own."""
        if self.refresh_token is not None:
            with suppress(RefusedError, UnreachableError):
                await self.request("POST", "/auth/logout")

    def _take(self, pair: Answer) -> None:
        self.token, self.refresh_token = pair["access_token"], pair["refresh_token"]


async def sign_in(api: Api, email: str, password: str) -> Answer:
    """The answer to a login: tokens and the account. Raises as `Api` does."""
    return await api.request("POST", "/auth/login", json={"email": email, "password": password})


@asynccontextmanager
async def signed_in(access: Access) -> AsyncIterator[Login]:
    """A login, which is left again if it was opened here. Raises as `Api` does."""
    async with Api(access.url) as api:
        if access.token is not None:
            yield Login(api, access.token)
            return
        assert access.email is not None, "the options see to it"
        assert access.password is not None, "and to this"
        pair = await sign_in(api, access.email, access.password)
        login = Login(api, pair["access_token"], pair["refresh_token"])
        try:
            yield login
        finally:
            await login.leave()


def url_option(command: Command) -> Command:
    """`--url`, which names the server."""
    return click.option(
        "--url",
        envvar="ITCOOK_URL",
        show_envvar=True,
        help="The server, such as https://itcook.example; by default the one of this machine's settings.",
    )(command)


def access_options(command: Command) -> Command:
    """`--url`, `--token` and `--email`: the command gets them as `access`."""

    @wraps(command)
    def with_access(
        *arguments: Any,
        url: str | None,
        token: str | None,
        email: str | None,
        password: str | None,
        **more: Any,
    ) -> Any:
        return command(*arguments, access=_access(url, token, email, password), **more)

    decorated: Any = with_access
    for option in reversed(_ACCESS):
        decorated = option(decorated)
    return url_option(decorated)  # type: ignore[no-any-return] # click hands back what it was given


_ACCESS = (
    click.option(
        "--token", envvar="ITCOOK_TOKEN", show_envvar=True, help="An access token, as itcook token prints."
    ),
    click.option(
        "--email",
        envvar="ITCOOK_EMAIL",
        show_envvar=True,
        help="Sign in as this person; the password is asked for, or taken from ITCOOK_PASSWORD.",
    ),
    click.option("--password", envvar="ITCOOK_PASSWORD", hidden=True),
)


def _access(url: str | None, token: str | None, email: str | None, password: str | None) -> Access:
    source = click.get_current_context().get_parameter_source
    by_hand = click.core.ParameterSource.COMMANDLINE
    if source("email") is by_hand and source("token") is not by_hand:
        token = None  # what was typed wins over what lies in the environment
    if token is not None:
        return Access(server_url(url), token=token)
    if email is None:
        raise click.UsageError("say who asks: --email, or --token (ITCOOK_TOKEN)")
    return Access(server_url(url), email=email, password=password or ask_password(email))


def ask_password(email: str) -> str:
    """Ask the terminal for it, without showing it."""
    password: str = click.prompt(f"Password of {email}", hide_input=True, err=True)
    return password
