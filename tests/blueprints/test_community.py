"""The community's routes: what each answers, and with which headers."""

from typing import Any
from uuid import UUID

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from blueprints.stream_cursor import with_stream_cursor
from itcook.identifiers import new_id
from itcook.models import User
from itcook.services import Services
from itcook.stream.cursor import Cursor
from tests.support.community import recorded
from tests.support.http import send
from tests.support.people import Person, register
from tests.support.waiting import until

PATH = "/api/v1/community"


async def share(client: Client, author: Person, **body: Any) -> dict[str, Any]:
    """A new post of `author`, as the answer shows it."""
    response = await client.post(f"{PATH}/posts", headers=author.headers, json={"content": "Soup", **body})
    post: dict[str, Any] = await response.get_json()
    assert response.status_code == 201, post
    return post


async def get(client: Client, person: Person, path: str) -> Any:
    """The body of a GET that works."""
    response = await client.get(PATH + path, headers=person.headers)
    body = await response.get_json()
    assert response.status_code == 200, body
    return body


async def test_sharing_a_post(client: Client, ada: Person) -> None:
    """201, `Location`, and the post at the top level."""
    response = await client.post(
        f"{PATH}/posts",
        headers=ada.headers,
        json={
            "content": "  Borscht \u2028 <b>&amp; 🍲</b>  ",
            "post_type": "recipe",
            "media_urls": ["https://example.com/a b.jpg"],
            "recipe_id": None,
            "goal_id": None,
        },
    )
    post = await response.get_json()
    assert response.status_code == 201
    assert response.headers["Location"] == f"{PATH}/posts/{post['id']}"
    assert response.content_type == "application/json"
    assert "Idempotency-Replayed" not in response.headers
    assert post == {
        "id": post["id"],
        "author": {"id": str(ada.id), "name": "Ada Lovelace"},
        "content": "Borscht \u2028 <b>&amp; 🍲</b>",
        "post_type": "recipe",
        "media_urls": ["https://example.com/a%20b.jpg"],
        "recipe_id": None,
        "goal_id": None,
        "likes_count": 0,
        "comments_count": 0,
        "is_liked": False,
        "created_at": post["created_at"],
        "updated_at": post["created_at"],
    }
    assert UUID(post["id"]).version == 7
    assert post["created_at"].endswith("Z")
    assert await get(client, ada, f"/posts/{post['id']}") == post


async def test_a_posts_defaults(client: Client, ada: Person) -> None:
    """Content alone is enough."""
    post = await share(client, ada)
    assert (post["post_type"], post["media_urls"]) == ("general", [])


async def test_editing_a_post(client: Client, ada: Person) -> None:
    """What is absent or null stays; what the client cannot change is refused."""
    post = await share(client, ada, post_type="question")
    address = f"{PATH}/posts/{post['id']}"
    response = await client.patch(address, headers=ada.headers, json={"content": "Bread", "post_type": None})
    edited = await response.get_json()
    assert response.status_code == 200
    assert (edited["content"], edited["post_type"]) == ("Bread", "question")
    response = await client.patch(
        address, headers=ada.headers, json={"media_urls": ["http://a.example/"], "post_type": "recipe"}
    )
    edited = await response.get_json()
    assert (edited["media_urls"], edited["post_type"]) == (["http://a.example/"], "recipe")
    response = await client.patch(address, headers=ada.headers, json={"likes_count": 7})
    assert response.status_code == 422


async def test_deleting_a_post(client: Client, ada: Person) -> None:
    """204 without a body, then 404."""
    post = await share(client, ada)
    address = f"{PATH}/posts/{post['id']}"
    response = await client.delete(address, headers=ada.headers)
    assert (response.status_code, await response.get_data()) == (204, b"")
    assert (await client.delete(address, headers=ada.headers)).status_code == 404
    assert (await client.get(address, headers=ada.headers)).status_code == 404


