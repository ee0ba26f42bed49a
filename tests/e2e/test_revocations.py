"""Whatever takes a login away ends its connections within a second, and nobody else's."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.support.api import Api
from tests.support.contract import STREAMS, covers
from tests.support.people import PASSWORD, Person
from tests.support.processes import Server
from tests.support.streams import TRANSPORTS, Stream, WebSocketStream

Cause = Callable[[Api, Person, Person, Person], Awaitable[None]]
WITHIN_SECONDS = 1.0  # from the answer of what took the login away, on every node


@pytest.fixture(scope="module")
async def alan(api: Api, server: Server) -> Person:
    """An administrator."""
    alan = await api.register("Alan Turing")
    server.change("UPDATE users SET role = 'admin' WHERE email = ?", alan.email)
    return alan


@pytest.fixture
async def katherine(api: Api, request: pytest.FixtureRequest) -> Person:
    """Someone of this test alone, whose logins may all end."""
    word = "".join(letter for letter in request.node.name if letter.isalpha())
    return await api.register(f"Katherine {word[-40:]}")


async def login(api: Api, person: Person) -> Person:
    body = {"email": person.email, "password": PASSWORD}
    answer = await api.done("POST", "/auth/login", None, json=body)
    return Person(person.id, person.name, person.email, answer["access_token"], answer["refresh_token"])


async def _logout(api: Api, victim: Person, other: Person, admin: Person) -> None:
    await api.done("POST", "/auth/logout", victim)


async def _stolen_refresh_token(api: Api, victim: Person, other: Person, admin: Person) -> None:
    body = {"refresh_token": victim.refresh_token}
    await api.done("POST", "/auth/refresh", None, json=body)
    assert (await api.request("POST", "/auth/refresh", json=body)).status_code == 401


async def _ended_from_elsewhere(api: Api, victim: Person, other: Person, admin: Person) -> None:
    page = await api.done("GET", "/auth/sessions", victim)
    [current] = [login for login in page["data"] if login["current"]]
    await api.done("DELETE", f"/auth/sessions/{current['id']}", other)


async def _others_ended(api: Api, victim: Person, other: Person, admin: Person) -> None:
    await api.done("DELETE", "/auth/sessions?others=true", other)


async def _new_password(api: Api, victim: Person, other: Person, admin: Person) -> None:
    body = {"current_password": PASSWORD, "new_password": "another horse battery"}
    await api.done("PUT", "/auth/password", other, json=body)


async def _signed_out(api: Api, victim: Person, other: Person, admin: Person) -> None:
    await api.done("DELETE", f"/admin/users/{victim.id}/sessions", admin)


async def _account_closed(api: Api, victim: Person, other: Person, admin: Person) -> None:
    await api.done("PUT", f"/admin/users/{victim.id}/disabled", admin)


async def _account_deleted(api: Api, victim: Person, other: Person, admin: Person) -> None:
    await api.done("POST", "/auth/deletion", victim, json={"current_password": PASSWORD})


async def _another_address(api: Api, victim: Person, other: Person, admin: Person) -> None:
    body = {"current_password": PASSWORD, "email": "somebody@else.example"}
    await api.done("PUT", "/auth/email", other, json=body)


async def _opened(api: Api, person: Person) -> list[Stream]:
    """A stream of each kind, and one that a ticket opened."""
    ticket = (await api.done("POST", "/realtime/tickets", person))["ticket"]
    streams: list[Stream] = [await api.connect(transport, person) for transport in TRANSPORTS]
    streams += [await WebSocketStream.open(api.address("websocket", ticket=ticket), {})]
    for stream in streams:
        assert (await stream.next()).type == "Connected"
    return streams


async def _ended(stream: Stream) -> None:
    seen, code = await stream.end()
    assert (seen[-1].type, seen[-1].data["code"], seen[-1].data["reconnect"]) == (
        "Disconnecting",
        4403,
        False,
    )
    assert code == (4403 if stream.transport == "websocket" else None)


@pytest.mark.parametrize(
    ("cause", "other_survives"),
    [
        (_logout, True),
        (_stolen_refresh_token, True),
        (_ended_from_elsewhere, True),
        (_others_ended, True),
        (_new_password, True),
        (_signed_out, False),
        (_account_closed, False),
        (_account_deleted, False),
        (_another_address, True),
    ],
)
async def test_a_login_that_ends_takes_its_connections_along(
    api: Api, alan: Person, grace: Person, katherine: Person, cause: Cause, other_survives: bool
) -> None:
    """4403 and not to come back, on both transports and however they were opened; the person's other login
    goes on unless it ended too, and another person's in any case.
    """
    other = await login(api, katherine)
    streams = await _opened(api, katherine)
    others, strangers = await api.websocket(other), await api.websocket(grace)
    async with others, strangers:
        for going_on in (others, strangers):
            assert (await going_on.next()).type == "Connected"
        await cause(api, katherine, other, alan)
        async with asyncio.timeout(WITHIN_SECONDS):
            for stream in streams:
                await _ended(stream)
            if not other_survives:
                await _ended(others)
        post = await api.post(grace, "still here")
        for going_on in [strangers, *([others] if other_survives else [])]:
            assert (await going_on.next()).data["post_id"] == post["id"]
    assert (await api.request("GET", "/realtime/sse", katherine)).status_code == 401


@pytest.fixture
async def streams(api: Api, katherine: Person) -> AsyncIterator[list[Stream]]:
    opened = [await api.connect(transport, katherine) for transport in TRANSPORTS]
    yield opened
    for stream in opened:
        await stream.close()


@covers("ends: 4403 ended by an administrator", on=STREAMS)
async def test_an_administrator_ends_one_connection(
    api: Api, alan: Person, katherine: Person, streams: list[Stream]
) -> None:
    """That one alone, with 4403; its login goes on."""
    ids = [(await stream.next()).data["connection_id"] for stream in streams]
    for number, stream in enumerate(streams):
        await api.done("DELETE", f"/admin/connections/{ids[number]}", alan)
        async with asyncio.timeout(WITHIN_SECONDS):
            await _ended(stream)
        for left in streams[number + 1 :]:
            post = await api.post(katherine, "still here")
            assert (await left.next()).data["post_id"] == post["id"]
    await api.done("GET", "/auth/me", katherine)


async def test_the_operator_closes_and_opens_accounts(api: Api, server: Server, katherine: Person) -> None:
    """`itcook user disable` and `enable`, while the server is stopped; nobody's address is an error."""
    body = {"email": katherine.email, "password": PASSWORD}
    async with server.stopped():
        assert (await server.itcook("user", "disable", "nobody@example.com"))[0] == 1
        closed = await server.itcook("user", "disable", katherine.email)
        assert closed == (0, f"{katherine.name} is signed out, and cannot sign in\n")
    assert (await api.request("GET", "/auth/me", katherine)).status_code == 401
    assert (await api.request("POST", "/auth/login", json=body)).json()["code"] == "account_disabled"
    async with server.stopped():
        opened = await server.itcook("user", "enable", katherine.email.upper())
        assert opened == (0, f"{katherine.name} can sign in again\n")
    assert (await api.request("POST", "/auth/login", json=body)).status_code == 200
