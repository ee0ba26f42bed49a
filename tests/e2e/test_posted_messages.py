"""What an SSE client says, by POST: as over the WebSocket, and answered on its stream."""

from uuid import uuid4

import pytest

from tests.support.api import Api
from tests.support.people import Person
from tests.support.streams import TRANSPORTS, SSEStream, Transport


async def sse(api: Api, person: Person) -> tuple[SSEStream, str]:
    """A stream that has begun, and its connection's id."""
    stream = await api.connect("sse", person, channels="personal")
    assert isinstance(stream, SSEStream)
    return stream, (await stream.next()).data["connection_id"]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_both_transports_say_the_same(api: Api, ada: Person, transport: Transport) -> None:
    """Subscribe, be told, read; unsubscribe, be told, read no more; a refused channel is an `Error`."""
    async with await api.connect(transport, ada, channels="personal") as stream:
        await stream.next()
        await stream.say({"type": "Subscribe", "channels": ["community", "gone"], "ref": "r1"})
        error, subscribed = await stream.next(), await stream.next()
        assert (error.data["code"], error.data["ref"]) == ("channel_unknown", "r1")
        assert subscribed.data["channels"] == ["system", "personal", "community"]
        post = await api.post(ada, "Borscht")
        assert (await stream.next_of("NewCommunityPost")).data["post_id"] == post["id"]
        await stream.say({"type": "Unsubscribe", "channels": ["community"], "ref": "r2"})
        assert (await stream.next_of("Unsubscribed")).data["ref"] == "r2"


async def test_a_connection_is_spoken_to_by_its_own_person(api: Api, ada: Person, grace: Person) -> None:
    """404 for everyone else, as for one that has ended or never was, on this node or another."""
    stream, connection_id = await sse(api, ada)
    message = {"type": "Heartbeat"}
    node_id = connection_id.partition("-")[0]

    async def post(person: Person, to: str) -> int:
        path = f"/realtime/connections/{to}/messages"
        return (await api.request("POST", path, person, json=message)).status_code

    assert await post(ada, connection_id) == 202
    assert await post(grace, connection_id) == 404
    for other in (f"{node_id}-nobody", "0123abcd-elsewhere", node_id, str(uuid4()), "x" * 2000):
        assert await post(ada, other) == 404
    other_stream, _ = await sse(api, ada)
    await api.done("POST", "/auth/logout", ada)
    await stream.end()
    await other_stream.close()
    assert (await api.request("POST", f"/realtime/connections/{connection_id}/messages")).status_code == 401


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        ("not json", 400, "invalid_json", None),
        (b"\xff", 400, "invalid_json", None),
        ("[" * 100, 400, "invalid_json", None),
        ({"type": "Nonsense"}, 422, "validation_failed", "/type"),
        ({"type": "NewCommunityPost"}, 422, "validation_failed", "/type"),
        ({"type": "Subscribe", "channels": [1]}, 422, "validation_failed", "/channels/0"),
        ({"type": "Heartbeat", "is_admin": True}, 422, "validation_failed", "/is_admin"),
        ("[]", 422, "validation_failed", ""),
    ],
)
async def test_what_is_no_message_is_a_problem(
    api: Api, grace: Person, body: object, status: int, code: str, pointer: str | None
) -> None:
    """And the stream goes on, without a word of it."""
    stream, _ = await sse(api, grace)
    async with stream:
        response = await stream.post(body)
        problem = response.json()
        assert (response.status_code, problem["code"]) == (status, code)
        if pointer is not None:
            assert [error["pointer"] for error in problem["errors"]] == [pointer]
        await stream.say({"type": "Unsubscribe", "channels": ["personal"], "ref": "still here"})
        assert (await stream.next()).data["ref"] == "still here"


async def test_what_is_too_long_or_not_json_is_not_read(api: Api, grace: Person) -> None:
    """64 KiB, as over the WebSocket; and a form of another page cannot send JSON."""
    stream, connection_id = await sse(api, grace)
    async with stream:
        message = b'{"type":"Heartbeat"}'
        assert (await stream.post(message + b" " * (64 * 1024 - len(message)))).status_code == 202
        assert (await stream.post(message + b" " * (64 * 1024))).status_code == 413
        path = f"/realtime/connections/{connection_id}/messages"
        response = await api.request(
            "POST", path, grace, content=message, headers={"Content-Type": "text/plain"}
        )
        assert response.status_code == 415


async def test_twenty_invalid_messages_end_the_connection(api: Api, grace: Person) -> None:
    """4400, as over the WebSocket; then it is there no more."""
    stream, _ = await sse(api, grace)
    async with stream:
        assert {(await stream.post("nonsense")).status_code for _ in range(20)} == {400}
        seen, _ = await stream.end()
        assert (seen[-1].data["code"], seen[-1].data["reconnect"]) == (4400, False)
        assert (await stream.post("nonsense")).status_code == 404


async def test_a_flood_ends_the_connection(api: Api, grace: Person) -> None:
    """One message too many is 429, and 4429 on the stream."""
    stream, _ = await sse(api, grace)
    async with stream:
        response = await stream.post({"type": "Heartbeat"})
        while response.status_code == 202:
            response = await stream.post({"type": "Heartbeat"})
        assert (response.status_code, response.headers["Retry-After"]) == (429, "5")
        seen, _ = await stream.end()
        assert (seen[-1].data["code"], seen[-1].data["reconnect"]) == (4429, True)
