"""Every `Error`, on every sink and both transports: with its code and `ref`, and the connection goes on."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from itcook.auth.signing import signing_key
from itcook.settings import Settings
from tests.contract.conftest import SECRET
from tests.support.api import Api
from tests.support.contract import covers
from tests.support.forgery import Forger
from tests.support.people import PASSWORD, Person
from tests.support.streams import SSEStream, Stream, Transport

CHANNELS = 64  # that a connection reads at most, `system` included

Message = dict[str, Any]
Prepare = Callable[[Api, Person, Person], Awaitable[Message]]


@pytest.fixture(scope="module")
async def posts(api: Api, ada: Person) -> list[str]:
    """As many as a connection may read channels."""
    made = await asyncio.gather(*[api.post(ada, f"number {number}") for number in range(CHANNELS)])
    return [f"post:{post['id']}" for post in made]


async def goes_on(stream: Stream) -> None:
    """The connection answers as if nothing had been."""
    await stream.say({"type": "Unsubscribe", "channels": ["kitchens"], "ref": "still here"})
    assert (await stream.next_of("Unsubscribed")).data["ref"] == "still here"


@pytest.mark.parametrize(
    ("message", "code", "problem"),
    [
        pytest.param("nonsense", "invalid_json", (400, "invalid_json"), marks=covers("errors: invalid_json")),
        pytest.param(
            '{"type":"Destroy"}',
            "unknown_type",
            (422, "validation_failed"),
            marks=covers("errors: unknown_type"),
        ),
        pytest.param(
            '{"type":"Subscribe","channels":[1]}',
            "invalid_message",
            (422, "validation_failed"),
            marks=covers("errors: invalid_message"),
        ),
    ],
)
async def test_what_is_no_message(
    api: Api, ada: Person, transport: Transport, message: str, code: str, problem: tuple[int, str]
) -> None:
    """An `Error`; in answer to a POST it is a problem instead."""
    async with await api.connect(transport, ada) as stream:
        assert (await stream.next()).type == "Connected"
        if isinstance(stream, SSEStream):
            answer = await stream.post(message)
            assert (answer.status_code, answer.json()["code"]) == problem
        else:
            await stream.say(message)
            error = await stream.next()
            assert (error.type, error.data["code"], error.data["ref"]) == ("Error", code, None)
            assert error.data["message"]
        await goes_on(stream)


def subscribing(*names: str) -> Prepare:
    async def prepare(api: Api, ada: Person, grace: Person) -> Message:
        return {"type": "Subscribe", "channels": list(names)}

    return prepare


async def with_nonsense(api: Api, ada: Person, grace: Person) -> Message:
    return {"type": "Authenticate", "token": "nonsense"}


async def with_anothers_token(api: Api, ada: Person, grace: Person) -> Message:
    return {"type": "Authenticate", "token": grace.access_token}


async def with_an_old_token(api: Api, ada: Person, grace: Person) -> Message:
    return {"type": "Authenticate", "token": expiring(ada, -60)}


async def with_a_login_that_is_over(api: Api, ada: Person, grace: Person) -> Message:
    body = {"email": ada.email, "password": PASSWORD}
    token = (await api.done("POST", "/auth/login", None, json=body))["access_token"]
    await api.done("POST", "/auth/logout", replace(ada, access_token=token))
    return {"type": "Authenticate", "token": token}


def expiring(person: Person, seconds: int) -> str:
    """A good token of the person's login, that expires in so many seconds."""
    payload = person.access_token.split(".")[1]
    session_id = json.loads(base64.urlsafe_b64decode(payload + "=="))["sid"]
    forger = Forger(signing_key(Settings(_env_file=None, secret=SECRET)), person.id, UUID(session_id))
    now = int(datetime.now(UTC).timestamp())
    return forger.signed(forger.claims(iat=now - 900, exp=now + seconds))


@pytest.mark.parametrize(
    ("prepare", "code"),
    [
        pytest.param(subscribing("../"), "channel_unknown", marks=covers("errors: channel_unknown")),
        pytest.param(
            subscribing(f"kitchen:{uuid4()}"), "channel_forbidden", marks=covers("errors: channel_forbidden")
        ),
        pytest.param(with_nonsense, "invalid_token", marks=covers("errors: invalid_token")),
        pytest.param(with_an_old_token, "token_expired", marks=covers("errors: token_expired")),
        pytest.param(with_a_login_that_is_over, "session_ended", marks=covers("errors: session_ended")),
        pytest.param(with_anothers_token, "wrong_user", marks=covers("errors: wrong_user")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_refused(
    api: Api, ada: Person, grace: Person, transport: Transport, prepare: Prepare, code: str
) -> None:
    """Whoever sent it is told why, and by its `ref` of what."""
    message = await prepare(api, ada, grace)
    async with await api.connect(transport, ada) as stream:
        await stream.next()
        await stream.say({**message, "ref": "r"})
        error = await stream.next()
        assert (error.type, error.data["code"], error.data["ref"]) == ("Error", code, "r")
        assert error.data["message"]
        await goes_on(stream)


@covers("errors: too_many_channels")
async def test_more_channels_than_a_connection_may_read(
    api: Api, ada: Person, posts: list[str], transport: Transport
) -> None:
    """As many as fit are read."""
    async with await api.connect(transport, ada, channels="kitchens") as stream:
        await stream.next()
        await stream.say({"type": "Subscribe", "channels": posts, "ref": "r"})
        error, subscribed = await stream.next(), await stream.next()
        assert (error.data["code"], error.data["ref"]) == ("too_many_channels", "r")
        assert subscribed.data["channels"] == ["system", "kitchens", *posts[: CHANNELS - 2]]
        await goes_on(stream)


@covers("errors: typing_limited")
async def test_more_typing_than_anybody_does(
    api: Api, ada: Person, posts: list[str], transport: Transport
) -> None:
    """Ten starts at once are passed on; one of the next is refused, and ends nothing."""
    post_id = posts[0].removeprefix("post:")
    writer = await api.register("Quick " + transport.capitalize())
    async with await api.connect(transport, writer) as stream:
        await stream.next()
        for number in range(25):
            await stream.say({"type": "TypingStart", "post_id": post_id, "ref": f"{number}"})
            await stream.say({"type": "TypingStop", "post_id": post_id})
        error = await stream.next_of("Error")
        assert error.data["code"] == "typing_limited"
        assert int(error.data["ref"]) >= 10
        await goes_on(stream)
