import asyncio
import json
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field
from quart.typing import TestClientProtocol as Client
from quart_schema import validate_querystring, validate_request

from blueprints.guard import public
from blueprints.requests import MAX_BODY_BYTES, Body, Id, Query
from itcook.app import create_app
from itcook.auth.passwords import Passwords
from itcook.settings import Settings
from tests.support.servers import exchange, serving
from tests.support.survival import survives
from tests.support.waiting import until

JSON = {"Content-Type": "application/json"}


class Dish(Body):
    name: str
    servings: int = 1
    grams: float = 0
    vegan: bool = False
    recipe_id: Id | None = None


class Page(Query):
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    kind: Literal["soup", "stew"] | None = None
    before: Id | None = None
    name: str = ""


@pytest.fixture
async def app(settings: Settings, passwords: Passwords) -> Any:
    """The application with two views that say what they understood."""
    app = create_app(settings, passwords)

    @app.post("/dishes")
    @public
    @validate_request(Dish)
    async def cook(data: Dish) -> Dish:
        return data

    @app.get("/dishes")
    @public
    @validate_querystring(Page)
    async def dishes(query_args: Page) -> Page:
        return query_args

    async with app.test_app():
        yield app


async def refused(client: Client, raw: bytes, headers: dict[str, str] = JSON) -> tuple[int, dict[str, Any]]:
    response = await client.post("/dishes", data=raw, headers=headers)
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = await response.get_json()
    assert problem["status"] == response.status_code
    return response.status_code, problem


async def test_a_body_arrives_as_it_was_sent(client: Client) -> None:
    """With an id, a whole number where any may stand, and any character."""
    dish = {
        "name": "Борщ 🍲",
        "servings": 4,
        "grams": 250,
        "vegan": True,
        "recipe_id": "01890a5d-ac96-774b-bcce-b302099a8057",
    }
    response = await client.post("/dishes", json=dish)
    assert await response.get_json() == dish


MALFORMED = {
    "nothing": b"",
    "half": b'{"name":"x"',
    "not JSON": b"name=x",
    "trailing": b'{"name":"x"} x',
    "not UTF-8": b'{"name":"\xff"}',
    "UTF-16": '{"name":"x"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"name":"x"}',
    "990 deep": b"[" * 990 + b"]" * 990,
    "100,000 deep": b"[" * 100_000,
    "lone surrogate": b'{"name":"\\ud800"}',
    "lone surrogate in a key": b'{"name":"x","\\udfff":1}',
    "NUL": b'{"name":"a\\u0000b"}',
    "duplicate keys": b'{"name":"x","name":"y"}',
    "NaN": b'{"name":"x","grams":NaN}',
    "Infinity": b'{"name":"x","grams":Infinity}',
    "1e400": b'{"name":"x","grams":1e400}',
    "5,000 digits": b'{"name":"x","servings":' + b"9" * 5000 + b"}",
    "single quotes": b"{'name':'x'}",
    "a comment": b'{"name":"x"/**/}',
}


@survives("rest: a body that is none")
@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED)
async def test_what_is_not_json_is_400(client: Client, raw: bytes) -> None:
    """Two readers could disagree on it, or none could read it."""
    status, problem = await refused(client, raw)
    assert (status, problem["code"]) == (400, "invalid_json")


WRONG: dict[str, tuple[Any, list[str]]] = {
    "a number for text": ({"name": 1}, ["/name"]),
    "text for a number": ({"name": "x", "servings": "1"}, ["/servings"]),
    "true for a number": ({"name": "x", "servings": True}, ["/servings"]),
    "a fraction for a number": ({"name": "x", "servings": 1.5}, ["/servings"]),
    "a number for a flag": ({"name": "x", "vegan": 1}, ["/vegan"]),
    "text for a flag": ({"name": "x", "vegan": "yes"}, ["/vegan"]),
    "no id": ({"name": "x", "recipe_id": "../1"}, ["/recipe_id"]),
    "a number for an id": ({"name": "x", "recipe_id": 1}, ["/recipe_id"]),
    "null": ({"name": None}, ["/name"]),
    "missing": ({}, ["/name"]),
    "unknown keys": ({"name": "x", "is_admin": True, "a/b~c": 1}, ["/is_admin", "/a~1b~0c"]),
    "a list": ([{"name": "x"}], [""]),
    "null alone": (None, [""]),
    "text alone": ("x", [""]),
}


