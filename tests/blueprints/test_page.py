"""The page as it is served: its addresses, how long it may be kept, and what it may load."""

import re
from pathlib import Path

import pytest
from quart.typing import TestClientProtocol as Client

from blueprints import page
from tests.support.documents import ROOT

ROUTER = "web/src/shell/router.tsx"


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a build leaves behind."""
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html><title>IT Cook</title>")
    (dist / "assets" / "index-abc.js").write_text("export {};")
    (dist / "favicon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("not for everyone")
    monkeypatch.setattr(page, "DIST", dist)
    return dist


def _addresses() -> list[str]:
    listed = re.search(r"PATHS = \[(.+?)\]", (ROOT / ROUTER).read_text())
    assert listed, "the page says which addresses it has"
    return re.findall(r'"(/\w*)"', listed[1])


async def test_the_page_is_at_the_addresses_that_it_has(client: Client, built: Path) -> None:
    """Each of them, without signing in; it is asked for anew each time, as it names the latest scripts."""
    for address in _addresses():
        response = await client.get(address)
        assert response.status_code == 200, address
        assert "IT Cook" in await response.get_data(as_text=True)
        assert response.headers["Cache-Control"] == "no-cache"


async def test_the_page_may_run_and_load_only_what_is_of_this_server(client: Client, built: Path) -> None:
    """Neither scripts within the page nor anything of others, and no page around it."""
    policy = (await client.get("/")).headers["Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules.pop("default-src") == "'none'"
    assert rules.pop("frame-ancestors") == "'none'"
    assert set(rules.values()) == {"'self'", "'none'"}


async def test_what_is_called_by_its_hash_is_kept_for_ever(client: Client, built: Path) -> None:
    """Scripts and style sheets of a build never change under their names."""
    response = await client.get("/assets/index-abc.js")
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/javascript")
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("address", ["/nowhere", "/api/v1/nowhere", "/kitchen/1", "/assets/index-old.js"])
async def test_other_addresses_stay_problems(client: Client, built: Path, address: str) -> None:
    """The page is no answer to a mistake in an address."""
    response = await client.get(address)
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert (await response.get_json())["code"] == "not_found"


@pytest.mark.parametrize("name", ["../../secret.txt", "%2e%2e/%2e%2e/secret.txt", "..%2f..%2fsecret.txt"])
async def test_nothing_but_the_build_is_served(client: Client, built: Path, name: str) -> None:
    """No way leads out of its directory."""
    assert (await client.get(f"/assets/{name}")).status_code == 404


async def test_without_a_build_its_addresses_say_what_to_do(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever only wants the API needs no page."""
    monkeypatch.setattr(page, "DIST", tmp_path)
    response = await client.get("/")
    assert response.status_code == 404
    assert "make web" in (await response.get_json())["detail"]
