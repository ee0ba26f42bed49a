"""The backend guide, followed word for word."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.documents import ROOT
from tests.support.people import Person
from tests.support.processes import Server, running
from tests.support.snippets import blocks, run_shell, settle
from tests.support.streams import TRANSPORTS
from tests.support.tools import need

PAGE = "docs/BACKEND_GUIDE.md"
PACKAGES = ("itcook", "transports", "blueprints", "tests")
ELIDED = "…"
RECIPE = {
    "title": "Borscht",
    "ingredients": [{"name": "beetroot"}],
    "instructions": ["Cook it."],
    "servings": 4,
    "is_public": True,
}


def shown(name: str) -> Any:
    """The event of that type that the page promises."""
    examples = [json.loads(block.text) for block in blocks(PAGE) if "example" in block.words]
    (event,) = [event for event in examples if event["type"] == name]
    return event


def elided(value: Any, like: Any) -> Any:
    """The same event as the page writes it: what it leaves out left out."""
    if isinstance(value, dict) and isinstance(like, dict):
        return {name: elided(member, like.get(name)) for name, member in value.items()}
    if isinstance(value, str) and isinstance(like, str) and like.endswith(ELIDED):
        return like if value.startswith(like.removesuffix(ELIDED)) else value
    return value


def patched(directory: Path, server: Server) -> Path:
    """A checkout with the page's patches applied."""
    settle(PAGE, directory, server, copied=PACKAGES)
    for block in blocks(PAGE):
        if "patch" in block.words:
            subprocess.run(
                [need("git"), "apply", "-"], input=block.text, text=True, cwd=directory, check=True
            )
    return directory


async def test_a_type_and_a_channel_are_what_the_guide_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the page's patches and nothing else, the events reach whom they are for, and their inbox."""
    (tmp_path / "data").mkdir()
    checkout = patched(tmp_path / "checkout", Server(tmp_path / "data", {}))
    monkeypatch.setenv("PYTHONPATH", str(checkout))
    # The committed schema does not know the new types: `make generate` would write them.
    monkeypatch.setattr("tests.support.streams.check_event", lambda text: None)
    async with running(tmp_path / "data") as server:
        api = Api(server)
        try:
            people = await api.register_many(3)
            await leave_a_person(api, people)
            await rate_a_recipe(api, people)
        finally:
            await api.aclose()


async def test_the_test_that_the_guide_has_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run as it says, on what its patches make of the checkout."""
    (tmp_path / "data").mkdir()
    server = Server(tmp_path / "data", {})  # the commands need none that runs
    checkout = patched(tmp_path / "checkout", server)
    monkeypatch.setenv("PYTHONPATH", str(checkout))
    await run_shell(PAGE, checkout, server)


async def leave_a_person(api: Api, people: Sequence[Person]) -> None:
    """They are told, nobody else is, and they find it in their inbox."""
    ada, ben, stranger = people
    streams = [await api.connect(transport, ada) for transport in TRANSPORTS]
    other = await api.connect("websocket", stranger)
    path = f"/community/users/{ada.id}/follow"
    assert (await api.request("PUT", path, ben)).status_code == 200
    assert (await api.request("DELETE", path, ben)).status_code == 200
    seen = [await stream.next_of("FollowerLeft") for stream in streams]
    assert seen[0].text == seen[1].text
    assert elided(seen[0].json, shown("FollowerLeft")) == shown("FollowerLeft")
    assert seen[0].data == {"follower_id": str(ben.id)}
    inbox = (await api.request("GET", "/notifications", ada)).json()["data"]
    assert [item["type"] for item in inbox] == ["FollowerLeft", "NewFollower"]
    await api.post(ben, "Everyone sees this")
    public = await other.until(lambda event: event.type == "NewCommunityPost")
    assert "FollowerLeft" not in [event.type for event in public]
    for stream in (*streams, other):
        await stream.close()


async def rate_a_recipe(api: Api, people: Sequence[Person]) -> None:
    """Who reads the recipe's channel is told; a recipe that is private has none."""
    ada, ben, reader = people
    recipe = (await api.done("POST", "/recipes", ada, json=RECIPE))["id"]
    private = (await api.done("POST", "/recipes", ada, json={**RECIPE, "is_public": False}))["id"]
    refused = await api.request("GET", f"/realtime/events?channels=recipe:{private}", reader)
    assert refused.status_code == 422
    streams = [await api.connect(transport, reader, channels=f"recipe:{recipe}") for transport in TRANSPORTS]
    await api.done("PUT", f"/recipes/{recipe}/rating", ben, json={"stars": 5})
    for stream in streams:
        event = await stream.next_of("RecipeRated")
        assert elided(event.json, shown("RecipeRated")) == shown("RecipeRated")
        await stream.close()


def test_what_the_guide_quotes_is_in_the_code() -> None:
    """Each excerpt, as it stands in the file that it names."""
    quoted = [block for block in blocks(PAGE) if "source" in block.words]
    assert quoted
    for block in quoted:
        assert block.text in (ROOT / block.words["source"]).read_text(), f"{block} is out of date"


def test_an_event_that_differs_is_not_taken_for_the_one_shown() -> None:
    """What compares them can tell them apart."""
    like = {"type": "A", "channel": "recipe:…", "data": {"stars": 5, "name": "…"}}
    same = {"type": "A", "channel": "recipe:7", "data": {"stars": 5, "name": "Ben"}}
    assert elided(same, like) == like
    assert elided({**same, "channel": "post:7"}, like) != like
    assert elided({**same, "data": {"stars": 5}}, like) != like
