"""WebSocket conformance: every case of `rfc6455.py` on a connection of its own, over HTTP/1.1 and HTTP/2."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence

import pytest
from wsproto.events import CloseConnection, Message, Pong
from wsproto.frame_protocol import CloseReason

from tests.hostile.rfc6455 import Case, Seen, answered, cases, message
from tests.support.api import Api
from tests.support.certificates import Certificate
from tests.support.http2 import HTTP2Client, http2_client
from tests.support.people import Person
from tests.support.processes import Server, running
from tests.support.raw_websocket import CLOSE, PONG, TEXT, frame, raw_websocket
from tests.support.survival import survives

CASES = cases()
IN_STREAMS = [case for case in CASES if "byte for byte" not in case.name]  # else it would be a flood of DATA
PROBE = "still here"
ANSWERS = {"ref", "error"}


@pytest.fixture(scope="module")
async def tls_server(
    tmp_path_factory: pytest.TempPathFactory, certificate: Certificate
) -> AsyncIterator[Server]:
    async with running(tmp_path_factory.mktemp("tls"), **certificate.settings) as server:
        yield server


@pytest.fixture(scope="module")
async def alan(tls_server: Server, certificate: Certificate) -> AsyncIterator[Person]:
    """Somebody at the server that speaks HTTP/2."""
    api = Api(tls_server, tls=certificate)
    yield await api.register("Alan Turing")
    await api.aclose()


@pytest.fixture(scope="module")
async def http2(tls_server: Server, certificate: Certificate) -> AsyncIterator[HTTP2Client]:
    async with http2_client(tls_server.address, certificate.trusting("h2")) as client:
        yield client


def of_text(text: str) -> list[Seen]:
    """What an event shows, if it is an answer to a message."""
    event = json.loads(text)
    if event["type"] == "Error":
        return [("error", event["data"]["code"])]
    ref = event["data"].get("ref")
    return [] if ref is None else [answered(ref)]


def test_there_are_enough_cases() -> None:
    """Each with a name of its own, and every category of Autobahn's that applies."""
    assert max(Counter(case.name for case in CASES).values()) == 1
    assert len(CASES) >= 200
    assert {int(case.name.partition(".")[0]) for case in CASES} == {1, 2, 3, 4, 5, 6, 7, 9, 12, 13}


def check(case: Case, seen: Sequence[Seen]) -> None:
    """A connection that is not closed answers one more message."""
    answers = [one for one in case.seen if one[0] in ANSWERS]
    if not is_over(case.seen):
        answers.append(answered(PROBE))
    answers_seen = [one for one in seen if one[0] in ANSWERS]
    assert [one for one in seen if one not in answers_seen] == [
        one for one in case.seen if one not in answers
    ]
    assert answers_seen == (answers[: len(answers_seen)] if is_over(case.seen) else answers)


def is_over(seen: Sequence[Seen]) -> bool:
    return any(kind == "close" for kind, _ in seen)


@survives(
    "frames: not masked, reserved bits or opcodes",
    "frames: not UTF-8",
    "frames: over 64 KiB",
    "frames: binary",
    "frames: a compression bomb",
)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_over_http_1(server: Server, ada: Person, case: Case) -> None:
    """From a raw socket, on a connection that owns its socket."""
    seen: list[Seen] = []
    async with raw_websocket(server.address, ada) as raw:
        for piece in case.sent:
            await raw.send(piece)  # also after the end: what comes then is read and forgotten
        if not is_over(case.seen):
            await raw.send(frame(TEXT, message(PROBE)))
        while answered(PROBE) not in seen and (received := await raw.receive()) is not None:
            if received.opcode == TEXT:
                seen += of_text(received.payload.decode())
            elif received.opcode == PONG:
                seen.append(("pong", received.payload))
            elif received.opcode == CLOSE:
                seen.append(("close", received.close_code if received.payload else None))
    check(case, seen)


@pytest.mark.parametrize("case", IN_STREAMS, ids=lambda case: case.name)
async def test_over_http_2(http2: HTTP2Client, alan: Person, case: Case) -> None:
    """In a stream of one connection that all cases share."""
    seen: list[Seen] = []
    websocket = await http2.websocket(alan)
    for piece in case.sent:
        await websocket.send_all(piece)
    if not is_over(case.seen):
        websocket.send(frame(TEXT, message(PROBE)))
    while answered(PROBE) not in seen and (received := await websocket.receive_frame()) is not None:
        if isinstance(received, Message):
            seen += of_text(str(received.data))
        elif isinstance(received, Pong):
            seen.append(("pong", bytes(received.payload)))
        elif isinstance(received, CloseConnection):
            code = int(received.code)
            seen.append(("close", None if code == CloseReason.NO_STATUS_RCVD else code))
    websocket.leave()
    check(case, seen)
