"""Every type of durable event, from the call or the clock that causes it to both transports."""

import inspect
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest

from itcook import events
from itcook.events import DurableEvent
from tests.support.api import Api
from tests.support.people import Person
from tests.support.processes import Server
from tests.support.streams import TRANSPORTS, Received, Stream

TYPES = {
    name: kind
    for name, kind in inspect.getmembers(events, inspect.isclass)
    if issubclass(kind, DurableEvent) and kind is not DurableEvent
}


@pytest.fixture(scope="module")
def server_settings() -> Mapping[str, object]:
    """A server that looks at the clock often."""
    return {"expiry_scan_seconds": 0.1}


@pytest.fixture(scope="module")
async def admin(api: Api, server: Server) -> Person:
    """Someone who runs the service."""
    admin = await api.register("Alan Turing")
    change(server, "UPDATE users SET role = 'admin' WHERE id = ?", str(admin.id))
    return admin


def change(server: Server, statement: str, *values: str) -> None:
    """Change what only time or an operator changes."""
    with closing(sqlite3.connect(server.database)) as database, database:
        database.execute(statement, values)


async def done(api: Api, who: Person, method: str, path: str, body: Any = None) -> Any:
    """The answer to a request that must succeed."""
    answer = await api.request(method, path, who, **({} if body is None else {"json": body}))
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


async def act_in_the_community(api: Api, actor: Person, author: Person) -> None:
    """Everything that people do with each other's posts, and take back."""
    own = await done(api, actor, "POST", "/community/posts", {"content": "Soup"})
    await done(api, actor, "PATCH", f"/community/posts/{own['id']}", {"content": "Borscht"})
    await done(api, actor, "DELETE", f"/community/posts/{own['id']}")
    post = f"/community/posts/{(await api.post(author, 'Bread'))['id']}"
    await done(api, actor, "PUT", f"{post}/like")
    await done(api, actor, "DELETE", f"{post}/like")
    comment = await done(api, actor, "POST", f"{post}/comments", {"content": "Crisp!"})
    await done(api, actor, "DELETE", f"/community/comments/{comment['id']}")
    await done(api, actor, "PUT", f"/community/users/{author.id}/follow")


async def act_at_home(api: Api, who: Person) -> None:
    """What a person does for themselves; of the two recipes one can be made."""
    milk = {"name": "Milk", "quantity": 1, "unit": "l", "category": "dairy"}
    await done(api, who, "POST", "/fridge/items", milk | {"expires_on": str(datetime.now(UTC).date())})
    goal = {"title": "Drink", "goal_type": "water", "target_value": 2, "unit": "l"}
    made = await done(api, who, "POST", "/goals", goal)
    await done(api, who, "POST", f"/goals/{made['id']}/progress", {"value": 2})
    await done(api, who, "POST", "/recipes/generate", {"ingredients": ["potato", "onion", "egg"]})
    in_vain = {"ingredients": ["potato"], "cuisine": "Ethiopian", "max_minutes": 5}
    await done(api, who, "POST", "/recipes/generate", in_vain)


async def until_all(stream: Stream) -> dict[str, Received]:
    """One event of each type, as they come."""
    seen: dict[str, Received] = {}
    while seen.keys() < TYPES.keys():
        event = await stream.next()
        if event.type in TYPES:
            seen.setdefault(event.type, event)
    return seen


async def test_every_type_is_caused_and_reaches_whom_it_is_for(
    api: Api, server: Server, ada: Person, grace: Person, admin: Person
) -> None:
    """On both transports alike, and nothing private reaches a stranger who reads all there is to read."""
    stranger = await api.register("Mallory Malone")
    streams = [await api.connect(transport, ada) for transport in TRANSPORTS]
    other = await api.connect(
        "websocket", stranger, channels=f"community,personal,kitchens,author:{grace.id}"
    )
    await act_in_the_community(api, grace, ada)
    await act_at_home(api, ada)
    word = {"title": "Tonight", "message": "The kitchen closes at ten."}
    await done(api, admin, "POST", "/notifications", word | {"recipient_id": str(ada.id)})
    change(server, "UPDATE kitchens SET scan_at = '2020-01-01 08:00:00+00:00'")

    over_websocket, over_sse = [await until_all(stream) for stream in streams]
    for name, kind in TYPES.items():
        assert over_websocket[name].text == over_sse[name].text
        assert list(over_websocket[name].data) == list(kind.model_fields)
        kind.model_validate_json(kind.model_validate(over_websocket[name].data).model_dump_json())
    last = await api.post(grace, "Good night")
    seen = await other.until(lambda event: event.data.get("post_id") == last["id"])
    assert {event.json["channel"] for event in seen if event.id} == {"community"}
    for stream in (*streams, other):
        await stream.close()


async def test_word_to_everyone_reaches_a_stranger(api: Api, grace: Person, admin: Person) -> None:
    """What is on `system` is everyone's, asked for or not."""
    stream = await api.connect("sse", grace, channels="personal")
    await stream.next_of("Connected")
    await done(
        api, admin, "POST", "/notifications", {"title": "Hello", "message": "All.", "level": "Success"}
    )
    assert (await stream.next_of("SystemNotification")).json["channel"] == "system"
    await stream.close()
