"""What one person does, another sees: over both transports, at once, once, and only who may."""

import asyncio
import json

import pytest

from tests.support.api import Api
from tests.support.both_databases import database_settings
from tests.support.people import Person
from tests.support.streams import TRANSPORTS, Received, Stream, Transport
from tests.support.tools import need

__all__ = ["database_settings"]

TEXT = 'line\nbreak\r\n, a quote ", a tab\t, \u2028\u2029, 🍲 and data: nothing\n\nid: 7'


async def _act(api: Api, actor: Person, other: Person) -> None:
    """What `other` hears of: posts, a like and a comment on their own, a new follower, a last post."""
    theirs = await api.post(other, "Borscht")
    await api.post(actor, TEXT)
    await api.like(actor, theirs["id"])
    await api.comment(actor, theirs["id"], "With dill?")
    await api.follow(actor, other)
    await api.post(actor, "the last")


def _is_last(event: Received) -> bool:
    return event.type == "NewCommunityPost" and event.data["content"] == "the last"


async def _seen(stream: Stream) -> list[Received]:
    return [event for event in await stream.until(_is_last) if event.id]


async def test_what_one_person_does_the_other_sees_at_once_and_once_on_every_connection(
    api: Api, ada: Person, grace: Person
) -> None:
    """Posts, likes, comments and follows arrive on each of several connections of either transport, each
    once, in one order, and the JSON of each event is the same bytes everywhere."""
    streams = [await api.connect(transport, grace) for transport in TRANSPORTS * 2]
    await _act(api, ada, grace)
    seen = await asyncio.gather(*map(_seen, streams))
    for stream in streams:
        await stream.close()

    texts = [[event.text for event in one] for one in seen]
    assert [event.type for event in seen[0]] == [
        "NewCommunityPost",
        "NewCommunityPost",
        "PostLiked",
        "NewComment",
        "NewFollower",
        "NewCommunityPost",
    ]
    assert all(one == texts[0] for one in texts)
    assert seen[0][1].data["content"] == TEXT
    assert seen[0][2].data["liker_name"] == seen[0][4].data["follower_name"] == "Ada Lovelace"
    assert len({event.id for event in seen[0]}) == 6


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_what_is_personal_reaches_nobody_else(
    api: Api, ada: Person, grace: Person, transport: Transport
) -> None:
    """A third person, and the actor, see the public half and no follower; no channel names a person."""
    stranger = await api.register(f"Alan {transport}")
    async with (
        await api.connect(transport, stranger) as strange,
        await api.connect(transport, ada) as own,
        await api.connect(transport, grace) as addressed,
    ):
        await api.request("DELETE", f"/community/users/{grace.id}/follow", ada)
        await _act(api, ada, grace)
        for stream in (strange, own):
            assert "NewFollower" not in {event.type for event in await _seen(stream)}
        follower = await addressed.next_of("NewFollower")
        assert follower.json["channel"] == "personal"


async def test_curl_tails_the_stream_and_each_id_is_the_events_own(
    api: Api, ada: Person, grace: Person
) -> None:
    """`curl -N` shows each event as soon as it happens: `id:`, one `data:` line, a blank line, where the id
    is the one inside; and `retry:` comes first."""
    curl = need("curl")
    process = await asyncio.create_subprocess_exec(
        curl,
        "--no-buffer",
        "--silent",
        "--noproxy",
        "*",
        "--header",
        f"Authorization: Bearer {grace.access_token}",
        api.address("sse"),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(20):
            assert (await _block(process)).startswith("retry: ")
            connected = _fields(await _block(process))
            assert connected["id"] == json.loads(connected["data"])["data"]["cursor"]
            for content in ("first", TEXT):
                await api.post(ada, content)
                block = _fields(await _block(process))
                event = json.loads(block["data"])
                assert (event["type"], event["data"]["content"]) == ("NewCommunityPost", content)
                assert block["id"] == event["id"]
    finally:
        process.kill()
        await process.communicate()


async def test_an_sse_id_is_the_event_id(api: Api, ada: Person, grace: Person) -> None:
    """What a browser would send back as Last-Event-ID after each event is that event's id."""
    async with await api.connect("sse", grace) as stream:
        await stream.next_of("Connected")
        await _act(api, ada, grace)
        assert all(event.sse_id == event.id for event in await _seen(stream))


async def test_named_events_are_seen_by_who_asks_for_them(api: Api, ada: Person, grace: Person) -> None:
    """`named=true` adds the type as SSE's own event name; the JSON stays."""
    async with (
        await api.connect("sse", grace, named="true") as named,
        await api.connect("sse", grace) as plain,
    ):
        await api.post(ada, "named")
        theirs = await named.next_of("NewCommunityPost")
        ours = await plain.next_of("NewCommunityPost")
        assert (theirs.sse_name, ours.sse_name) == ("NewCommunityPost", "message")
        assert theirs.text == ours.text


async def _block(process: asyncio.subprocess.Process) -> str:
    """The next one; who of another test leaves meanwhile is passed over."""
    assert process.stdout is not None, "it is a pipe"
    while b"PresenceChanged" in (block := await process.stdout.readuntil(b"\n\n")):
        pass
    return block.decode()


def _fields(block: str) -> dict[str, str]:
    lines = block.removesuffix("\n\n").split("\n")
    fields = dict(line.split(": ", 1) for line in lines)
    assert len(fields) == len(lines), "no field comes twice in one block"
    return fields
