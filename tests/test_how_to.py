"""The how-to pages, followed word for word."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.api import Api
from tests.support.documents import ROOT
from tests.support.processes import running
from tests.support.streams import TRANSPORTS
from tests.support.tools import need

PAGE = ROOT / "docs" / "how-to" / "add-an-event-type.md"
PATCH = re.compile(r"<!-- patch -->\n```diff\n(.*?)```", re.DOTALL)
EVENT = re.compile(r"<!-- event -->\n```json\n(.*?)```", re.DOTALL)
ELIDED = "…"


def shown() -> object:
    """The event that the page promises."""
    (event,) = EVENT.findall(PAGE.read_text())
    return json.loads(event)


def elided(value: object) -> object:
    """The same event as the page writes it: what differs each time left out."""
    if isinstance(value, dict):
        return {
            name: member if name in {"type", "channel"} else elided(member) for name, member in value.items()
        }
    return ELIDED


def patched(directory: Path) -> Path:
    """A copy of the packages with the page's patches applied."""
    for package in ("itcook", "transports", "blueprints"):
        shutil.copytree(ROOT / package, directory / package, ignore=shutil.ignore_patterns("__pycache__"))
    for patch in PATCH.findall(PAGE.read_text()):
        subprocess.run([need("git"), "apply", "-"], input=patch, text=True, cwd=directory, check=True)
    return directory


async def test_an_event_type_is_one_class_and_one_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the page's two patches and nothing else, the event reaches whom it is for, and their inbox."""
    monkeypatch.setenv("PYTHONPATH", str(patched(tmp_path / "checkout")))
    # The committed schema does not know the new type: `make generate` would write it.
    monkeypatch.setattr("tests.support.streams.check_event", lambda text: None)
    (tmp_path / "data").mkdir()
    async with running(tmp_path / "data") as server:
        api = Api(server)
        ada, ben, stranger = await api.register_many(3)
        streams = [await api.connect(transport, ada) for transport in TRANSPORTS]
        other = await api.connect("websocket", stranger)
        path = f"/community/users/{ada.id}/follow"
        assert (await api.request("PUT", path, ben)).status_code == 200
        assert (await api.request("DELETE", path, ben)).status_code == 200
        seen = [await stream.next_of("FollowerLeft") for stream in streams]
        assert seen[0].text == seen[1].text
        assert elided(seen[0].json) == shown()
        assert seen[0].data == {"follower_id": str(ben.id)}
        inbox = (await api.request("GET", "/notifications", ada)).json()["data"]
        assert [item["type"] for item in inbox] == ["FollowerLeft", "NewFollower"]
        await api.post(ben, "Everyone sees this")
        public = await other.until(lambda event: event.type == "NewCommunityPost")
        assert "FollowerLeft" not in [event.type for event in public]
        for stream in (*streams, other):
            await stream.close()
        await api.aclose()
