"""Cursors that cannot be honoured, and those that still can after a restart."""

from collections.abc import AsyncIterator

import pytest

from tests.support.api import Api
from tests.support.contract import covers
from tests.support.people import Person
from tests.support.processes import Server, running
from tests.support.streams import TRANSPORTS, Stream, Transport
from tests.support.survival import survives


async def _cursor(api: Api, person: Person) -> str:
    async with await api.connect("sse", person) as stream:
        cursor: str = (await stream.next_of("Connected")).data["cursor"]
    return cursor


async def _expect_reset(stream: Stream, reason: str) -> str:
    """The cursor of the `ResyncRequired` that follows `Connected` at once."""
    connected, resync = await stream.next(), await stream.next()
    assert (connected.type, connected.data["resume"], connected.data["replayed"]) == ("Connected", "reset", 0)
    assert (resync.type, resync.data["reason"]) == ("ResyncRequired", reason)
    # A browser that is cut in between must ask with its old cursor again, or it would never learn.
    assert stream.transport == "websocket" or (connected.sse_id, resync.sse_id) == (
        None,
        resync.data["cursor"],
    )
    cursor: str = resync.data["cursor"]
    return cursor


CURSORS = [
    "garbage",
    "0",
    ".",
    "k3f9.",
    ".7",
    "k3f9.-1",
    "k3f9.1e3",
    "k3f9.01",
    "k3f9.٣",
    "'; --",
    "x" * 2000,
]


@survives("sse: a cursor that is none")
@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("cursor", [*CURSORS, "FUTURE", "OTHER EPOCH", "HUGE"])
async def test_a_cursor_that_is_none_is_never_a_silent_gap(
    api: Api, ada: Person, grace: Person, transport: Transport, cursor: str
) -> None:
    """Garbage, a place in the future and one of another history: `ResyncRequired`, `unknown_cursor`, and no
    event of the past; its own cursor then resumes what happens from there on."""
    epoch, position = (await _cursor(api, grace)).split(".")
    made = {"FUTURE": f"{epoch}.{int(position) + 1}", "OTHER EPOCH": f"{epoch[::-1]}0.{position}"}
    made["HUGE"] = f"{epoch}.{10**19}"
    await api.post(ada, "so that there is a past")
    if cursor == "FUTURE":
        made["FUTURE"] = f"{epoch}.{int(position) + 2}"
    async with await api.connect(transport, grace, cursor=made.get(cursor, cursor)) as stream:
        new = await _expect_reset(stream, "unknown_cursor")
        live = await api.post(ada, "from here on")
        assert (await stream.next_of("NewCommunityPost")).data["post_id"] == live["id"]
    async with await api.connect(transport, grace, cursor=new) as stream:
        assert (await stream.next()).data["resume"] == "resumed"
        assert (await stream.next_of("NewCommunityPost")).data["post_id"] == live["id"]


@pytest.fixture(scope="module")
async def own_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """One that these tests may stop and start."""
    async with running(tmp_path_factory.mktemp("own")) as server:
        yield server


@pytest.fixture(scope="module")
async def own_api(own_server: Server) -> AsyncIterator[Api]:
    api = Api(own_server)
    yield api
    await api.aclose()


@pytest.fixture(scope="module")
async def alan(own_api: Api) -> Person:
    """Someone of the server that is stopped and started."""
    return await own_api.register("Alan Turing")


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_restart_keeps_cursors_and_what_was_missed(
    own_server: Server, own_api: Api, alan: Person, transport: Transport
) -> None:
    """A client that was away while the server was restarted twice gets what it missed, and the tokens and
    cursors from before still hold."""
    before = await _cursor(own_api, alan)
    first = await own_api.post(alan, "before the restart")
    async with own_server.stopped():
        pass
    second = await own_api.post(alan, "after the restart")
    async with await own_api.connect(transport, alan, cursor=before) as stream:
        connected = await stream.next()
        assert (connected.data["resume"], connected.data["replayed"]) == ("resumed", 2)
        assert (await stream.next()).data["post_id"] == first["id"]
        assert (await stream.next()).data["post_id"] == second["id"]


@survives("sse: a cursor that is none")
@covers("reasons: history_pruned")
@covers("reasons: history_pruned", on="poll")
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_what_retention_has_removed_is_told_and_never_replayed_in_part(
    own_server: Server, own_api: Api, alan: Person, transport: Transport
) -> None:
    """Of four missed events two were pruned: `ResyncRequired`, `history_pruned`, and none of the other two;
    the cursor right behind the pruned ones still resumes."""
    start = await _cursor(own_api, alan)
    posts = [await own_api.post(alan, f"{number} of 4") for number in range(4)]
    epoch, position = start.split(".")
    pruned = int(position) + 2
    async with own_server.stopped():
        own_server.change("DELETE FROM stream_entries WHERE position <= ?", pruned)

    async with await own_api.connect(transport, alan, cursor=start) as stream:
        await _expect_reset(stream, "history_pruned")
        live = await own_api.post(alan, "live")
        assert (await stream.next()).data["post_id"] == live["id"]
    page = await own_api.done("GET", "/realtime/events", alan, params={"after": start})
    assert (page["data"], page["resync"]) == ([], {"reason": "history_pruned"})
    async with await own_api.connect(transport, alan, cursor=f"{epoch}.{pruned}") as stream:
        assert (await stream.next()).data["replayed"] == 3
        assert (await stream.next()).data["post_id"] == posts[2]["id"]
