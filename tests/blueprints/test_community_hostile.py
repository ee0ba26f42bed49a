"""What the community's routes must survive: every one of these is a 4xx problem, and changes nothing."""

import asyncio
from typing import Any

import pytest
from quart.typing import TestClientProtocol as Client

from itcook.identifiers import new_id
from tests.support.community import recorded
from tests.support.core import backend
from tests.support.http import send
from tests.support.people import Person
from tests.support.survival import survives

__all__ = ["backend"]

PATH = "/api/v1/community"
HUGE = str(2**70)


async def assert_problem(response: Any, *statuses: int) -> dict[str, Any]:
    """The problem document, which has the status and the media type of one."""
    problem: dict[str, Any] = await response.get_json(force=True)
    assert response.status_code in statuses, problem
    assert response.content_type == "application/problem+json"
    assert problem["status"] == response.status_code
    return problem


def raw(person: Person) -> dict[str, str]:
    return {**person.headers, "Content-Type": "application/json"}


BODIES = [
    "",
    "null",
    "[]",
    '"Soup"',
    "{}",
    '{"content": null}',
    '{"content": 1}',
    '{"content": true}',
    '{"content": ["Soup"]}',
    '{"content": ""}',
    '{"content": " \\n\\t "}',
    '{"content": "\\ud800"}',
    '{"content": "a\\u0000b"}',
    '{"content": "a", "content": "b"}',
    '{"content": NaN}',
    '{"content": ' + HUGE + "}",
    '{"content": "Soup", "id": "01a209b5-74a9-71e7-993b-81f4d483b937"}',
    '{"content": "Soup", "author_id": "01a209b5-74a9-71e7-993b-81f4d483b937"}',
    '{"content": "Soup", "is_admin": true}',
    '{"content": "Soup", "likes_count": 7}',
    '{"content": ' + "[" * 990 + "]" * 990 + "}",
]
POST_BODIES = [
    '{"content": "' + "x" * 5001 + '"}',
    '{"content": "Soup", "post_type": "advert"}',
    '{"content": "Soup", "post_type": 1}',
    '{"content": "Soup", "post_type": null}',
    '{"content": "Soup", "media_urls": "https://example.com/"}',
    '{"content": "Soup", "media_urls": [1]}',
    '{"content": "Soup", "media_urls": ["javascript:alert(1)"]}',
    '{"content": "Soup", "media_urls": ["ftp://example.com/"]}',
    '{"content": "Soup", "media_urls": ["//example.com/"]}',
    '{"content": "Soup", "media_urls": ["https://"]}',
    '{"content": "Soup", "media_urls": ["https://example.com/' + "x" * 2000 + '"]}',
    '{"content": "Soup", "media_urls": [' + ",".join(['"https://example.com/"'] * 11) + "]}",
    '{"content": "Soup", "recipe_id": "1"}',
    '{"content": "Soup", "recipe_id": 1}',
    '{"content": "Soup", "recipe_id": "01a209b5-74a9-71e7-993b-81f4d483b937"}',
    '{"content": "Soup", "goal_id": "01a209b5-74a9-71e7-993b-81f4d483b937"}',
]
IDS = [
    "1",
    "*",
    "%25",
    "'",
    '"',
    "null",
    "%00",
    "..",
    HUGE,
    "01a209b5-74a9-71e7-993b-81f4d483b93",
    "x" * 2000,
]


@pytest.fixture
async def post_id(client: Client, ada: Person) -> str:
    """A post of Ada's."""
    response = await client.post(f"{PATH}/posts", headers=ada.headers, json={"content": "Soup"})
    identifier: str = (await response.get_json())["id"]
    return identifier


@survives("rest: a body that is none", "rest: fields that are not the client's")
@pytest.mark.parametrize("body", BODIES + POST_BODIES, ids=lambda body: body[:60])
async def test_a_body_that_is_no_post(client: Client, ada: Person, body: str) -> None:
    """400 or 422, no event."""
    response = await client.post(f"{PATH}/posts", headers=raw(ada), data=body.encode())
    await assert_problem(response, 400, 422)
    assert await recorded() == []


@survives("rest: a body that is none", "rest: fields that are not the client's")
async def test_bodies_that_are_no_comment_or_edit(client: Client, ada: Person, post_id: str) -> None:
    """Comments refuse the same; so do edits, where what is absent or null is not missing."""
    too_long = '{"content": "' + "x" * 2001 + '"}'
    for body in [*BODIES, too_long, '{"content": "Soup", "post_type": "general"}']:
        response = await client.post(f"{PATH}/posts/{post_id}/comments", headers=raw(ada), data=body.encode())
        await assert_problem(response, 400, 422)
    for body in BODIES + POST_BODIES:
        if body not in {"{}", '{"content": null}', '{"content": "Soup", "post_type": null}'}:
            response = await client.patch(f"{PATH}/posts/{post_id}", headers=raw(ada), data=body.encode())
            await assert_problem(response, 400, 422)
    assert [event.type for event in await recorded()] == ["NewCommunityPost"]


