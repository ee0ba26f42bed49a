"""Who is there and who writes, over real sockets."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.support.api import Api
from tests.support.people import Person
from tests.support.streams import TRANSPORTS, Stream, Transport


class Screens:
    """Opens streams that also tell who comes and goes, and closes them afterwards."""

    def __init__(self, api: Api, stack: AsyncExitStack) -> None:
        self.api = api
        self._stack = stack

    async def open(self, transport: Transport, person: Person, channels: str) -> Stream:
        """A stream that has begun."""
        stream = await self.api.connect(transport, person, channels=channels)
        stream.watches_presence = True
        await self._stack.enter_async_context(stream)
        await stream.next_of("Connected")
        return stream

    async def presence(self, person: Person, channel: str) -> dict[str, object]:
        return await self.api.done("GET", "/realtime/presence", person, params={"channel": channel})


@pytest.fixture
async def screens(api: Api) -> AsyncIterator[Screens]:
    async with AsyncExitStack() as stack:
        yield Screens(api, stack)


def other(transport: Transport) -> Transport:
    return "sse" if transport == "websocket" else "websocket"


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_reader_of_a_post_comes_changes_transport_and_leaves(
    screens: Screens, ada: Person, grace: Person, transport: Transport
) -> None:
    """Told to others once each, with the count; a change of transport is no event at all."""
    channel = f"post:{(await screens.api.post(ada, 'Borscht'))['id']}"
    screen = await screens.open(transport, ada, channel)
    first = await screens.open("websocket", grace, channel)
    joined = await screen.next()
    assert joined.json.keys() == {"type", "channel", "timestamp", "data"}
    assert (joined.type, joined.json["channel"]) == ("PresenceChanged", channel)
    assert joined.data == {
        "channel": channel,
        "user_id": str(grace.id),
        "user_name": grace.name,
        "state": "joined",
        "online": 2,
    }
    await first.cut()
    second = await screens.open("sse", grace, channel)
    found = await screens.presence(ada, channel)
    assert (found["online"], found["has_more"]) == (2, False)
    assert found["people"] == [
        {"user_id": str(person.id), "user_name": person.name} for person in (ada, grace)
    ]
    await second.close()
    left = await screen.next_of("PresenceChanged")
    assert (left.data["state"], left.data["online"]) == ("left", 1)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_whoever_leaves_a_kitchen_is_gone_from_it(
    screens: Screens, ada: Person, grace: Person, transport: Transport
) -> None:
    """At once, and may no longer look who is there, as if there were no such kitchen."""
    api = screens.api
    kitchen_id = (await api.done("POST", "/kitchens", ada, json={"name": "Shared"}))["id"]
    channel = f"kitchen:{kitchen_id}"
    invite = await api.done("POST", f"/kitchens/{kitchen_id}/invites", ada, json={})
    screen = await screens.open(transport, ada, channel)
    await screens.open(other(transport), grace, "kitchens")
    await api.done("POST", "/kitchens/join", grace, json={"code": invite["code"]})
    assert (await screen.next_of("PresenceChanged")).data["state"] == "joined"
    assert (await screens.presence(grace, channel))["online"] == 2
    await api.done("DELETE", f"/kitchens/{kitchen_id}/members/{grace.id}", ada)
    left = await screen.next_of("PresenceChanged")
    assert (left.data["user_id"], left.data["state"], left.data["online"]) == (str(grace.id), "left", 1)
    refused = await api.request("GET", "/realtime/presence", grace, params={"channel": channel})
    assert (refused.status_code, refused.json()["code"]) == (403, "channel_forbidden")


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_others_see_who_writes_and_when_they_stop(
    screens: Screens, ada: Person, grace: Person, transport: Transport
) -> None:
    """On either transport, from either; the writer's own screens do not, and what is forgotten ends."""
    api = screens.api
    post_id = (await api.post(ada, "Borscht"))["id"]
    screen = await screens.open(transport, ada, f"post:{post_id}")
    screen.watches_presence = False
    writer = await screens.open(other(transport), grace, f"post:{post_id}")
    await writer.say({"type": "TypingStart", "post_id": post_id})
    started = await screen.next_of("Typing")
    assert started.json.keys() == {"type", "channel", "timestamp", "data"}
    assert started.data == {
        "post_id": post_id,
        "user_id": str(grace.id),
        "user_name": grace.name,
        "state": "started",
    }
    await writer.say({"type": "TypingStop", "post_id": post_id})
    assert (await screen.next_of("Typing")).data["state"] == "stopped"
    await writer.say({"type": "TypingStart", "post_id": post_id})
    assert (await screen.next_of("Typing")).data["state"] == "started"
    assert (await screen.next_of("Typing")).data["state"] == "stopped"
    comment = await api.comment(ada, post_id, "That was all")
    seen = await writer.until(lambda event: event.data.get("comment_id") == comment["id"])
    assert "Typing" not in {event.type for event in seen}


async def test_a_channel_is_refused_as_in_subscribing(screens: Screens, ada: Person) -> None:
    """Unknown, and without people; without a name it is the community."""
    api = screens.api
    answers = {
        name: await api.request("GET", "/realtime/presence", ada, params={"channel": name})
        for name in ("post:01a209cd-6229-70b9-a020-06dcfbbeb084", "../", "personal")
    }
    assert [(answer.status_code, answer.json()["code"]) for answer in answers.values()] == [
        (404, "channel_unknown"),
        (404, "channel_unknown"),
        (422, "validation_failed"),
    ]
    assert (await api.done("GET", "/realtime/presence", ada))["channel"] == "community"
    assert (await api.request("GET", "/realtime/presence")).status_code == 401
