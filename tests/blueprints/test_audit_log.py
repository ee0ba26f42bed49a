"""What administrators do, and people to their own accounts, is in the audit log: once, and with its cause."""

import ast
from typing import Any

import pytest
from quart.typing import TestClientProtocol as Client

from itcook.auth import administration
from itcook.auth.audit_log import Action
from itcook.models import AuditEntry, User
from tests.support.documents import ROOT
from tests.support.http import send
from tests.support.people import PASSWORD, Person, register

AUDIT = "/api/v1/admin/audit"
WORD = {"title": "Hello", "message": "All."}
LATER = {**WORD, "send_at": "2199-01-01T00:00:00Z"}
RECIPE = {"title": "Soup", "ingredients": [{"name": "beet"}], "instructions": ["Cook."], "servings": 1}


@pytest.fixture
async def alan(client: Client) -> Person:
    """An administrator, made one by the operator."""
    alan = await register(client, "Alan Turing")
    await administration.promote(alan.email)
    return alan


async def do(client: Client, who: Person, method: str, path: str, body: Any = None) -> Any:
    sent = {"headers": who.headers, **({} if body is None else {"json": body})}
    response = await send(client, method, f"/api/v1{path}", **sent)
    assert response.status_code < 300, await response.get_data()
    return await response.get_json()


async def read(client: Client, admin: Person, query: str = "") -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = (await do(client, admin, "GET", f"/admin/audit?limit=100{query}"))["data"]
    return data


async def test_every_action_leaves_an_entry(client: Client, alan: Person, ada: Person) -> None:
    """Who did what to whom, from where and when; the last first, and the operator's without an actor."""
    post = await do(client, ada, "POST", "/community/posts", {"content": "Soup"})
    other = await do(client, ada, "POST", "/community/posts", {"content": "More soup"})
    comment = await do(client, ada, "POST", f"/community/posts/{other['id']}/comments", {"content": "!"})
    recipe = await do(client, ada, "POST", "/recipes", {**RECIPE, "is_public": True})
    await do(client, alan, "DELETE", f"/community/posts/{post['id']}")
    await do(client, alan, "DELETE", f"/community/comments/{comment['id']}")
    await do(client, alan, "DELETE", f"/recipes/{recipe['id']}")
    await do(client, alan, "DELETE", "/admin/connections/abc")
    await do(client, alan, "POST", "/notifications", WORD)
    later = await do(client, alan, "POST", "/notifications", LATER)
    await do(client, alan, "DELETE", f"/notifications/scheduled/{later['id']}")
    body = {"current_password": PASSWORD, "email": "ada@lovelace.example"}
    await do(client, ada, "PUT", "/auth/email", body)
    await do(client, ada, "GET", "/auth/export")
    await do(client, alan, "DELETE", f"/admin/users/{ada.id}/sessions")
    await do(client, alan, "PUT", f"/admin/users/{ada.id}/disabled")
    await do(client, alan, "DELETE", f"/admin/users/{ada.id}/disabled")
    body = {"current_password": PASSWORD, "new_password": "another horse battery"}
    await do(client, alan, "PUT", "/auth/password", body)
    grace = await register(client, "Grace Hopper")
    await do(client, grace, "POST", "/auth/deletion", {"current_password": PASSWORD})

    found = await read(client, alan)
    assert {entry["action"] for entry in found} == {*Action}
    assert len(found) == len(Action)
    by_action = {entry["action"]: entry for entry in found}
    disabled = by_action["account_disabled"]
    assert (disabled["actor_id"], disabled["actor_name"]) == (str(alan.id), alan.name)
    assert (disabled["subject_id"], disabled["subject_name"]) == (str(ada.id), ada.name)
    assert disabled["address"] == "<local>"
    assert by_action["promoted"]["actor_id"] is None
    assert by_action["connection_ended"]["details"] == "abc"
    assert by_action["post_deleted"]["details"] == f"by {ada.id}"
    deleted = by_action["account_deleted"]
    assert (deleted["subject_id"], deleted["subject_name"]) == (str(grace.id), None)
    assert found[0]["action"] == "account_deleted"


async def test_it_has_pages_and_is_searched(client: Client, alan: Person, ada: Person) -> None:
    """By action, and by whoever did it or had it done to them."""
    for _ in range(3):
        await do(client, alan, "DELETE", f"/admin/users/{ada.id}/sessions")
    await do(client, alan, "POST", "/notifications", WORD)
    page = await do(client, alan, "GET", "/admin/audit?limit=2")
    assert (len(page["data"]), page["has_more"]) == (2, True)
    rest = await do(client, alan, "GET", f"/admin/audit?before={page['next_before']}")
    assert len(rest["data"]) == 3  # with the operator's
    assert len(await read(client, alan, "&action=signed_out")) == 3
    assert len(await read(client, alan, f"&user_id={ada.id}")) == 3
    assert len(await read(client, alan, f"&user_id={alan.id}")) == 5


async def test_only_administrators_read_it(client: Client, ada: Person) -> None:
    """403 for everyone else."""
    response = await client.get(AUDIT, headers=ada.headers)
    assert (response.status_code, (await response.get_json())["code"]) == (403, "admin_only")


async def test_what_fails_leaves_none(client: Client, alan: Person) -> None:
    """The entry is of the transaction that it tells of; reading and one's own posts are no entries."""
    before = await AuditEntry.all().count()
    response = await client.put(f"/api/v1/admin/users/{alan.id}/disabled", headers=alan.headers)
    assert response.status_code == 409
    post = await do(client, alan, "POST", "/community/posts", {"content": "Soup"})
    await do(client, alan, "DELETE", f"/community/posts/{post['id']}")
    await read(client, alan)
    assert await AuditEntry.all().count() == before


def test_entries_are_never_changed_or_removed() -> None:
    """Only the audit log knows the table, and it does nothing but add and read; the export reads it, too."""
    users = {
        str(path.relative_to(ROOT))
        for package in ("itcook", "blueprints", "transports")
        for path in (ROOT / package).rglob("*.py")
        if "models.AuditEntry" in path.read_text()
    }
    assert users == {"itcook/auth/audit_log.py", "itcook/auth/views.py", "itcook/personal_data/tables.py"}
    called = {
        node.func.attr
        for node in ast.walk(ast.parse((ROOT / "itcook/auth/audit_log.py").read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not called & {"update", "delete", "save", "bulk_update", "execute_query", "update_or_create"}


async def test_a_deleted_administrator_is_still_named_by_id(
    client: Client, alan: Person, ada: Person
) -> None:
    """What they did stays on record."""
    await User.filter(id=ada.id).update(role="admin")
    await do(client, alan, "POST", "/notifications", WORD)
    await do(client, alan, "POST", "/auth/deletion", {"current_password": PASSWORD})
    [entry] = await read(client, ada, "&action=notification_sent")
    assert (entry["actor_id"], entry["actor_name"]) == (str(alan.id), None)