async def test_the_feed_pages_and_filters(client: Client, ada: Person, grace: Person) -> None:
    """Newest first; `next_before` leads to the next page; filters go together with pages."""
    shared = [await share(client, ada, content=str(number)) for number in range(3)]
    question = await share(client, grace, post_type="question")
    first = await get(client, ada, "/posts?limit=2")
    assert [post["id"] for post in first["data"]] == [question["id"], shared[2]["id"]]
    assert (first["has_more"], first["next_before"]) == (True, shared[2]["id"])
    second = await get(client, ada, f"/posts?limit=2&before={first['next_before']}")
    assert [post["id"] for post in second["data"]] == [shared[1]["id"], shared[0]["id"]]
    assert (second["has_more"], second["next_before"]) == (False, None)
    assert (await get(client, ada, "/posts?post_type=question"))["data"] == [question]
    assert (await get(client, ada, "/posts?following=true"))["data"] == []
    await client.put(f"{PATH}/users/{grace.id}/follow", headers=ada.headers)
    assert (await get(client, ada, "/posts?following=true"))["data"] == [question]


async def test_liking(client: Client, ada: Person, grace: Person) -> None:
    """PUT and DELETE, each as often as one likes."""
    post = await share(client, ada)
    address = f"{PATH}/posts/{post['id']}/like"
    for method, is_liked in (("PUT", True), ("PUT", True), ("DELETE", False), ("DELETE", False)):
        response = await send(client, method, address, headers=grace.headers)
        assert response.status_code == 200
        assert await response.get_json() == {
            "post_id": post["id"],
            "is_liked": is_liked,
            "likes_count": int(is_liked),
        }
    types = [event.type for event in await recorded()]
    assert types == ["NewCommunityPost", "PostLiked", "PostUnliked"]


async def test_commenting(client: Client, ada: Person, grace: Person) -> None:
    """201 with `Location`; in the list; gone after 204."""
    post = await share(client, ada)
    address = f"{PATH}/posts/{post['id']}/comments"
    response = await client.post(address, headers=grace.headers, json={"content": " Yum "})
    comment = await response.get_json()
    assert response.status_code == 201
    assert response.headers["Location"] == f"{PATH}/comments/{comment['id']}"
    assert comment == {
        "id": comment["id"],
        "post_id": post["id"],
        "author": {"id": str(grace.id), "name": "Grace Hopper"},
        "content": "Yum",
        "created_at": comment["created_at"],
    }
    assert await get(client, ada, f"/posts/{post['id']}/comments") == {
        "data": [comment],
        "has_more": False,
        "next_before": None,
    }
    response = await client.delete(response.headers["Location"], headers=grace.headers)
    assert (response.status_code, await response.get_data()) == (204, b"")
    assert (await get(client, ada, f"/posts/{post['id']}"))["comments_count"] == 0


async def test_following(client: Client, ada: Person, grace: Person) -> None:
    """The follow shows in both lists and both profiles."""
    address = f"{PATH}/users/{ada.id}/follow"
    response = await client.put(address, headers=grace.headers)
    assert await response.get_json() == {"user_id": str(ada.id), "is_following": True, "followers_count": 1}
    followers = await get(client, grace, f"/users/{ada.id}/followers?limit=1")
    assert followers["data"] == [{"id": str(grace.id), "name": "Grace Hopper"}]
    following = await get(client, ada, f"/users/{grace.id}/following")
    assert following["data"] == [{"id": str(ada.id), "name": "Ada Lovelace"}]
    profile = await get(client, grace, f"/users/{ada.id}")
    assert profile == {
        "id": str(ada.id),
        "name": "Ada Lovelace",
        "created_at": profile["created_at"],
        "posts_count": 0,
        "followers_count": 1,
        "following_count": 0,
        "is_following": True,
    }
    response = await client.delete(address, headers=grace.headers)
    assert await response.get_json() == {"user_id": str(ada.id), "is_following": False, "followers_count": 0}


async def test_posts_of_a_person_and_trending(client: Client, ada: Person, grace: Person) -> None:
    """One person's only; and the best of everyone's."""
    plain = await share(client, ada)
    liked = await share(client, grace)
    for person in (ada, grace):
        await client.put(f"{PATH}/posts/{plain['id']}/like", headers=person.headers)
    posts = (await get(client, grace, f"/users/{ada.id}/posts"))["data"]
    assert [post["id"] for post in posts] == [plain["id"]]
    best = await get(client, grace, "/trending?limit=5")
    assert [post["id"] for post in best["data"]] == [plain["id"], liked["id"]]
    assert [post["id"] for post in (await get(client, grace, "/trending?limit=1"))["data"]] == [plain["id"]]