@survives("rest: a body that is none", "rest: fields that are not the client's")
@pytest.mark.parametrize(("value", "pointers"), WRONG.values(), ids=WRONG)
async def test_what_is_not_right_is_422(client: Client, value: Any, pointers: list[str]) -> None:
    """With a JSON pointer to each wrong place; nothing is converted."""
    status, problem = await refused(client, json.dumps(value).encode())
    assert (status, problem["code"]) == (422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == pointers


async def test_the_list_of_errors_is_bounded(client: Client) -> None:
    """A hostile body does not decide how long the answer is."""
    status, problem = await refused(client, json.dumps({"x" * 99 + str(i): i for i in range(900)}).encode())
    assert status == 422
    assert len(problem["errors"]) == 20
    assert len(json.dumps(problem)) < 4000


@pytest.mark.parametrize(
    "headers",
    [{}, {"Content-Type": "text/plain"}, {"Content-Type": "application/x-www-form-urlencoded"}],
)
async def test_a_body_of_another_type_is_415(client: Client, headers: dict[str, str]) -> None:
    """A page of another origin can send such types without asking the browser's leave."""
    assert (await refused(client, b'{"name":"x"}', headers))[0] == 415


@survives("rest: 17 MB")
async def test_a_body_over_one_mebibyte_is_413(client: Client) -> None:
    """One byte decides."""
    frame = len(b'{"name":""}')
    fits = await client.post(
        "/dishes", data=b'{"name":"%s"}' % (b"x" * (MAX_BODY_BYTES - frame)), headers=JSON
    )
    assert fits.status_code == 200
    status, problem = await refused(client, b'{"name":"%s"}' % (b"x" * (MAX_BODY_BYTES - frame + 1)))
    assert (status, problem["code"]) == (413, "too_large")


HEAD = b"POST /dishes HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"


@pytest.fixture
async def port(settings: Settings, passwords: Passwords) -> Any:
    """A real server that waits a tenth of a second for a body."""
    app = create_app(settings, passwords)
    app.config["BODY_TIMEOUT"] = 0.1

    @app.post("/dishes")
    @public
    @validate_request(Dish)
    async def cook(data: Dish) -> Dish:
        return data

    async with serving(app, settings) as port:
        yield port


@survives("rest: a slow body")
async def test_a_body_that_does_not_come_is_408(port: int) -> None:
    """Whoever holds a socket open with half a body is told so, and let go."""
    answer = await exchange(port, HEAD + b'Content-Length: 12\r\n\r\n{"nam')
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code": "request_timeout"' in answer


@survives("rest: 17 MB", "rest: two lengths")
@pytest.mark.parametrize(
    ("framing", "body", "status"),
    [
        (b"Content-Length: 17000000", b"", 413),
        (
            b"Transfer-Encoding: chunked",
            b"%x\r\n%s\r\n" % (2 * MAX_BODY_BYTES, b"x" * 2 * MAX_BODY_BYTES),
            413,
        ),
        (b"Content-Length: 12\r\nContent-Length: 13", b'{"name":"x"}', 400),
        (b"Content-Length: 12\r\nTransfer-Encoding: chunked", b'c\r\n{"name":"x"}\r\n0\r\n\r\n', 400),
        (b"Content-Length: -1", b'{"name":"x"}', 400),
    ],
)
async def test_hostile_framing_is_refused(port: int, framing: bytes, body: bytes, status: int) -> None:
    """Too long as announced or as it comes, or of two lengths that two readers could choose from."""
    answer = await exchange(port, HEAD + framing + b"\r\n\r\n" + body)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:100]


async def test_a_query_string_is_understood(client: Client) -> None:
    """Its text becomes what the model says."""
    response = await client.get(
        "/dishes?limit=5&kind=soup&before=01890a5d-ac96-774b-bcce-b302099a8057&name=%25_"
    )
    assert await response.get_json() == {
        "limit": 5,
        "kind": "soup",
        "before": "01890a5d-ac96-774b-bcce-b302099a8057",
        "name": "%_",
    }


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("page=2", "/page"),
        ("limit=5&limit=6", "/limit"),
        ("name=a&name=b", "/name"),
        ("limit[]=5", "/limit"),
        ("limit=0", "/limit"),
        ("limit=101", "/limit"),
        ("limit=x", "/limit"),
        ("limit=", "/limit"),
        (f"limit={2**70}", "/limit"),
        ("limit=" + "9" * 5000, "/limit"),
        ("kind=stone", "/kind"),
        ("before=1", "/before"),
        ("before=*", "/before"),
        ("name=%00", "/name"),
    ],
)
async def test_a_wrong_parameter_is_422(client: Client, query: str, pointer: str) -> None:
    """Unknown, repeated or out of range: nothing is ignored in silence."""
    response = await client.get(f"/dishes?{query}")
    problem = await response.get_json()
    assert response.status_code == 422
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


async def test_a_client_that_leaves_leaves_nothing(port: int) -> None:
    """A client that vanishes in the middle of its body keeps no task alive."""
    await exchange(port, HEAD + b'Content-Length: 12\r\n\r\n{"name":"x"}')
    before = len(asyncio.all_tasks())
    for _ in range(5):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD + b'Content-Length: 12\r\n\r\n{"nam')
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    await until(lambda: len(asyncio.all_tasks()) <= before)


@survives("rest: two lengths")
async def test_nothing_passes_behind_a_request_of_two_lengths(port: int) -> None:
    """What a proxy would take for its body is not answered as a request of its own."""
    smuggled = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    framing = b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" % (5 + len(smuggled))
    answer = await exchange(port, HEAD.replace(b"Connection: close\r\n", b"") + framing + smuggled)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.startswith(b"HTTP/1.1 400 ")
