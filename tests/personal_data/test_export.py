"""Everything of one person, and nothing of anybody else."""

import jsonschema
import pytest
from quart.typing import TestClientProtocol as Client

from itcook.models import AuditEntry, User
from itcook.personal_data import export
from itcook.personal_data.tables import TABLES
from tests.support.people import Person

EXPORT = "/api/v1/auth/export"


async def test_everything_is_in_it(client: Client, lived: Person, grace: Person) -> None:
    """Rows of every table; as the schema says; without a password, a token or another's address."""
    await User.filter(id=lived.id).update(role="admin")
    word = {"title": "Hi", "message": "From me."}
    assert (await client.post("/api/v1/notifications", headers=lived.headers, json=word)).status_code == 201
    response = await client.get(EXPORT, headers=lived.headers)
    assert response.headers["Cache-Control"] == "no-store"
    text = await response.get_data(as_text=True)
    document = await response.get_json()
    schema = export.PersonalData.model_json_schema(mode="serialization")
    jsonschema.validate(document, schema)
    assert {table.name: bool(document[table.name]) for table in TABLES} == {
        table.name: True for table in TABLES
    }
    assert document["account"][0]["email"] == lived.email
    assert [post["content"] for post in document["posts"]] == ["Mine"]
    assert grace.email not in text
    for secret in (lived.refresh_token, lived.access_token, (await User.get(id=lived.id)).password_hash):
        assert secret not in text
    assert await AuditEntry.filter(action="data_exported", actor_id=lived.id).count() == 1


async def test_it_is_read_in_batches(client: Client, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each row once and none left out, however many there are."""
    monkeypatch.setattr(export, "BATCH", 2)
    for number in range(5):
        body = {"content": f"Post {number}"}
        assert (
            await client.post("/api/v1/community/posts", headers=ada.headers, json=body)
        ).status_code == 201
    document = await (await client.get(EXPORT, headers=ada.headers)).get_json()
    assert [post["content"] for post in document["posts"]] == [f"Post {number}" for number in range(5)]
