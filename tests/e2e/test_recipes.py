"""Recipes made by a real server: who hears of them, and what survives its death."""

from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any

import pytest

from itcook.recipes.queue import ATTEMPTS
from itcook.recipes.worker import LEASE
from tests.support.api import Api
from tests.support.chat_server import ChatServer, Reply, chat_server
from tests.support.people import Person
from tests.support.processes import Server
from tests.support.streams import TRANSPORTS, Received, Transport
from tests.support.waiting import until

LEASE_SECONDS = 40  # far more than it takes until another server may take over
WISH = {"ingredients": ["beetroot"]}


@pytest.fixture(scope="module")
async def chat() -> AsyncIterator[ChatServer]:
    """The language model that the server asks."""
    async with chat_server() as server:
        yield server


@pytest.fixture(scope="module")
def server_settings(chat: ChatServer) -> Mapping[str, object]:
    return {"llm_base_url": chat.base_url, "llm_model": "some-model", "llm_api_key": "sk-made-up-key"}


async def ask(api: Api, person: Person) -> str:
    """The id of a new request."""
    response = await api.request("POST", "/recipes/generate", person, json=WISH)
    assert response.status_code == 202, response.text
    request_id: str = response.json()["request_id"]
    return request_id


async def state(api: Api, person: Person, request_id: str) -> dict[str, Any]:
    body: dict[str, Any] = (await api.request("GET", f"/recipes/requests/{request_id}", person)).json()
    return body


async def hear(api: Api, transport: Transport, person: Person, cursor: str) -> list[Received]:
    """What the person's own channel has had since the cursor, up to now."""
    async with await api.connect(transport, person, channels="personal", cursor=cursor) as stream:
        connected = await stream.next_of("Connected")
        return [await stream.next() for _ in range(connected.data["replayed"])]


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("reply", [None, Reply(status=401)], ids=["RecipeGenerated", "RecipeFailed"])
async def test_only_the_asker_hears_of_a_recipe(
    api: Api, ada: Person, grace: Person, chat: ChatServer, transport: Transport, reply: Reply | None
) -> None:
    """Live, over either transport; someone else hears the next thing, and nothing before it."""
    usual = chat.replies
    chat.replies = [reply] if reply else usual
    async with (
        await api.connect(transport, ada) as asker,
        await api.connect(transport, grace) as other,
    ):
        await asker.next_of("Connected")
        await other.next_of("Connected")
        request_id = await ask(api, ada)
        heard = (await asker.until(lambda event: event.type.startswith("Recipe")))[-1]
        chat.replies = usual
        await api.post(ada, "There it is")
        seen = await other.until(lambda event: event.type == "NewCommunityPost")
    assert heard.type == ("RecipeFailed" if reply else "RecipeGenerated")
    assert heard.json["channel"] == "personal"
    assert heard.data["request_id"] == request_id
    assert {event.type for event in seen} <= {"NewCommunityPost", "PresenceChanged", "Heartbeat"}
    after = await state(api, ada, request_id)
    assert (after["recipe_id"], after["reason"]) == (heard.data.get("recipe_id"), heard.data.get("reason"))


@pytest.mark.slow
async def test_a_recipe_survives_the_death_of_its_server(
    api: Api, server: Server, ada: Person, chat: ChatServer
) -> None:
    """kill -9 while the model thinks: after the restart there is one recipe and one event."""
    response = await api.request("GET", "/recipes/requests", ada)
    cursor = response.headers["Stream-Cursor"]
    chat.hold.clear()
    asked = len(chat.questions)
    request_id = await ask(api, ada)
    await until(lambda: len(chat.questions) == asked + 1)
    await server.kill()
    await server.start()
    await until(lambda: len(chat.questions) == asked + 2, LEASE_SECONDS)
    chat.hold.set()
    for transport in TRANSPORTS:
        async with await api.connect(transport, ada, channels="personal", cursor=cursor) as stream:
            generated = await stream.next_of("RecipeGenerated")
            assert generated.data["request_id"] == request_id
    assert (await state(api, ada, request_id))["status"] == "done"
    for transport in TRANSPORTS:
        assert [event.type for event in await hear(api, transport, ada, cursor)] == ["RecipeGenerated"]
    own = await api.request("GET", "/recipes?mine=true", ada)
    found = [recipe["id"] for recipe in own.json()["data"]]
    assert found.count(generated.data["recipe_id"]) == 1


@pytest.mark.slow
async def test_a_request_that_kills_its_server_each_time_fails(
    api: Api, server: Server, ada: Person, chat: ChatServer
) -> None:
    """After three attempts one RecipeFailed, and no fourth question."""
    response = await api.request("GET", "/recipes/requests", ada)
    cursor = response.headers["Stream-Cursor"]
    chat.hold.clear()
    asked = len(chat.questions)
    request_id = await ask(api, ada)
    for attempt in range(1, ATTEMPTS + 1):
        await until(partial(chat.was_asked, asked + attempt), LEASE_SECONDS)
        await server.kill()
        await server.start()
    async with await api.connect("sse", ada, channels="personal", cursor=cursor) as stream:
        failed = await stream.next_of("RecipeFailed")
    assert failed.data["request_id"] == request_id
    assert len(chat.questions) == asked + ATTEMPTS
    assert [event.type for event in await hear(api, "websocket", ada, cursor)] == ["RecipeFailed"]
    chat.hold.set()


async def test_a_cancelled_request_costs_no_more(api: Api, ada: Person, chat: ChatServer) -> None:
    """The model sees that nobody waits."""
    chat.hold.clear()
    asked, gone = len(chat.questions), chat.gone
    request_id = await ask(api, ada)
    await until(lambda: len(chat.questions) == asked + 1)
    response = await api.request("DELETE", f"/recipes/requests/{request_id}", ada)
    assert response.status_code == 204
    await until(lambda: chat.gone > gone)
    chat.hold.set()
    assert (await state(api, ada, request_id))["status"] == "cancelled"


async def test_a_restart_in_good_order_goes_on_at_once(
    api: Api, server: Server, ada: Person, chat: ChatServer
) -> None:
    """SIGTERM gives the request back: the next server asks within a moment, and nothing is logged amiss."""
    chat.hold.clear()
    asked = len(chat.questions)
    request_id = await ask(api, ada)
    await until(lambda: len(chat.questions) == asked + 1)
    logged = len(server.lines)
    server.terminate()
    assert await server.ended() == 0
    await server.start()
    await until(lambda: len(chat.questions) == asked + 2, LEASE.total_seconds() / 2)
    chat.hold.set()
    async with await api.connect("sse", ada, channels="personal") as stream:
        if (await state(api, ada, request_id))["status"] != "done":
            await stream.next_of("RecipeGenerated")
    assert not [line for line in server.lines[logged:] if line.get("level") in ("warning", "error")]
    assert "sk-made-up-key" not in str(server.lines)
    assert "beetroot" not in str(server.lines)
