"""A connection ends with what let it in: its token, and its login session."""

import asyncio
from collections.abc import Mapping

import pytest

from tests.support.api import Api
from tests.support.people import PASSWORD, Person
from tests.support.streams import TRANSPORTS, Transport

TOKEN_SECONDS = 5  # the least that is allowed
END_CODES: Mapping[Transport, int | None] = {"websocket": 4401, "sse": None}


@pytest.fixture(scope="module")
def server_settings() -> Mapping[str, object]:
    return {"access_token_seconds": TOKEN_SECONDS}


async def test_a_connection_ends_when_its_token_expires(api: Api) -> None:
    """On both transports: `Disconnecting` 4401 at the moment that `Connected` announced, reconnect after a
    refresh; then the close with the same code, or the clean end of the body."""
    katherine = await api.register("Katherine Johnson")
    streams = [await api.connect(transport, katherine) for transport in TRANSPORTS]
    for stream in streams:
        connected = await stream.next()
        seen, code = await stream.end()
        last = seen[-1]
        assert (last.type, last.data["code"], last.data["reconnect"]) == ("Disconnecting", 4401, True)
        assert last.json["timestamp"] >= connected.data["expires_at"]
        assert code == END_CODES[stream.transport]
    for transport in TRANSPORTS:
        refused = await api.request("GET", "/realtime/sse", katherine)
        assert (transport, refused.status_code) == (transport, 401)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_token_refreshed_in_band_keeps_the_connection(api: Api, transport: Transport) -> None:
    """Nothing is missed at the end of the old token; the end of the new one, or its login's, is the end."""
    person = await api.register(f"Mary {transport.capitalize()}")
    async with await api.connect(transport, person) as stream:
        connected = await stream.next()
        again = await api.done("POST", "/auth/refresh", None, json={"refresh_token": person.refresh_token})
        await stream.say({"type": "Authenticate", "token": again["access_token"], "ref": "r1"})
        refreshed = await stream.next_of("TokenRefreshed")
        assert refreshed.data["ref"] == "r1"
        assert refreshed.data["expires_at"] >= connected.data["expires_at"]
        seen, code = await stream.end()
        assert seen[-1].data["code"] == 4401
        assert seen[-1].json["timestamp"] >= refreshed.data["expires_at"]
        assert code == END_CODES[transport]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_another_persons_token_is_refused_in_band(api: Api, transport: Transport) -> None:
    """And what is no token; the connection goes on as whose it was."""
    person = await api.register(f"Annie {transport.capitalize()}")
    other = await api.register(f"Joan {transport.capitalize()}")
    async with await api.connect(transport, person) as stream:
        assert (await stream.next()).data["user_id"] == str(person.id)
        for token, code in ((other.access_token, "wrong_user"), ("nonsense", "invalid_token")):
            await stream.say({"type": "Authenticate", "token": token, "ref": code})
            error = await stream.next_of("Error")
            assert (error.data["code"], error.data["ref"]) == (code, code)
        await api.follow(other, person)
        await stream.next_of("NewFollower")


async def test_logging_out_ends_the_connections_of_that_login_alone(api: Api) -> None:
    """Within a second: 4403 and not to come back; the same person's other login goes on."""
    first = await api.register("Dorothy Vaughan")
    second = await _another_login(api, first)
    ended = [await api.connect(transport, first) for transport in TRANSPORTS]
    async with await api.connect("websocket", second) as other:
        for stream in (*ended, other):
            assert (await stream.next()).type == "Connected"
        assert (await api.request("POST", "/auth/logout", first)).status_code == 204
        async with asyncio.timeout(1):
            for stream in ended:
                seen, code = await stream.end()
                assert (seen[-1].data["code"], seen[-1].data["reconnect"]) == (4403, False)
                assert code == (4403 if stream.transport == "websocket" else None)
        post = await api.post(second, "still here")
        assert (await other.next()).data["post_id"] == post["id"]


async def _another_login(api: Api, person: Person) -> Person:
    body = {"email": person.email, "password": PASSWORD}
    answer = (await api.request("POST", "/auth/login", json=body)).json()
    return Person(person.id, person.name, person.email, answer["access_token"], answer["refresh_token"])
