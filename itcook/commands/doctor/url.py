"""The way to the server as its clients have it, through whatever stands in between."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any

import httpx

from itcook.commands.api import Api, RefusedError, UnreachableError, is_of_this_machine
from itcook.commands.doctor.clocks import compared
from itcook.commands.doctor.findings import Finding, Way, broken, note, ok, warning
from itcook.commands.login import Login
from itcook.commands.streams import EndedError, Texts, Transport, open_stream
from itcook.settings import Settings

NAMES: dict[Transport, str] = {"ws": "WebSocket", "sse": "SSE"}
FIRST_SECONDS = 5.0  # for the first event, which is sent at once
SLACK_SECONDS = 5.0  # on top of a heartbeat
FORGED = "203.0.113.77"  # of TEST-NET-3, RFC 5737: nobody has it
MENDS: dict[Transport, str] = {
    "ws": "have the proxy pass Upgrade and Connection, over HTTP/1.1; see deploy/nginx.conf",
    "sse": "have the proxy neither buffer nor compress text/event-stream; see deploy/nginx.conf",
}


async def look(way: Way, settings: Settings | None) -> AsyncIterator[Finding]:
    """From here to there. `settings` are those of this machine, None if they cannot be right."""
    async with Api(way.url) as api:
        try:
            response = await _live(api)
        except UnreachableError as error:
            yield broken("way", str(error), "look at the name, the firewall, the certificate and the proxy")
            return
        yield _answered(way, response)
        date = response.headers.get("Date")
        if date is not None:
            yield _clock(date)
        try:
            async for finding in _signed_in(
                api, way, settings, is_between=_is_between(response), own=_own_address(response)
            ):
                yield finding
        except (RefusedError, UnreachableError) as error:
            yield broken("login", str(error), "give the credentials of an account that may sign in")


async def _live(api: Api) -> httpx.Response:
    try:
        return await api.http.get(f"{api.url}/health/live")
    except httpx.HTTPError as error:
        raise UnreachableError(f"{api.url} does not answer: {str(error) or type(error).__name__}") from None


def _answered(way: Way, response: httpx.Response) -> Finding:
    if response.status_code in {502, 503, 504}:
        mend = "start the server, or mend the proxy's address for it"
        return broken("way", f"a proxy answers {response.status_code} in the server's place", mend)
    try:
        live = response.json() == {"status": "live"}
    except ValueError:
        live = False
    if not live:
        return broken("way", f"what answers at {way.url} is not IT Cook", "name the right address")
    between = "something is in between" if _is_between(response) else "nothing in between shows itself"
    if way.url.startswith("http:") and not is_of_this_machine(way.url):
        return warning(
            "way", f"{way.url} answers, in clear text", "end TLS in front of it: tokens can be read"
        )
    return ok("way", f"{way.url} answers; {between}")


def _is_between(response: httpx.Response) -> bool:
    # The server itself names neither.
    return "Server" in response.headers or "Via" in response.headers


def _clock(date: str) -> Finding:
    now = datetime.now(UTC)
    told = parsedate_to_datetime(date)
    # It has no fractions: it may be as much as a second later than it says.
    return compared("clock", "the server", max(told, min(now, told.replace(microsecond=999_999))), now, now)


async def _signed_in(
    api: Api, way: Way, settings: Settings | None, *, is_between: bool, own: str
) -> AsyncIterator[Finding]:
    if way.email is not None and way.password is not None:
        pair = await _login(api, way.email, way.password)
        login = Login(api, pair["access_token"], pair["refresh_token"])
    elif way.token is not None:
        login = Login(api, way.token)
    else:
        yield note("streams", "not looked at: they need --email or --token")
        return
    try:
        if login.refresh_token is not None:
            yield await _client_address(login, settings, is_between, own)
        findings = await asyncio.gather(*[_stream(login, transport) for transport in NAMES])
        for finding in findings:
            yield finding
    finally:
        await login.leave()


async def _login(api: Api, email: str, password: str) -> dict[str, Any]:
    """Sign in, pretending to come from elsewhere: nobody but a trusted proxy may be believed that."""
    body = {"email": email, "password": password}
    return await api.request("POST", "/auth/login", json=body, headers={"X-Forwarded-For": FORGED})


async def _client_address(login: Login, settings: Settings | None, is_between: bool, own: str) -> Finding:
    page = await login.request("GET", "/auth/sessions")
    seen = next(row["address"] for row in page["data"] if row["current"])
    what = "trusted proxies"
    if seen == FORGED and _is_trusted(own, settings):
        return note(
            what, f"this machine is a trusted proxy itself ({own}), and believed: ask from another one"
        )
    if seen == FORGED:
        return broken(
            what,
            "the server believes an X-Forwarded-For that this client made up: anybody can choose an address",
            "ITCOOK_TRUSTED_PROXIES must name proxies alone, and those must write the header anew",
        )
    if is_between and _is_inside(seen):
        trusted = "none" if settings is None or not settings.trusted_proxies else _listed(settings)
        return warning(
            what,
            f"the server sees {seen} through the proxy; if that is the proxy's own address, all clients share"
            f" its quotas (this machine's settings trust {trusted})",
            f"have the proxy write X-Forwarded-For, and if {seen} is its, set ITCOOK_TRUSTED_PROXIES={seen}",
        )
    return ok(what, f"the server sees this client as {seen}, and believes nothing that clients make up")


def _own_address(response: httpx.Response) -> str:
    """This end's of the connection that brought `response`."""
    address: str = response.extensions["network_stream"].get_extra_info("client_addr")[0]
    return address


def _is_trusted(address: str, settings: Settings | None) -> bool:
    return settings is not None and any(
        ip_address(address) in network for network in settings.trusted_proxies
    )


def _is_inside(address: str) -> bool:
    try:
        return ip_address(address).is_private
    except ValueError:
        return False


def _listed(settings: Settings) -> str:
    return ", ".join(str(network) for network in settings.trusted_proxies)


async def _stream(login: Login, transport: Transport) -> Finding:
    """Open one, and see it carry its first event and a heartbeat in time."""
    what = NAMES[transport]
    async with AsyncExitStack() as stack:
        began = time.monotonic()
        try:
            async with asyncio.timeout(FIRST_SECONDS):
                texts = await stack.enter_async_context(open_stream(login.api, transport, login.token, {}))
                connected = json.loads(await anext(texts))
        except TimeoutError:
            return broken(what, "nothing comes through: something in between holds it back", MENDS[transport])
        except (RefusedError, UnreachableError, EndedError) as error:
            return broken(what, f"cannot be opened: {error}", MENDS[transport])
        opened = time.monotonic() - began
        return await _beats(what, transport, texts, connected["data"]["heartbeat_seconds"], opened)


async def _beats(what: str, transport: Transport, texts: Texts, every: float, opened: float) -> Finding:
    try:
        async with asyncio.timeout(every + SLACK_SECONDS):
            while json.loads(await anext(texts))["type"] != "Heartbeat":
                pass
    except TimeoutError:
        return broken(what, f"the heartbeat, due after {every:g} s, does not come through", MENDS[transport])
    except EndedError as error:
        mend = "the proxy's idle time-out must be longer than ITCOOK_HEARTBEAT_SECONDS"
        return broken(what, f"cut before the first heartbeat: {error}", mend)
    return ok(what, f"the first event after {opened * 1000:.0f} ms, heartbeats in time")
