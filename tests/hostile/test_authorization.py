"""Who may do what: docs/reference/authorization.md, walked row by row on a real server."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import get_args
from urllib.parse import urlsplit

import pytest
from quart import Quart

from itcook import messages
from itcook.app import create_app
from itcook.auth.passwords import Passwords
from itcook.settings import Settings
from tests.hostile import scene as things
from tests.hostile.routes import BODIES, COSTLY, IN_THE_KITCHEN, OF, ONCE, Route
from tests.hostile.scene import AS_DOCUMENTED, ROLES, Role, Scene
from tests.support.api import Api
from tests.support.documents import code, table
from tests.support.people import Person
from tests.support.raw_websocket import handshake, open_connection
from tests.support.servers import serving
from tests.support.streams import Stream
from tests.support.survival import survives

AUTHORIZATION = "docs/reference/authorization.md"
OPEN = "open"  # to everybody, and what is answered depends on whether the page was built

Answers = tuple[str, ...]  # one for each role, in the order of the table


@pytest.fixture
async def scene(settings: Settings, passwords: Passwords) -> AsyncIterator[Scene]:
    """A server and its people."""
    settings = settings.model_copy(update={"connections_per_user": 100})
    async with serving(create_app(settings, passwords), settings) as port, AsyncExitStack() as open_streams:
        api = Api(url=f"http://127.0.0.1:{port}")
        open_streams.push_async_callback(api.aclose)
        yield await Scene.set(api, open_streams)


def rows(name: str) -> dict[tuple[str, str, str], Answers]:
    """What the table says, by method or message, path or channel, and what it is of."""
    return {(code(row[0]), row[1].strip("`"), row[2]): tuple(row[3:]) for row in table(AUTHORIZATION, name)}


def in_the_order_of_the_table(answers: dict[Role, str]) -> Answers:
    return tuple(answers[role] for role in AS_DOCUMENTED)


def routes(app: Quart) -> Iterator[Route]:
    """Every method and path that is served; HEAD and OPTIONS come by themselves."""
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)


def test_every_route_has_a_row() -> None:
    """A new route says in the table who may use it."""
    documented = {(method, path) for method, path, _ in rows("routes")}
    assert documented == set(routes(create_app(Settings(_env_file=None))))


def test_every_message_has_a_row() -> None:
    """Likewise for what a client may say on a stream."""
    documented = {message for message, _, _ in rows("messages")}
    assert documented == {message.__name__ for message in get_args(messages.Message)}


@survives("rest: what is someone else's")
async def test_a_route_answers_each_as_the_table_says(scene: Scene) -> None:
    """Asked rightly, for something that is there: whoever may not is told nothing of it."""
    documented = rows("routes")
    seen = {row: await asked(scene, *row) for row in documented}
    for row, answers in documented.items():
        if OPEN in answers:
            assert not {"401", "403"} & set(seen[row]), row
            seen[row] = answers
    assert seen == documented


async def asked(scene: Scene, method: str, path: str, of: str) -> Answers:
    """How a route answers each of them."""
    made: dict[things.Thing, str] = {}
    answers: dict[Role, str] = {}
    for role in ROLES:
        asker = scene.people[role]
        if asker is not None and (method, path) in COSTLY:
            asker = await scene.newcomer(role)
        names = {}
        for name, thing in OF[of].items():
            if thing not in made or thing not in ONCE:
                made[thing] = await thing(scene, scene.person("owner"))
            names[name] = made[thing]
        answers[role] = str(await status(scene, asker, method, path, path.format(**names)))
    return in_the_order_of_the_table(answers)


async def status(scene: Scene, asker: Person | None, method: str, route: str, path: str) -> int:
    """The status of one answer."""
    if path.endswith("/realtime/ws"):
        return await handshake_status(scene, asker)
    body = BODIES.get((method, route))
    content = None if body is None else await body(scene, asker or scene.person("owner"))
    query = {"kitchen_id": scene.kitchen_id} if (method, route) in IN_THE_KITCHEN else None
    headers = asker.headers if asker else {}
    async with scene.api.http.stream(
        method, scene.api.url + path, headers=headers, json=content, params=query
    ) as response:
        return response.status_code


async def handshake_status(scene: Scene, asker: Person | None) -> int:
    address = urlsplit(scene.api.url)
    reader, writer = await open_connection((address.hostname or "", address.port or 0))
    request = handshake("x", asker.access_token if asker else "")
    writer.write(request if asker else request.replace(b"Authorization: Bearer ", b"X: "))
    head = await reader.readuntil(b"\r\n\r\n")
    writer.transport.abort()
    return int(head.split()[1])


@survives("messages: another's private channel")
async def test_a_message_is_answered_as_the_table_says(scene: Scene) -> None:
    """On an open connection; nobody has one."""
    documented = rows("messages")
    channels = {
        "{post_id}": await things.post(scene, scene.person("owner")),
        "{user_id}": str(scene.person("owner").id),
        "{kitchen_id}": scene.kitchen_id,
    }
    seen: dict[tuple[str, str, str], dict[Role, str]] = {row: {"nobody": "401"} for row in documented}
    for role in ROLES[1:]:
        stream = await scene.open_streams.enter_async_context(
            await scene.api.websocket(scene.person(role), channels="system")
        )
        await stream.next_of("Connected")
        for row in documented:
            seen[row][role] = await answered(scene, stream, role, row, channels)
    assert {row: in_the_order_of_the_table(answers) for row, answers in seen.items()} == documented


async def answered(
    scene: Scene, stream: Stream, role: Role, row: tuple[str, str, str], ids: dict[str, str]
) -> str:
    """The type of the answer, the code of an `Error`, or that there is none."""
    message, channel, of = row
    for name, identifier in ids.items():
        channel = channel.replace(name, identifier)
    said: dict[str, object] = {"type": message, "ref": "asked"}
    if message in {"Subscribe", "Unsubscribe"}:
        said["channels"] = [channel]
    elif message.startswith("Typing"):
        said["post_id"] = ids["{post_id}"]
    elif message == "Authenticate":
        said["token"] = scene.person("owner" if of == "the owner's" else role).access_token
    await stream.say(said)
    await stream.say({"type": "Unsubscribe", "channels": ["kitchens"], "ref": "next"})
    seen = await stream.until(lambda event: event.data.get("ref") == "next")
    answers = [event for event in seen if event.data.get("ref") == "asked"]
    if not answers:
        return "taken"
    return str(answers[0].data["code"]) if answers[0].type == "Error" else answers[0].type


async def test_what_one_may_not_read_is_told_like_what_does_not_exist(scene: Scene) -> None:
    """The same answer to the letter, but for the name that was asked for: over a stream, and over HTTP."""
    missing = "01a209b5-74a9-71e7-993b-81f4d483b937"
    other = scene.person("other")
    async with await scene.api.websocket(other) as stream:
        told = []
        for kitchen_id in (scene.kitchen_id, missing):
            await stream.say({"type": "Subscribe", "channels": [f"kitchen:{kitchen_id}"], "ref": "r"})
            told.append((await stream.next_of("Error")).text.replace(kitchen_id, ""))
    assert without_times(told[0]) == without_times(told[1])
    for path, thing in (
        ("/kitchens/{}", things.shared_kitchen),
        ("/goals/{}", things.goal),
        ("/recipes/{}", things.private_recipe),
        ("/fridge/items/{}", things.item),
    ):
        identifier = await thing(scene, scene.person("owner"))
        answers = [await scene.api.request("GET", path.format(one), other) for one in (identifier, missing)]
        assert answers[0].status_code == answers[1].status_code == 404
        assert answers[0].json() == answers[1].json()


def without_times(text: str) -> str:
    return re.sub(r'"timestamp":"[^"]*"', "", text)


@survives("rest: another method")
async def test_every_other_method_is_refused(scene: Scene) -> None:
    """405 with those that there are, on every path, also for whoever may do everything."""
    served: dict[str, set[str]] = {}
    for method, path in routes(create_app(Settings(_env_file=None))):
        served.setdefault(re.sub(r"{\w+}", "01a209b5-74a9-71e7-993b-81f4d483b937", path), set()).add(method)
    for path, methods in served.items():
        if path.endswith("/realtime/ws"):
            continue
        for method in {"POST", "PUT", "PATCH", "DELETE"} - methods:
            answer = await scene.api.http.request(
                method, scene.api.url + path, headers=scene.person("administrator").headers
            )
            assert answer.status_code == 405, (method, path)
            assert set(answer.headers["Allow"].split(", ")) >= methods, (method, path)
