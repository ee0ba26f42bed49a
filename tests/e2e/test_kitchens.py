"""Kitchens on a real server: who hears of a fridge, over real sockets, and from when to when."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.people import Person
from tests.support.streams import TRANSPORTS, Received, Stream, Transport

Body = dict[str, Any]


class Household:
    """A kitchen of Ada's, and what people do with it."""

    def __init__(self, api: Api, kitchen_id: str) -> None:
        self.api = api
        self.id = kitchen_id

    async def let_in(self, owner: Person, person: Person) -> None:
        invite = await self.api.done("POST", f"/kitchens/{self.id}/invites", owner, json={})
        await self.api.done("POST", "/kitchens/join", person, json={"code": invite["code"]})

    async def put(self, person: Person, name: str) -> str:
        """A new item; its id."""
        item = {"kitchen_id": self.id, "name": name, "quantity": 2, "unit": "l", "category": "dairy"}
        identifier: str = (await self.api.done("POST", "/fridge/items", person, json=item))["id"]
        return identifier


@pytest.fixture
async def household(api: Api, ada: Person) -> Household:
    """A new kitchen that only Ada is in."""
    response = await api.request("POST", "/kitchens", ada, json={"name": "Shared"})
    return Household(api, response.json()["id"])


@pytest.fixture
async def streams() -> AsyncIterator[AsyncExitStack]:
    """Closes what a test opens."""
    async with AsyncExitStack() as stack:
        yield stack


async def everything(stream: Stream, household: Household, word: Person) -> list[Received]:
    """What came until now: the word of someone, to everyone, is what comes last."""
    post = await household.api.post(word, "That was all")
    seen = await stream.until(lambda event: event.data.get("post_id") == post["id"])
    return [event for event in seen[:-1] if event.type not in {"Connected", "Heartbeat", "NewCommunityPost"}]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_each_change_of_the_fridge_reaches_the_members_alone(
    household: Household, streams: AsyncExitStack, ada: Person, grace: Person, transport: Transport
) -> None:
    """Added, updated, taken from, removed; a stranger sees nothing, under no name."""
    eve = await household.api.register(f"Eve {transport.capitalize()}")
    await household.let_in(ada, grace)
    named = f"community,kitchen:{household.id}"
    connect = household.api.connect
    mine, theirs, by_name, strange, stranger = [
        await streams.enter_async_context(await connect(transport, person, channels=channels))
        for person, channels in (
            (ada, "community,kitchens"),
            (grace, "community,personal,kitchens"),
            (grace, named),
            (eve, "community,personal,kitchens"),
            (eve, named),
        )
    ]
    item = await household.put(grace, "Milk")
    await household.api.done("PATCH", f"/fridge/items/{item}", ada, json={"name": "Oat milk"})
    await household.api.done("POST", f"/fridge/items/{item}/take", ada, json={"quantity": 0.5})
    await household.api.done("DELETE", f"/fridge/items/{item}", grace)
    seen = await everything(mine, household, ada)
    assert [(event.data["change"], event.data["name"], event.data["quantity"]) for event in seen] == [
        ("added", "Milk", 2),
        ("updated", "Oat milk", 2),
        ("updated", "Oat milk", 1.5),
        ("removed", "Oat milk", 1.5),
    ]
    assert {(event.type, event.json["channel"]) for event in seen} == {
        ("FridgeItemChanged", f"kitchen:{household.id}")
    }
    for stream in (theirs, by_name):
        assert [e.text for e in await everything(stream, household, ada)] == [e.text for e in seen]
    assert await everything(strange, household, ada) == []
    [refusal] = await everything(stranger, household, ada)
    assert (refusal.type, refusal.data["code"]) == ("Error", "channel_forbidden")


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("how", ["removed", "leaving"])
async def test_membership_that_ends_unsubscribes_at_once(
    household: Household, streams: AsyncExitStack, ada: Person, grace: Person, transport: Transport, how: str
) -> None:
    """Every connection of that person; the very next change of the fridge is no longer theirs."""
    await household.let_in(ada, grace)
    opened = [
        await streams.enter_async_context(await household.api.connect(transport, grace, channels=channels))
        for channels in (f"community,kitchen:{household.id}", "community,kitchens", "community,kitchens")
    ]
    for stream in opened:
        await stream.next_of("Connected")
    await household.put(ada, "Before")
    if how == "removed":
        await household.api.done("DELETE", f"/kitchens/{household.id}/members/{grace.id}", ada)
    else:
        await household.api.done("POST", f"/kitchens/{household.id}/leave", grace)
    await household.put(ada, "After")
    named, *others = [await everything(stream, household, ada) for stream in opened]
    assert [event.data.get("name") for event in named] == ["Before", None]
    assert (named[1].type, named[1].data["channels"]) == ("Unsubscribed", ["system", "community"])
    for seen in others:
        assert [event.data["name"] for event in seen] == ["Before"]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_who_joins_hears_without_connecting_again(
    household: Household, streams: AsyncExitStack, ada: Person, transport: Transport
) -> None:
    """From the answer to the joining on, and nothing of what was before."""
    newcomer = await household.api.register(f"Noor {transport.capitalize()}")
    stream = await streams.enter_async_context(await household.api.connect(transport, newcomer))
    await stream.next_of("Connected")
    await household.put(ada, "Before")
    await household.let_in(ada, newcomer)
    await household.put(ada, "After")
    assert [event.data["name"] for event in await everything(stream, household, ada)] == ["After"]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_what_was_missed_is_the_members_to_have(
    household: Household, streams: AsyncExitStack, ada: Person, grace: Person, transport: Transport
) -> None:
    """A member resumes with the fridge's changes; one who was removed meanwhile gets none of them."""
    eve = await household.api.register(f"Eva {transport.capitalize()}")
    cursors = {}
    for person in (grace, eve):
        await household.let_in(ada, person)
        async with await household.api.connect(transport, person) as stream:
            cursors[person.id] = (await stream.next_of("Connected")).data["cursor"]
    await household.put(ada, "Missed")
    await household.api.done("DELETE", f"/kitchens/{household.id}/members/{eve.id}", ada)
    names = []
    for person in (grace, eve):
        stream = await streams.enter_async_context(
            await household.api.connect(transport, person, cursor=cursors[person.id])
        )
        names.append([event.data.get("name") for event in await everything(stream, household, ada)])
    assert names == [["Missed"], []]


async def test_every_registration_opens_a_home(household: Household, streams: AsyncExitStack) -> None:
    """With it, not after it: the fridge's first event comes over the first connection."""
    newcomer = await household.api.register("Max Home")
    stream = await streams.enter_async_context(await household.api.connect("sse", newcomer))
    connected = await stream.next_of("Connected")
    assert connected.data["channels"] == ["system", "community", "personal", "kitchens"]
    item = {"name": "Leek", "quantity": 1, "unit": "piece", "category": "vegetables"}
    answer = await household.api.done("POST", "/fridge/items", newcomer, json=item)
    [event] = await everything(stream, household, newcomer)
    assert (event.data["item_id"], event.json["channel"]) == (answer["id"], f"kitchen:{answer['kitchen_id']}")
