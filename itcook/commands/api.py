"""The public API of a running server, as the commands ask it."""

import ssl
from collections.abc import Mapping
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import click
import httpx

from itcook import __version__
from itcook.commands.exits import CommandError, Exit
from itcook.settings import SettingsError, read_settings

SECONDS = 30.0  # for an answer; a server that hashes many passwords at once takes some
API = "/api/v1"
USER_AGENT = f"itcook/{__version__}"

Answer = dict[str, Any]


class UnreachableError(Exception):
    """No server answers there, as the message says."""


class RefusedError(Exception):
    """The server answered with an error. `retry_after` is in seconds, None where it does not say."""

    def __init__(self, status: int, code: str, detail: str, retry_after: float | None = None) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.retry_after = retry_after

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str], body: Any) -> Self:
        """By the status and the headers, and what was read of the body, which may be no problem."""
        problem = body if isinstance(body, dict) else {}
        places = "".join(f"; {place['pointer']}: {place['detail']}" for place in problem.get("errors") or ())
        return cls(
            status,
            problem.get("code", "unknown"),
            problem.get("detail", "no reason was given") + places,
            _seconds(headers.get("Retry-After")),
        )

    @property
    def exit_code(self) -> Exit:
        """What a command that cannot go on ends with."""
        return Exit.REFUSED if self.status in {401, 403} else Exit.FAILED


class Api:
    """Requests to the server at `url`; use it as a context. Raises `RefusedError` and `UnreachableError`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.tls = ssl.create_default_context() if url.startswith("https:") else None
        self.uses_proxies = not is_of_this_machine(url)
        self.http = httpx.AsyncClient(
            verify=self.tls or True,
            # HTTP_PROXY is for the way out, and nothing on this machine is.
            trust_env=self.uses_proxies,
            headers={"User-Agent": USER_AGENT},
            timeout=SECONDS,
        )

    async def request(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Answer:
        """What the server answers to a request below `/api/v1`; empty where there is no body."""
        sent = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        try:
            response = await self.http.request(method, self.url + API + path, headers=sent, **more)
        except httpx.HTTPError as error:
            raise UnreachableError(explain(self.url, error)) from None
        if response.is_success:
            return read_json(response) or {}
        raise RefusedError.of(response.status_code, response.headers, read_json(response))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.http.aclose()


def explain(url: str, error: Exception) -> str:
    """Why nothing answers at `url`, in one line that says what to do."""
    why = str(error) or type(error).__name__
    return f"no server answers at {url} ({why}): start it with itcook serve, or name another one with --url"


def read_json(response: httpx.Response) -> Any:
    """The body, None if it is no JSON."""
    try:
        return response.json()
    except ValueError:
        return None


def server_url(given: str | None) -> str:
    """The address of the server, without a slash at its end: the `given` one, or that of this machine's
    settings. Raises `click.UsageError` and `SettingsError`.
    """
    if given is None:
        return _own_url()
    parts = urlsplit(given)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise click.UsageError(f"--url {given} must be SCHEME://HOST[:PORT], such as http://127.0.0.1:3000")
    return given.rstrip("/")


def _own_url() -> str:
    try:
        settings = read_settings()
    except SettingsError as error:
        raise CommandError(f"{error}; or name the server with --url", Exit.USAGE) from None
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.bind.rpartition(":")[0])  # noqa: S104 # asked where "everywhere" can be reached
    return f"{'https' if settings.tls_cert_file else 'http'}://{host}:{settings.port}"


def is_of_this_machine(url: str) -> bool:
    """Whether `url` names the loopback interface."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after is not None and retry_after.isdecimal() else None
