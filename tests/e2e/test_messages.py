"""What a client may send, and what becomes of one that sends something else."""

import asyncio
import contextlib
import json

import pytest

from tests.support.api import Api
from tests.support.contract import covers
from tests.support.people import Person
from tests.support.processes import Server
from tests.support.raw_websocket import BINARY, CLOSE, PING, PONG, TEXT, Frame, frame, raw_websocket
from tests.support.streams import Received
from tests.support.survival import survives

HEARTBEAT = '{"type":"Heartbeat"%s}'
REFUSED = {
    "not JSON": "nonsense",
    "nothing": "",
    "no object": "[]",
    "too deep": '{"type":' + "[" * 5_000 + "]" * 5_000 + "}",
    "NaN": HEARTBEAT % ',"ref":NaN',
    "1e400": HEARTBEAT % ',"ref":1e400',
    "5,000 digits": HEARTBEAT % f',"ref":{"9" * 5_000}',
    "unknown type": '{"type":"Destroy"}',
    "type that is no text": '{"type":7}',
    "no type": '{"channels":["community"]}',
    "unknown key": HEARTBEAT % ',"admin":true',
    "lone surrogate": HEARTBEAT % r',"ref":"\ud800"',
    "NUL": HEARTBEAT % r',"ref":"\u0000"',
    "duplicate keys": HEARTBEAT % ',"type":"Heartbeat"',
    "an event of the server's": '{"type":"NewCommunityPost","data":{"content":"forged"}}',
    "channels that are no list": '{"type":"Subscribe","channels":"community"}',
    "no channels": '{"type":"Subscribe","channels":[]}',
    "a channel that is no text": '{"type":"Subscribe","channels":[1]}',
}


@survives("messages: what is no message")
@pytest.mark.parametrize("message", REFUSED.values(), ids=REFUSED)
async def test_a_message_that_is_none_is_answered_and_the_connection_goes_on(
    api: Api, grace: Person, message: str
) -> None:
    """`Error` with a code and a reason; the next message is answered as if nothing had been."""
    async with await api.websocket(grace) as stream:
        await stream.next_of("Connected")
        await stream.say(message)
        error = await stream.next()
        assert error.type == "Error"
        assert error.data["code"] in {"invalid_json", "invalid_message", "unknown_type"}
        assert error.data["message"]
        await stream.say({"type": "Subscribe", "channels": ["personal"], "ref": "still here"})
        assert (await stream.next()).data["ref"] == "still here"


NO_CHANNELS = [
    "../",
    "*",
    "community:",
    "post:x",
    "COMMUNITY",
    "post:" + "a" * 10_000,
    "a\u202eb",
    "post:\x07",
]
PRIVATE = "kitchen:0198c3a0-0000-7000-8000-000000000000"


@survives("messages: what is no channel")
@pytest.mark.parametrize("name", [*NO_CHANNELS, PRIVATE, "personal:0198c3a0-0000-7000-8000-000000000000"])
async def test_a_channel_that_cannot_be_read_is_refused_with_its_ref(
    api: Api, grace: Person, name: str
) -> None:
    """`channel_unknown`, or `channel_forbidden` for a private one; nothing else is subscribed to."""
    async with await api.websocket(grace, channels="community") as stream:
        await stream.next_of("Connected")
        await stream.say({"type": "Subscribe", "channels": [name, "personal"], "ref": "r"})
        error, subscribed = await stream.next(), await stream.next()
        assert error.data["code"] == ("channel_forbidden" if name == PRIVATE else "channel_unknown")
        assert error.data["ref"] == subscribed.data["ref"] == "r"
        assert subscribed.data["channels"] == ["system", "community", "personal"]


async def test_twenty_invalid_messages_end_the_connection(api: Api, grace: Person) -> None:
    """The first twenty are answered, then `Disconnecting` and the close say 4400 and not to come back."""
    async with await api.websocket(grace) as stream:
        await stream.next_of("Connected")
        for number in range(25):
            await stream.say(f"nonsense {number}")
        seen, code = await stream.end()
    assert [event.type for event in seen].count("Error") == 20
    assert (seen[-1].type, seen[-1].data["code"], seen[-1].data["reconnect"]) == (
        "Disconnecting",
        4400,
        False,
    )
    assert code == 4400


@survives("messages: a flood")
async def test_a_flood_ends_the_flooder_alone(api: Api, ada: Person, grace: Person) -> None:
    """A thousand valid messages at once: 4429, with a time to wait; another connection of the same person
    goes on."""
    async with await api.websocket(grace) as other, await api.websocket(grace) as stream:
        await asyncio.gather(*[stream.say({"type": "Heartbeat"}) for _ in range(1_000)])
        seen, code = await stream.end()
        assert code == seen[-1].data["code"] == 4429
        assert seen[-1].data["reconnect"] is True
        assert seen[-1].data["retry_after_ms"] > 0
        post = await api.post(ada, "unharmed")
        assert (await other.next_of("NewCommunityPost")).data["post_id"] == post["id"]


