"""Polling: the events of the streams, for clients that can hold none open."""

import asyncio

import pytest

from tests.support.api import Api
from tests.support.contract import covers
from tests.support.people import Person
from tests.support.streams import TRANSPORTS

EVENTS = "/realtime/events"


async def test_the_same_events_byte_for_byte(api: Api, ada: Person, grace: Person) -> None:
    """And the same cursors: what a stream saw, a poll gives, and a stream goes on where a poll was."""
    streams = [await api.connect(transport, ada) for transport in TRANSPORTS]
    cursors = [(await stream.next()).data["cursor"] for stream in streams]
    post = await api.post(ada, "Борщ \u2028 <b>")
    await api.like(grace, post["id"])
    await api.follow(grace, ada)
    seen = [await stream.until(lambda event: event.type == "NewFollower") for stream in streams]
    response = await api.request("GET", EVENTS, ada, params={"after": cursors[0]})
    texts = [[event.text for event in events if event.id] for events in seen]
    assert texts[0] == texts[1]
    assert response.text.startswith(f'{{"data":[{",".join(texts[0])}],"cursor":"')
    assert response.headers["Cache-Control"] == "no-store"
    body = response.json()
    assert (body["has_more"], body["resync"]) == (False, None)
    last = await api.post(ada, "once more")
    for transport in TRANSPORTS:
        async with await api.connect(transport, ada, cursor=body["cursor"]) as stream:
            assert (await stream.next_of("NewCommunityPost")).data["post_id"] == last["id"]
    for stream in streams:
        await stream.close()


@covers("polling: channels", "polling: wait", on="poll")
async def test_waiting(api: Api, ada: Person, grace: Person) -> None:
    """The first event answers; what is not for this person does not."""
    start = (await api.done("GET", EVENTS, ada))["cursor"]
    parameters = {"after": start, "channels": "personal", "wait": "25"}
    waiting = asyncio.create_task(api.done("GET", EVENTS, ada, params=parameters))
    other = await api.register("Frances Allen")
    await api.follow(ada, grace)
    await api.follow(other, ada)
    body = await waiting
    assert [event["data"]["follower_name"] for event in body["data"]] == ["Frances Allen"]


@pytest.mark.parametrize(
    "parameters",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"wait": "26"},
        {"wait": "nan"},
        {"wait": "-1"},
        {"channels": "gone"},
        {"channels": "kitchen:0193570c-0000-7000-8000-000000000001"},
        {"cursor": "x"},
    ],
)
async def test_what_is_refused(api: Api, ada: Person, parameters: dict[str, str]) -> None:
    """422, with the place that is wrong."""
    response = await api.request("GET", EVENTS, ada, params=parameters)
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == f"/{next(iter(parameters))}"


async def test_a_cursor_that_cannot_be_honoured(api: Api, ada: Person) -> None:
    """200 with the reason, and the cursor to go on from."""
    body = await api.done("GET", EVENTS, ada, params={"after": "nonsense", "wait": "25"})
    assert (body["data"], body["resync"]) == ([], {"reason": "unknown_cursor"})
    assert (await api.done("GET", EVENTS, ada, params={"after": body["cursor"]}))["resync"] is None