async def test_a_wrong_field_is_pointed_at(client: Client, ada: Person) -> None:
    """A 422 says where, as a JSON pointer."""
    body = {"content": "Soup", "media_urls": ["https://example.com/", "nonsense"], "goal_id": str(new_id())}
    problem = await assert_problem(await client.post(f"{PATH}/posts", headers=ada.headers, json=body), 422)
    assert [error["pointer"] for error in problem["errors"]] == ["/media_urls/1"]
    body["media_urls"] = []
    problem = await assert_problem(await client.post(f"{PATH}/posts", headers=ada.headers, json=body), 422)
    assert problem["errors"] == [{"pointer": "/goal_id", "detail": "there is no such goal"}]


async def test_the_longest_content_fits(client: Client, ada: Person, post_id: str) -> None:
    """5,000 characters of four bytes in a post, 2,000 in a comment, not counting the spaces around."""
    for path, length in (("/posts", 5000), (f"/posts/{post_id}/comments", 2000)):
        response = await client.post(PATH + path, headers=ada.headers, json={"content": f" {'🍲' * length} "})
        assert response.status_code == 201
        assert (await response.get_json())["content"] == "🍲" * length


@pytest.mark.parametrize(
    "identifier", [*IDS, "01a209bd-88a1-73ef-8b79-a2df3c3ac31f"], ids=lambda identifier: identifier[:40]
)
async def test_an_id_of_nothing(client: Client, ada: Person, post_id: str, identifier: str) -> None:
    """404 wherever an id may stand, whether it is one or not."""
    for method, path in (
        ("GET", "/posts/{}"),
        ("DELETE", "/posts/{}"),
        ("GET", "/posts/{}/comments"),
        ("PUT", "/posts/{}/like"),
        ("DELETE", "/posts/{}/like"),
        ("DELETE", "/comments/{}"),
        ("GET", "/users/{}"),
        ("GET", "/users/{}/posts"),
        ("GET", "/users/{}/followers"),
        ("GET", "/users/{}/following"),
        ("PUT", "/users/{}/follow"),
        ("DELETE", "/users/{}/follow"),
    ):
        response = await send(client, method, PATH + path.format(identifier), headers=ada.headers)
        await assert_problem(response, 404)
    for method, path in (("PATCH", "/posts/{}"), ("POST", "/posts/{}/comments")):
        response = await send(
            client, method, PATH + path.format(identifier), headers=ada.headers, json={"content": "x"}
        )
        await assert_problem(response, 404)
    assert len(await recorded()) == 1


async def test_what_is_someone_elses(client: Client, ada: Person, grace: Person, post_id: str) -> None:
    """404 for changing or deleting it, with a detail that says why."""
    response = await client.post(
        f"{PATH}/posts/{post_id}/comments", headers=ada.headers, json={"content": "Mine"}
    )
    comment_id = (await response.get_json())["id"]
    for method, path in (
        ("PATCH", f"/posts/{post_id}"),
        ("DELETE", f"/posts/{post_id}"),
        ("DELETE", f"/comments/{comment_id}"),
    ):
        body = {"json": {"content": "x"}} if method == "PATCH" else {}
        response = await send(client, method, PATH + path, headers=grace.headers, **body)
        assert "not yours" in (await assert_problem(response, 404))["detail"]
    assert len(await recorded()) == 2


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=1.5",
        "limit=ten",
        "limit=true",
        f"limit={HUGE}",
        "limit=1&limit=2",
        "before=1",
        "before=",
        "before=%00",
        "before=*",
        "page=2",
        "post_type=advert",
        "post_type=%25",
        "post_type=general%00",
        "following=perhaps",
    ],
)
async def test_a_query_that_is_none(client: Client, ada: Person, query: str) -> None:
    """422."""
    await assert_problem(await client.get(f"{PATH}/posts?{query}", headers=ada.headers), 422)


async def test_a_method_that_is_none(client: Client, ada: Person, post_id: str) -> None:
    """405, with what is allowed."""
    response = await client.put(f"{PATH}/posts/{post_id}", headers=ada.headers)
    await assert_problem(response, 405)
    assert "PATCH" in response.headers["Allow"]


async def test_following_oneself(client: Client, ada: Person) -> None:
    """422."""
    response = await client.put(f"{PATH}/users/{ada.id}/follow", headers=ada.headers)
    assert (await assert_problem(response, 422))["code"] == "self_follow"


async def test_fifty_requests_race_with_one_idempotency_key(
    client: Client, ada: Person, post_id: str
) -> None:
    """One post and one comment, each with one answer fifty times."""
    for path, name in (("/posts", "NewCommunityPost"), (f"/posts/{post_id}/comments", "NewComment")):
        headers = {**ada.headers, "Idempotency-Key": name}
        before = len(await recorded())
        answers = await asyncio.gather(
            *(client.post(PATH + path, headers=headers, json={"content": "Soup"}) for _ in range(50))
        )
        assert {answer.status_code for answer in answers} == {201}
        assert len({await answer.get_data() for answer in answers}) == 1
        assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
        assert [event.type for event in (await recorded())[before:]] == [name]


async def test_two_idempotency_keys(client: Client, ada: Person) -> None:
    """400: which one would it be?"""
    headers = [*ada.headers.items(), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    response = await client.post(f"{PATH}/posts", headers=headers, json={"content": "Soup"})
    assert (await assert_problem(response, 400))["code"] == "idempotency_key_invalid"
