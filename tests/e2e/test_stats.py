"""The stream in numbers, for people and for administrators."""

import httpx
import pytest

from tests.support.api import Api
from tests.support.contract import STREAMS, covers
from tests.support.people import Person
from tests.support.processes import Server


@pytest.fixture(scope="module")
async def admin(api: Api, server: Server) -> Person:
    """An administrator."""
    person = await api.register("Margaret Hamilton")
    server.change("UPDATE users SET role = 'admin' WHERE email = ?", person.email)
    return person


@covers("endpoints: GET /api/v1/realtime/stats", on=STREAMS)
async def test_what_happens_is_counted(api: Api, ada: Person, admin: Person) -> None:
    """Connections, events, deliveries and their latency, resumes, refusals, ends: each as it was."""
    before = await api.done("GET", "/realtime/stats", admin)
    async with await api.connect("websocket", ada) as first, await api.connect("sse", ada) as second:
        cursor = (await first.next_of("Connected")).data["cursor"]
        await second.next_of("Connected")
        await api.post(ada, "Dumplings")
        for stream in (first, second):
            await stream.next_of("NewCommunityPost")
        told = await api.done("GET", "/realtime/stats", admin)
    assert told["by_transport"] == {"websocket": 1, "sse": 1}
    assert told["events"]["NewCommunityPost"] == before["events"].get("NewCommunityPost", 0) + 1
    assert told["events_sent_today"] == before["events_sent_today"] + 2
    assert told["details"]["latency"]["deliveries"] >= 2
    assert 0 < told["details"]["latency"]["p50_ms"] <= told["details"]["latency"]["p99_ms"]
    assert told["details"]["latency"]["last_seconds_ago"] >= 0
    assert told["nodes"][0]["details"] == told["details"]

    async with await api.connect("sse", ada, cursor=cursor) as third:
        assert (await third.next_of("Connected")).data["replayed"] == 1
    with pytest.raises(httpx.HTTPStatusError):
        await api.connect("sse", ada, cursr="x")
    later = (await api.done("GET", "/realtime/stats", admin))["details"]
    assert later["replayed_events"] == told["details"]["replayed_events"] + 1
    assert later["resumes"]["resumed"] == 1
    assert later["refused_handshakes"] == {"422": 1}


async def test_details_are_for_administrators(api: Api, ada: Person) -> None:
    """Others see the totals, and no connection of anybody."""
    told = await api.done("GET", "/realtime/stats", ada)
    assert told["details"] is None
    assert [node["details"] for node in told["nodes"]] == [None]
    refused = await api.request("GET", "/realtime/connections", ada)
    assert (refused.status_code, refused.json()["code"]) == (403, "admin_only")


async def test_an_administrator_sees_who_is_connected(api: Api, ada: Person, admin: Person) -> None:
    """Every connection once, page by page, with whose it is and how it is."""
    async with await api.connect("websocket", ada) as first, await api.connect("sse", ada) as second:
        expected = {(await stream.next_of("Connected")).data["connection_id"] for stream in (first, second)}
        page = await api.done("GET", "/realtime/connections", admin, params={"limit": 1})
        rows = page["data"]
        while page["has_more"]:
            asked = {"limit": 1, "before": page["next_before"]}
            page = await api.done("GET", "/realtime/connections", admin, params=asked)
            rows += page["data"]
    mine = [row for row in rows if row["id"] in expected]
    assert sorted(row["id"] for row in mine) == sorted(expected)
    assert len({row["id"] for row in rows}) == len(rows)
    for row in mine:
        assert (row["user_id"], row["user_name"], row["address"]) == (str(ada.id), ada.name, "127.0.0.1")
        assert row["channels"] >= 3
        assert row["unsent_bytes"] == 0
    heard = {row["transport"]: row["heard_seconds_ago"] for row in mine}
    assert heard["sse"] is None
    assert heard["websocket"] >= 0
