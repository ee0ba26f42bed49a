"""The morning on a real server: a kitchen's members are told what expires, over both transports."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.people import Person
from tests.support.processes import Server
from tests.support.streams import TRANSPORTS, Transport


@pytest.fixture(scope="module")
def server_settings() -> Mapping[str, object]:
    """A server that looks at the clock often."""
    return {"expiry_scan_seconds": 0.1}


async def put(api: Api, person: Person, name: str, days: int) -> dict[str, Any]:
    """Put something into the person's home that expires in so many days."""
    expires_on = str(datetime.now(UTC).date() + timedelta(days))
    item = {"name": name, "quantity": 1, "unit": "l", "category": "dairy", "expires_on": expires_on}
    return await api.done("POST", "/fridge/items", person, json=item)


def let_it_be_morning(server: Server) -> None:
    """Make every kitchen due: the only thing that a test cannot wait for."""
    server.change("UPDATE kitchens SET scan_at = '2020-01-01 08:00:00+00:00'")


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_kitchen_hears_in_its_morning_what_expires(
    api: Api, server: Server, grace: Person, transport: Transport
) -> None:
    """Its members, and nobody else; they find it in their inbox too."""
    ada = await api.register(f"Ada {transport.capitalize()}")
    past, today = await put(api, ada, "Milk", -1), await put(api, ada, "Cream", 0)
    async with await api.connect(transport, ada) as hers, await api.connect(transport, grace) as others:
        for stream in (hers, others):
            await stream.next_of("Connected")
        let_it_be_morning(server)
        event = await hers.next_of("ExpiringItems")
        assert event.json["channel"] == f"kitchen:{past['kitchen_id']}"
        assert event.data == {
            "kitchen_id": past["kitchen_id"],
            "items": [
                {"id": item["id"], "name": item["name"], "expires_on": item["expires_on"], "days_left": days}
                for item, days in ((past, -1), (today, 0))
            ],
            "days_left": -1,
        }
        post = await api.post(ada, "That was all")
        seen = await others.until(lambda event: event.data.get("post_id") == post["id"])
        assert "ExpiringItems" not in {event.type for event in seen}
    inbox = (await api.request("GET", "/notifications", ada)).json()
    assert [item["type"] for item in inbox["data"]] == ["ExpiringItems"]


async def test_a_morning_while_the_server_was_down_is_caught_up_once(api: Api, server: Server) -> None:
    """The first start after it tells, whoever resumes hears it, and a second start tells nothing more."""
    ada = await api.register("Ada Later")
    item = await put(api, ada, "Milk", 0)
    async with await api.connect("sse", ada) as stream:
        cursor = (await stream.next_of("Connected")).data["cursor"]
    for _ in range(2):
        async with server.stopped():
            let_it_be_morning(server)
    await put(api, ada, "Eggs", 0)
    let_it_be_morning(server)
    told: list[str] = []
    async with await api.connect("sse", ada, cursor=cursor) as stream:
        while "Eggs" not in told:
            event = await stream.next_of("ExpiringItems")
            told += [each["name"] for each in event.data["items"]]
    assert told == [item["name"], "Eggs"]