@survives("messages: a flood")
async def test_a_flood_behind_a_dear_message_is_not_piled_up(server: Server, grace: Person) -> None:
    """Messages that cost a hundred queries each, sent as fast as they go: what comes meanwhile is read and
    thrown away, not kept."""
    names = [f"author:{number:08x}-0000-7000-8000-000000000000" for number in range(200)]
    message = json.dumps({"type": "Subscribe", "channels": names}).encode()
    large = frame(TEXT, message + b" " * (64 * 1024 - len(message)))
    async with raw_websocket(server.address, grace) as raw:
        before = server.resident_bytes
        with contextlib.suppress(ConnectionError):
            for _ in range(2_000):
                await raw.send(large)
        assert server.resident_bytes - before < 64 * 1024 * 1024
        await raw.dropped()


@survives("messages: ten thousand subscriptions")
async def test_of_many_subscriptions_sixty_four_are_kept(api: Api, ada: Person, grace: Person) -> None:
    """Names that exist, in messages as large as are allowed: 64 channels, and an `Error` for what is too
    many; and what is kept still works."""
    authors = [f"author:{person.id}" for person in (ada, grace)]
    posts = await asyncio.gather(*[api.post(ada, f"post {number}") for number in range(70)])
    names = authors + [f"post:{post['id']}" for post in posts]
    async with await api.websocket(grace, channels="community") as stream:
        await stream.say({"type": "Subscribe", "channels": names, "ref": "many"})
        seen = await stream.until(lambda event: event.type == "Subscribed")
        errors = [event for event in seen if event.type == "Error"]
        assert [event.data["code"] for event in errors] == ["too_many_channels"]
        assert len(seen[-1].data["channels"]) == 64
        nobody = [f"post:{number}" for number in range(3_000)]
        await stream.say({"type": "Subscribe", "channels": nobody, "ref": "nobody"})
        await stream.until(lambda event: event.type == "Error" and event.data["code"] == "too_many_channels")
        post = await api.post(ada, "still read")
        assert (await stream.next_of("NewCommunityPost")).data["post_id"] == post["id"]


@survives("messages: a channel twice")
async def test_subscribing_twice_delivers_once(api: Api, ada: Person, grace: Person) -> None:
    """The same channel twice, and two channels of one event: the event comes once."""
    async with await api.websocket(grace, channels="community,community") as stream:
        for _ in range(2):
            await stream.say({"type": "Subscribe", "channels": ["community", f"author:{ada.id}"], "ref": "s"})
        await stream.next_of("Subscribed")
        subscribed = await stream.next_of("Subscribed")
        assert subscribed.data["channels"] == ["system", "community", f"author:{ada.id}"]
        first, second = await api.post(ada, "once"), await api.post(ada, "again")
        assert [(await stream.next()).data["post_id"] for _ in range(2)] == [first["id"], second["id"]]


async def test_unsubscribing_stops_what_no_other_channel_brings(api: Api, ada: Person, grace: Person) -> None:
    """Without `community` the author's channel still brings their posts, until that is left as well."""
    author = f"author:{ada.id}"

    async def leave(name: str) -> list[str]:
        await stream.say({"type": "Unsubscribe", "channels": [name]})
        left: list[str] = (await stream.next_of("Unsubscribed")).data["channels"]
        return left

    async with await api.websocket(grace, channels=f"community,personal,{author}") as stream:
        assert await leave("community") == ["system", "personal", author]
        post = await api.post(ada, "for readers of the author")
        assert (await stream.next()).data["post_id"] == post["id"]
        assert await leave(author) == ["system", "personal"]
        await api.post(ada, "for nobody here")
        await api.like(ada, (await api.post(grace, "seen by its like"))["id"])
        assert (await stream.next()).type == "PostLiked"


