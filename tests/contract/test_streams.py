"""The heart of the contract, on every sink and both transports: connect, hear, ask, and resume."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime

import pytest

from tests.support.api import Api
from tests.support.contract import covers
from tests.support.people import PASSWORD, Person
from tests.support.sinks import HTTP2Api
from tests.support.streams import TRANSPORTS, Stream, Transport

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
DEFAULT = ["system", "community", "personal", "kitchens"]
ODD = "Борщ \u2028 <b>\r\n\x7f\ufeff \U0001f372 data: id: \\ \" '"


class Screens:
    """Opens streams that have begun, and closes them afterwards."""

    def __init__(self, api: Api, stack: AsyncExitStack) -> None:
        self.api = api
        self._stack = stack

    async def open(
        self, transport: Transport, person: Person, by: Api | None = None, **parameters: str
    ) -> Stream:
        stream = await (by or self.api).connect(transport, person, **parameters)
        await self._stack.enter_async_context(stream)
        assert (await stream.next()).type == "Connected"
        return stream


@pytest.fixture
async def screens(api: Api) -> AsyncIterator[Screens]:
    async with AsyncExitStack() as stack:
        yield Screens(api, stack)


@covers(
    "control: Connected",
    "resume: fresh",
    "envelope: type",
    "envelope: data",
    "envelope: timestamp",
    "ways: Authorization: Bearer TOKEN",
)
async def test_a_stream_begins_with_connected(api: Api, ada: Person, transport: Transport) -> None:
    """It says whose connection it is, on which transport, what it reads and where it begins."""
    async with await api.connect(transport, ada) as stream:
        connected = await stream.next()
    assert connected.json.keys() == {"type", "timestamp", "data"}
    assert connected.type == "Connected"
    began = connected.json["timestamp"]
    assert STAMP.fullmatch(began)
    assert datetime.fromisoformat(connected.data["expires_at"]) > datetime.fromisoformat(began)
    expected = {
        "user_id": str(ada.id),
        "transport": transport,
        "channels": DEFAULT,
        "resume": "fresh",
        "replayed": 0,
        "heartbeat_seconds": 10,
        "timeout_seconds": 30,
    }
    assert connected.data.items() >= expected.items()
    assert connected.sse_id == (connected.data["cursor"] if transport == "sse" else None)


@covers("endpoints: GET /api/v1/realtime/ws", on="websocket")
@covers("endpoints: GET /api/v1/realtime/sse", "parameters: named", on="sse")
@covers("endpoints: GET /api/v1/realtime/events", "polling: after", on="poll")
@covers("envelope: id", "envelope: channel", on=TRANSPORTS)
async def test_an_event_is_the_same_bytes_whichever_way_it_comes(
    screens: Screens, ada: Person, grace: Person
) -> None:
    """Over WebSocket, SSE, SSE with names and a poll; and where one server has two sinks, from both."""
    api = screens.api
    streams = [
        await screens.open("websocket", ada),
        await screens.open("sse", ada),
        await screens.open("sse", ada, named="true"),
    ]
    if isinstance(api, HTTP2Api):
        assert (await api.http.get(f"{api.url}/health/live")).http_version == "HTTP/2"
        streams += [await screens.open(transport, ada, api.http1) for transport in TRANSPORTS]
    start = (await api.done("GET", "/realtime/events", ada))["cursor"]
    post = await api.post(grace, ODD)
    await api.comment(grace, post["id"], ODD)
    await api.follow(grace, ada)

    seen = [await stream.until(lambda event: event.type == "NewFollower") for stream in streams]
    polled = await api.request("GET", "/realtime/events", ada, params={"after": start})

    texts = [event.text for event in seen[0]]
    assert [[event.text for event in events] for events in seen[1:]] == [texts] * (len(streams) - 1)
    assert polled.text.startswith(f'{{"data":[{",".join(texts)}],"cursor":"')
    assert [event.sse_id for event in seen[1]] == [event.id for event in seen[0]]
    assert [event.sse_name for event in seen[2]] == [event.type for event in seen[0]]
    assert [event.json["channel"] for event in seen[0]] == ["community", "community", "personal"]
    assert [event.data.get("content") for event in seen[0]] == [post["content"], post["content"], None]


@covers("parameters: channels", "channels: system", "control: Error")
async def test_a_stream_reads_what_it_asks_for(
    screens: Screens, ada: Person, grace: Person, transport: Transport
) -> None:
    """And `system`; a name that cannot be read is an `Error`, and the others are read all the same."""
    async with await screens.api.connect(transport, ada, channels=f"gone,author:{grace.id}") as stream:
        assert (await stream.next()).data["channels"] == ["system", f"author:{grace.id}"]
        error = await stream.next()
        assert (error.type, error.data["code"], error.data["ref"]) == ("Error", "channel_unknown", None)
        await screens.api.post(ada, "not for this stream")
        post = await screens.api.post(grace, "for it")
        assert (await stream.next()).data["post_id"] == post["id"]


@covers("messages: Subscribe", "messages: Unsubscribe", "control: Subscribed", "control: Unsubscribed")
@covers("messages: Heartbeat", "control: Heartbeat")
async def test_subscribing_and_unsubscribing(
    screens: Screens, ada: Person, grace: Person, transport: Transport
) -> None:
    """Each is acknowledged, with the `ref`, and does what it says; a `Heartbeat` is answered by nothing. With
    `since`, what the channel had before comes first."""
    before = await screens.api.post(grace, "before")
    stream = await screens.open(transport, ada, channels="personal")
    cursor = (await screens.api.done("GET", "/realtime/events", ada))["cursor"]
    missed = await screens.api.comment(grace, before["id"], "missed")
    name = f"post:{before['id']}"
    await screens.api.published(grace, cursor, 1)
    await stream.say({"type": "Heartbeat", "ref": "unanswered"})
    await stream.say({"type": "Subscribe", "channels": [name], "since": cursor, "ref": "r1"})
    subscribed = await stream.next()
    assert subscribed.json.keys() == {"type", "timestamp", "data"}
    assert (subscribed.type, subscribed.data["ref"]) == ("Subscribed", "r1")
    assert subscribed.data["channels"] == ["system", "personal", name]
    assert (subscribed.data["replayed"], subscribed.data["cursor"]) == (1, cursor)
    assert (await stream.next()).data["comment_id"] == missed["id"]
    assert (await stream.next()).type == "Heartbeat"
    live = await screens.api.comment(grace, before["id"], "live")
    assert (await stream.next_of("NewComment")).data["comment_id"] == live["id"]
    await stream.say({"type": "Unsubscribe", "channels": [name], "ref": "r2"})
    left = await stream.next_of("Unsubscribed")
    assert (left.data["channels"], left.data["ref"]) == (["system", "personal"], "r2")
    await screens.api.comment(grace, before["id"], "for nobody here")
    other = await screens.api.register("Frances Allen" if transport == "sse" else "Radia Perlman")
    await screens.api.follow(other, ada)
    seen = await stream.until(lambda event: event.type == "NewFollower")
    assert "NewComment" not in {event.type for event in seen}


@covers("parameters: cursor", "resume: resumed")
@covers("polling: limit", on="poll")
async def test_a_stream_resumes_where_another_was(
    api: Api, ada: Person, grace: Person, transport: Transport
) -> None:
    """Begun over either transport: what was missed comes once, in order, counted, then what is live."""
    other: Transport = "sse" if transport == "websocket" else "websocket"
    async with await api.connect(other, ada) as stream:
        cursor = (await stream.next()).data["cursor"]
    missed = [(await api.post(grace, f"missed {number}"))["id"] for number in range(5)]
    await api.published(ada, cursor, 5)
    async with await api.connect(transport, ada, cursor=cursor) as stream:
        connected = await stream.next()
        assert (connected.data["resume"], connected.data["replayed"]) == ("resumed", 5)
        assert connected.data["cursor"] == cursor
        events = [await stream.next() for _ in missed]
        assert [event.data["post_id"] for event in events] == missed
        live = await api.post(grace, "live")
        assert (await stream.next()).data["post_id"] == live["id"]
    third = events[2].id
    assert third is not None, "posts are durable"
    if transport == "sse":
        async with await api.connect("sse", ada, last_event_id=third, cursor=cursor) as stream:
            assert (await stream.next()).data["replayed"] == 3
    page = await api.done("GET", "/realtime/events", ada, params={"after": third, "limit": "2"})
    assert [event["data"]["post_id"] for event in page["data"]] == missed[3:]
    assert page["has_more"] is True


@covers("control: ResyncRequired", "resume: reset", "reasons: unknown_cursor")
async def test_a_cursor_that_is_none_is_no_silent_gap(
    api: Api, ada: Person, grace: Person, transport: Transport
) -> None:
    """`ResyncRequired` follows `Connected`, and its cursor resumes."""
    async with await api.connect(transport, ada, cursor="nonsense") as stream:
        connected, resync = await stream.next(), await stream.next()
    assert (connected.data["resume"], connected.data["replayed"], connected.sse_id) == ("reset", 0, None)
    assert (resync.type, resync.data["reason"], resync.data["ref"]) == (
        "ResyncRequired",
        "unknown_cursor",
        None,
    )
    post = await api.post(grace, "from here on")
    async with await api.connect(transport, ada, cursor=resync.data["cursor"]) as stream:
        assert (await stream.next()).data["resume"] == "resumed"
        assert (await stream.next()).data["post_id"] == post["id"]


@covers("messages: Authenticate", "control: TokenRefreshed")
async def test_a_token_is_renewed_in_band(api: Api, ada: Person, transport: Transport) -> None:
    """`TokenRefreshed` says until when the connection now lives."""
    async with await api.connect(transport, ada) as stream:
        connected = await stream.next()
        login = await api.done("POST", "/auth/login", None, json={"email": ada.email, "password": PASSWORD})
        await stream.say({"type": "Authenticate", "token": login["access_token"], "ref": "r"})
        refreshed = await stream.next()
    assert (refreshed.type, refreshed.data["ref"]) == ("TokenRefreshed", "r")
    assert refreshed.data["expires_at"] >= connected.data["expires_at"]


@covers("messages: TypingStart", "messages: TypingStop", "ephemeral: Typing", "ephemeral: PresenceChanged")
async def test_others_see_who_is_there_and_who_writes(
    screens: Screens, ada: Person, grace: Person, transport: Transport
) -> None:
    """On both transports alike; with a channel, and without a cursor."""
    post_id = (await screens.api.post(ada, "Borscht"))["id"]
    name = f"post:{post_id}"
    watching = await screens.open(transport, ada, channels=name)
    watching.watches_presence = True
    writing = await screens.open(transport, grace, channels=name)
    joined = await watching.next_of("PresenceChanged")
    assert joined.json.keys() == {"type", "channel", "timestamp", "data"}
    assert joined.data == {
        "channel": name,
        "user_id": str(grace.id),
        "user_name": grace.name,
        "state": "joined",
        "online": 2,
    }
    for said, state in (("TypingStart", "started"), ("TypingStop", "stopped")):
        await writing.say({"type": said, "post_id": post_id})
        typing = await watching.next_of("Typing")
        assert typing.json.keys() == {"type", "channel", "timestamp", "data"}
        assert typing.json["channel"] == name
        assert typing.data == {
            "post_id": post_id,
            "user_id": str(grace.id),
            "user_name": grace.name,
            "state": state,
        }


@covers("endpoints: POST /api/v1/realtime/connections/{connection_id}/messages", on="sse")
async def test_an_event_stream_is_spoken_to_by_post(screens: Screens, ada: Person, grace: Person) -> None:
    """202 for its own person, 404 for others."""
    async with await screens.api.connect("sse", ada) as stream:
        path = f"/realtime/connections/{(await stream.next()).data['connection_id']}/messages"
        for person, status in ((ada, 202), (grace, 404)):
            answer = await screens.api.request("POST", path, person, json={"type": "Heartbeat"})
            assert answer.status_code == status


@covers("endpoints: POST /api/v1/realtime/tickets", "parameters: ticket", "ways: ?ticket=TICKET")
async def test_a_ticket_opens_one_stream(api: Api, ada: Person, transport: Transport) -> None:
    """For a client that can set no header."""
    bought = await api.request("POST", "/realtime/tickets", ada)
    assert (bought.status_code, bought.json()["expires_in"]) == (201, 30)
    async with await api.connect(transport, None, ticket=bought.json()["ticket"]) as stream:
        assert (await stream.next()).data["user_id"] == str(ada.id)
