"""An account's end: nothing of the person is left, what is others' is right, and who sees it is told."""

import asyncio
import json
from typing import Any

from quart import Quart
from quart.typing import TestClientProtocol as Client
from tortoise import connections

from itcook import models
from itcook.community.likes import like
from itcook.community.posts import PostDraft, create_post
from itcook.errors import ConflictError
from itcook.personal_data.deletion import delete_account
from tests.support.community import sign_up
from tests.support.logins import is_signed_in
from tests.support.people import PASSWORD, Person

DELETION = "/api/v1/auth/deletion"
CONFIRMED = {"current_password": PASSWORD}
# Where the person's id stays: the history of the stream for a day, and the audit log.
KEPT_IN = {"stream_entries", "audit_entries"}


async def everything() -> dict[str, str]:
    """All rows of all tables, as text."""
    connection = connections.get("default")
    found: dict[str, str] = {}
    for name in models.__all__:
        table = getattr(models, name)._meta.db_table
        rows = await connection.execute_query_dict(f"SELECT * FROM {table}")  # noqa: S608 # our own tables
        found[table] = " ".join(str(value) for row in rows for value in row.values())
    return found


async def events() -> list[dict[str, Any]]:
    rows = await models.StreamEntry.all().order_by("id")
    return [json.loads("{" + row.body) for row in rows]


async def test_nothing_is_left(client: Client, lived: Person, grace: Person) -> None:
    """No row of any table has their id, address or name, but the history of the stream and the audit log; the
    others' counts are right, and every change of what they see was told by its event.
    """
    before = len(await events())
    response = await client.post(DELETION, headers=lived.headers, json=CONFIRMED)
    assert (response.status_code, await response.get_data()) == (204, b"")
    for table, text in (await everything()).items():
        if table not in KEPT_IN:
            assert str(lived.id) not in text, table
            assert lived.email not in text, table
            assert "Lovelace" not in text, table
            assert "Ada" not in text, table
    [post] = await models.Post.all()
    assert (post.author_id, post.likes_count, post.comments_count) == (grace.id, 1, 1)
    told = (await events())[before:]
    assert sorted(event["type"] for event in told) == ["CommentDeleted", "PostDeleted", "PostUnliked"]
    assert [event["data"]["total_likes"] for event in told if event["type"] == "PostUnliked"] == [1]
    recipe = await models.Recipe.get(author_id=grace.id, title="Borscht", source="person")
    assert (recipe.ratings_count, recipe.ratings_sum) == (0, 0)
    assert not await is_signed_in(client, lived)
    body = {"email": lived.email, "password": PASSWORD}
    assert (await client.post("/api/v1/auth/login", json=body)).status_code == 401
    assert (
        await client.post("/api/v1/auth/refresh", json={"refresh_token": lived.refresh_token})
    ).status_code == 401


async def test_kitchens_are_left_to_who_is_in_them(client: Client, lived: Person, grace: Person) -> None:
    """A home under another name; what nobody else was in is gone; food stays, by nobody."""
    await client.post(DELETION, headers=lived.headers, json=CONFIRMED)
    response = await client.get("/api/v1/kitchens", headers=grace.headers)
    kitchens = {each["name"]: each["role"] for each in (await response.get_json())["data"]}
    assert kitchens == {
        "Grace's kitchen": "owner",
        "Ours": "owner",
        "Shared kitchen": "owner",
        "Theirs": "owner",
    }
    assert not await models.Kitchen.filter(name="Alone").exists()
    assert await models.FridgeItem.filter(added_by_id=None).count() == 3
    assert not await models.Kitchen.exclude(members__role="owner").exists()


async def test_only_whoever_knows_the_password_deletes(client: Client, ada: Person) -> None:
    """403 for a wrong one, and nothing happens."""
    response = await client.post(DELETION, headers=ada.headers, json={"current_password": "not the password"})
    assert (response.status_code, (await response.get_json())["code"]) == (403, "wrong_password")
    assert await is_signed_in(client, ada)


async def test_the_last_administrator_stays(client: Client, alan: Person, ada: Person) -> None:
    """409 until there is another one."""
    response = await client.post(DELETION, headers=alan.headers, json=CONFIRMED)
    assert (response.status_code, (await response.get_json())["code"]) == (409, "last_admin")
    await models.User.filter(id=ada.id).update(role="admin")
    assert (await client.post(DELETION, headers=alan.headers, json=CONFIRMED)).status_code == 204


async def test_what_comes_at_the_same_time_is_no_defect(client: Client, ada: Person, grace: Person) -> None:
    """Requests of the person that were let in before are refused or were in time, and leave nothing."""
    body = {"content": "Theirs"}
    post = await (await client.post("/api/v1/community/posts", headers=grace.headers, json=body)).get_json()
    paths = ["/api/v1/community/posts", f"/api/v1/community/posts/{post['id']}/comments"]
    requests = [client.post(path, headers=ada.headers, json=body) for path in paths for _ in range(10)]
    requests.insert(10, client.post(DELETION, headers=ada.headers, json=CONFIRMED))
    answers = [response.status_code for response in await asyncio.gather(*requests)]
    assert answers[10] == 204
    assert set(answers) <= {201, 204, 401, 409}
    [left] = await models.Post.all()
    assert left.comments_count == 0
    assert not await models.Comment.exists()
    assert str(ada.id) not in (await everything())["inbox_items"]


async def test_what_shares_the_commit_is_found_too(app: Quart) -> None:
    """On SQLite a like and the deletion of who likes may be units of one group."""
    for number in range(3):
        author, leaver = await sign_up(f"Author {number}"), await sign_up(f"Leaver {number}")
        post = await create_post(author, PostDraft("Theirs"))
        confirmed = await models.User.get(id=leaver.user_id)
        liked, deleted = await asyncio.gather(
            like(leaver, post.id), delete_account(leaver, confirmed), return_exceptions=True
        )
        assert not isinstance(deleted, BaseException)
        assert not isinstance(liked, BaseException) or isinstance(liked, ConflictError)
        assert str(leaver.user_id) not in (await everything())["inbox_items"]
