"""The documents of the contract over HTTP, for machines and for people."""

import json
import re

import pytest
from quart.typing import TestClientProtocol as Client

from tests.support.documents import ROOT

DOCUMENTS = ("openapi.json", "asyncapi.json", "events.schema.json")
PAGES = ("/docs", "/docs/rest", "/docs/stream")


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_documents_are_served_as_they_are_committed(client: Client, name: str) -> None:
    """Byte for byte, to everyone, as JSON."""
    response = await client.get(f"/{name}")
    assert response.status_code == 200
    assert await response.get_data() == (ROOT / "openapi" / name).read_bytes()
    expected = "application/schema+json" if name == "events.schema.json" else "application/json"
    assert response.headers["Content-Type"] == expected


@pytest.mark.parametrize("path", [*(f"/{name}" for name in DOCUMENTS), *PAGES, "/docs/style.css"])
async def test_whoever_has_a_document_is_not_sent_it_again(client: Client, path: str) -> None:
    """304 for its `ETag`, 200 for another."""
    tag = (await client.get(path)).headers["ETag"]
    assert (await client.get(path, headers={"If-None-Match": tag})).status_code == 304
    assert (await client.get(path, headers={"If-None-Match": '"other"'})).status_code == 200


@pytest.mark.parametrize("path", PAGES)
async def test_pages_load_nothing_from_elsewhere_and_run_nothing(client: Client, path: str) -> None:
    """No script and no inline style is in them, and browsers are told to load none; links stay here."""
    response = await client.get(path)
    page = await response.get_data(as_text=True)
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "script" not in policy
    assert not re.search(r"<script|<iframe|<img|\sstyle=|\son\w+=|url\(", page)
    assert not [link for link in re.findall(r'(?:href|src)="([^"]+)"', page) if not re.match("[/#]", link)]


@pytest.mark.parametrize("path", PAGES)
async def test_links_of_pages_lead_somewhere(client: Client, path: str) -> None:
    """To an address that is served, and a place that is there."""
    shown = {"": await (await client.get(path)).get_data(as_text=True)}
    for link in set(re.findall(r'href="([^"]+)"', shown[""])):
        target, _, fragment = link.partition("#")
        if target not in shown:
            response = await client.get(target)
            assert response.status_code == 200, link
            shown[target] = await response.get_data(as_text=True)
        assert not fragment or f'id="{fragment}"' in shown[target], link


async def test_pages_show_every_operation_and_every_message(client: Client) -> None:
    """Each with its path or its name, and an example."""
    rest = await (await client.get("/docs/rest")).get_data(as_text=True)
    openapi = json.loads((ROOT / "openapi/openapi.json").read_text())
    for path, methods in openapi["paths"].items():
        assert f"<code>{path}</code>" in rest
        for operation in methods.values():
            assert f'<details id="{operation["operationId"]}">' in rest
    stream = await (await client.get("/docs/stream")).get_data(as_text=True)
    asyncapi = json.loads((ROOT / "openapi/asyncapi.json").read_text())
    for message in asyncapi["components"]["messages"].values():
        assert f"<code>{message['name']}</code>" in stream
    for end in asyncapi["channels"]["websocket"]["x-ends"]:
        assert f"<code>{end['reason']}</code>" in stream