async def test_snapshots_carry_a_cursor(client: Client, ada: Person) -> None:
    """Each GET has `Stream-Cursor`."""
    post = await share(client, ada)
    for path in (
        "/posts",
        f"/posts/{post['id']}",
        f"/posts/{post['id']}/comments",
        "/trending",
        f"/users/{ada.id}",
        f"/users/{ada.id}/posts",
        f"/users/{ada.id}/followers",
        f"/users/{ada.id}/following",
    ):
        response = await client.get(PATH + path, headers=ada.headers)
        assert response.status_code == 200
        assert Cursor.parse(response.headers["Stream-Cursor"]) is not None, path


async def test_the_cursor_is_from_before_the_rows_were_read(
    app: Quart, client: Client, services: Services, ada: Person
) -> None:
    """What is published while the rows are read comes after it, so that no follower misses it."""
    before = services.stream.cursor()

    @with_stream_cursor
    async def reading() -> str:
        await share(client, ada)
        await until(lambda: services.stream.cursor() != before)
        return "rows"

    async with app.test_request_context("/"):
        response = await reading()
    assert response.headers["Stream-Cursor"] == before


async def test_an_idempotency_key_is_honoured(client: Client, ada: Person) -> None:
    """The same answer again, marked; another body or route is refused; two keys and bad keys are 400."""
    headers = {**ada.headers, "Idempotency-Key": "first"}
    answers = [
        await client.post(f"{PATH}/posts", headers=headers, json={"content": "Soup"}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert await answers[0].get_data() == await answers[1].get_data()
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, "true"]
    post = await answers[0].get_json()
    for path in ("/posts", f"/posts/{post['id']}/comments"):
        response = await client.post(PATH + path, headers=headers, json={"content": "Bread"})
        assert response.status_code == 422
        assert (await response.get_json())["code"] == "idempotency_key_reused"
    types = [event.type for event in await recorded()]
    assert types == ["NewCommunityPost"]


@pytest.mark.parametrize("key", ["", "two words", "x" * 256])
async def test_a_bad_idempotency_key_is_refused(client: Client, ada: Person, key: str) -> None:
    """400, and nothing happens."""
    headers = {**ada.headers, "Idempotency-Key": key}
    response = await client.post(f"{PATH}/posts", headers=headers, json={"content": "Soup"})
    assert response.status_code == 400
    assert (await response.get_json())["code"] == "idempotency_key_invalid"
    assert await recorded() == []


async def test_an_administrator_deletes_others_posts(client: Client, ada: Person, grace: Person) -> None:
    """But does not edit them."""
    post = await share(client, ada)
    await User.filter(id=grace.id).update(role="admin")
    address = f"{PATH}/posts/{post['id']}"
    assert (await client.patch(address, headers=grace.headers, json={"content": "x"})).status_code == 404
    assert (await client.delete(address, headers=grace.headers)).status_code == 204


async def test_the_documents_name_the_headers(client: Client) -> None:
    """`Stream-Cursor` on snapshots, `Idempotency-Key` and `Location` on what creates."""
    paths = (await (await client.get("/openapi.json")).get_json())["paths"]
    feed = paths[f"{PATH}/posts"]["get"]["responses"]["200"]
    assert "Stream-Cursor" in feed["headers"]
    create = paths[f"{PATH}/posts"]["post"]
    assert [p["name"] for p in create["parameters"] if p["in"] == "header"] == ["Idempotency-Key"]
    assert {"Location", "Idempotency-Replayed"} <= create["responses"]["201"]["headers"].keys()


async def test_nothing_is_open_to_strangers(app: Quart, client: Client) -> None:
    """401 on every route and method of the community."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(PATH):
            path = rule.rule
            for name in rule.arguments:
                path = path.replace(f"<uuid:{name}>", str(new_id()))
            for method in (rule.methods or set()) - {"OPTIONS"}:
                assert (await send(client, method, path)).status_code == 401, rule


async def test_people_with_the_same_feed_see_their_own_likes(client: Client, ada: Person) -> None:
    """`is_liked` is whose request it is."""
    post = await share(client, ada)
    edsger = await register(client, "Edsger Dijkstra")
    await client.put(f"{PATH}/posts/{post['id']}/like", headers=edsger.headers)
    assert (await get(client, edsger, "/posts"))["data"][0]["is_liked"] is True
    assert (await get(client, ada, "/posts"))["data"][0]["is_liked"] is False