BROKEN = {
    "unmasked": (frame(TEXT, b"{}", masked=False), 1002),
    "reserved bit": (frame(TEXT, b"{}", first=0xC0), 1002),
    "compressed without being asked": (frame(TEXT, b"\xaa\x56\x00", first=0xC0), 1002),
    "unknown opcode": (frame(0x3, b"{}"), 1002),
    "unknown control opcode": (frame(0xB), 1002),
    "ping of 126 bytes": (frame(0x9, b"x" * 126), 1002),
    "fragmented ping": (frame(0x9, b"x", first=0), 1002),
    "continuation of nothing": (frame(0x0, b"{}"), 1002),
    "bad UTF-8": (frame(TEXT, b'{"type":"\xff"}'), 1007),
    "half a surrogate in UTF-8": (frame(TEXT, b'"\xed\xa0\x80"'), 1007),
    "binary": (frame(BINARY, b"{}"), 1003),
    "empty binary": (frame(BINARY), 1003),
    "over 64 KiB": (frame(TEXT, b" " * (64 * 1024 + 1)), 1009),
    "over 64 KiB in fragments": (
        frame(TEXT, b" " * 40_000, first=0) + frame(0x0, b" " * 40_000),
        1009,
    ),
    "over 64 KiB in bytes, not in characters": (frame(TEXT, "🍲".encode() * (16 * 1024 + 1)), 1009),
    "a flood of pings": (frame(PING) * 1_000, 4429),
    "a flood of pongs": (frame(PONG) * 1_000, 4429),
    "a flood of empty fragments": (frame(TEXT, first=0) + frame(0x0, first=0) * 1_000, 4429),
    "2^63 bytes announced": (bytes([0x81, 0xFF]) + (2**63 - 1).to_bytes(8) + b"\0" * 4 + b" " * 70_000, 1009),
}


@survives(
    "frames: not masked, reserved bits or opcodes",
    "frames: not UTF-8",
    "frames: over 64 KiB",
    "frames: binary",
    "frames: a flood of pings or fragments",
)
@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(
            data,
            code,
            id=name,
            marks=covers(f"{'ends' if code == 1003 else 'closes'}: {code}", on="websocket"),
        )
        for name, (data, code) in BROKEN.items()
    ],
)
async def test_a_broken_frame_is_closed_with_the_code_it_deserves(
    server: Server, grace: Person, data: bytes, code: int
) -> None:
    """Never a dropped connection without a word: a close frame with the code of RFC 6455 section 7.4.1."""
    async with raw_websocket(server.address, grace) as raw:
        await raw.send(data)
        assert await raw.close_code() == code


async def test_a_message_in_five_hundred_fragments_is_read(server: Server, grace: Person) -> None:
    """The smallest that anybody cuts a message of 64 KiB into, with the pings of an hour."""
    message = b'{"type":"Subscribe","channels":["personal"],"ref":"pieces"}'.ljust(64 * 1024)
    pieces = [message[start : start + 131] for start in range(0, len(message), 131)]
    async with raw_websocket(server.address, grace) as raw:
        await raw.send(frame(TEXT, pieces[0], first=0))
        await raw.send(b"".join(frame(0x0, piece, first=0) for piece in pieces[1:-1]))
        await raw.send(frame(0x0, pieces[-1]))
        while b'"ref":"pieces"' not in (answer := await raw.receive() or Frame(CLOSE, b"")).payload:
            assert answer.opcode != CLOSE


async def test_a_message_of_exactly_64_kib_is_read(api: Api, grace: Person) -> None:
    """The bound itself is within bounds."""
    async with await api.websocket(grace) as stream:
        message = json.dumps({"type": "Subscribe", "channels": ["personal"], "ref": "large"})
        await stream.say(message + " " * (64 * 1024 - len(message)))
        assert (await stream.next_of("Subscribed")).data["ref"] == "large"


@survives("frames: a compression bomb")
async def test_compression_is_not_negotiated(server: Server, api: Api, grace: Person) -> None:
    """A client that offers permessage-deflate, as every browser does, is served without it."""
    async with await api.websocket(grace) as stream:
        assert stream.extensions == []
    async with raw_websocket(
        server.address, grace, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
    ) as raw:
        assert "sec-websocket-extensions" not in raw.answer.lower()


async def test_a_message_in_fragments_is_one_message(server: Server, grace: Person) -> None:
    """Fragments, with a ping in between, are read as what they are parts of."""
    message = b'{"type":"Subscribe","channels":["personal"],"ref":"parts"}'
    async with raw_websocket(server.address, grace) as raw:
        await raw.send(frame(TEXT, message[:9], first=0) + frame(0x9, b"?") + frame(0x0, message[9:]))
        answers = [await raw.receive() for _ in range(3)]
        texts = [Received(one.payload.decode()) for one in answers if one and one.opcode == TEXT]
        assert texts[-1].data["ref"] == "parts"
        assert any(one and one.opcode == 0xA and one.payload == b"?" for one in answers)


@covers("ends: 1000", on="websocket")
async def test_a_client_that_closes_gets_its_close_back(server: Server, grace: Person) -> None:
    """RFC 6455 section 5.5.1: a close is answered with a close, and the TCP connection ends."""
    async with raw_websocket(server.address, grace) as raw:
        await raw.send(frame(0x8, (1000).to_bytes(2)))
        assert await raw.close_code() == 1000
        await raw.dropped()
