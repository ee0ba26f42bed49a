"""Schemathesis asks every operation for what the document allows, and for what it does not.

With `make test` it asks each a few times, the same ones in each run; `make fuzz-api` asks at length.
"""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from itcook.app import create_app
from itcook.auth.passwords import Passwords
from itcook.models import User
from itcook.settings import Settings
from tests.support.api import Api
from tests.support.documents import ROOT
from tests.support.servers import serving

EXAMPLES = os.environ.get("ITCOOK_FUZZ_EXAMPLES")  # of each operation; `make fuzz-api` says how many
FEW = "3"  # else: some 360 requests, ten seconds
SEED = os.environ.get("ITCOOK_FUZZ_SEED", "20261125")
PHASES = "examples,fuzzing" if EXAMPLES is None else "examples,coverage,fuzzing,stateful"
FAILED = ROOT / "build/schemathesis"  # what failed is kept here, and asked again first in the next run
PATIENCE = 600 if EXAMPLES is None else 1000 * int(EXAMPLES)  # seconds; this machine may be busy
STREAMS = "/api/v1/realtime/(sse|ws)"  # they do not end, and have tests of their own
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Room for whoever asks ten thousand times."""
    return settings.model_copy(update={"recipes_per_day": 10_000})


@pytest.fixture
async def api(settings: Settings, passwords: Passwords) -> AsyncIterator[Api]:
    """The application behind a real socket, with a database of its own."""
    async with serving(create_app(settings, passwords), settings) as port:
        api = Api(url=f"http://127.0.0.1:{port}")
        yield api
        await api.aclose()


@pytest.mark.timeout(PATIENCE)
async def test_no_answer_is_a_defect_or_undocumented(api: Api, tmp_path: Path) -> None:
    """An administrator asks, about things that are there and things that are not. The seed is printed."""
    world = tmp_path / "world.json"
    world.write_text(json.dumps(await _world(api)))
    process = await asyncio.create_subprocess_exec(
        *_command(api.url),
        cwd=tmp_path,  # where it looks for a configuration, and is to find none
        env=os.environ
        | {
            "PYTHONPATH": str(ROOT),
            "SCHEMATHESIS_HOOKS": "tests.openapi.fuzzing",
            "ITCOOK_FUZZ": str(world),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        printed, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    text = printed.decode()
    assert process.returncode == 0, text
    assert re.search(rf"Seed: {SEED}\b", text), text
    assert re.search(r"(\d{3,}) generated, \1 passed", text), text
    assert re.search(r"Selected: (\d+)/\d+\n +Tested: \1\n", text), text
    sys.stdout.write(text)


def _command(url: str) -> list[str]:
    arguments = {
        "--url": url,
        "--exclude-path-regex": STREAMS,
        "--checks": ",".join(CHECKS),
        "--phases": PHASES,
        "--max-examples": EXAMPLES or FEW,
        "--seed": SEED,
        "--generation-database": str(FAILED),
        "--suppress-health-check": "all",
        "--request-timeout": "60",
        "--workers": "2",  # one makes up requests while the server answers the other
    }
    return [
        sys.executable,
        "-m",
        "schemathesis.cli",
        "--no-color",
        "run",
        str(ROOT / "openapi/openapi.json"),
        "--no-shrink",
        *(part for pair in arguments.items() for part in pair),
    ]


async def _world(api: Api) -> dict[str, Any]:
    """An administrator, and one thing of each kind that is theirs."""
    ada, ben = await api.register("Ada Lovelace"), await api.register("Ben Cook")
    await User.filter(id=ada.id).update(role="admin")

    async def made(path: str, **body: Any) -> str:
        answer = await api.done("POST", path, ada, json=body)
        return str(answer.get("id") or answer["request_id"])

    kitchen = await made("/kitchens", name="Test kitchen")
    post = await made("/community/posts", content="Borscht is ready!")
    recipe = {"ingredients": [{"name": "beetroot"}], "instructions": ["Cook it."], "servings": 2}
    return {
        "url": api.url,
        "token": ada.access_token,
        "email": ada.email,
        "ids": {
            "user_id": [str(ben.id)],
            "kitchen_id": [kitchen],
            "post_id": [post],
            "comment_id": [await made(f"/community/posts/{post}/comments", content="There is enough.")],
            "item_id": [await made("/fridge/items", name="milk", quantity=1, unit="l", category="dairy")],
            "goal_id": [await made("/goals", title="Run", goal_type="exercise", target_value=10, unit="km")],
            "invite_id": [await made(f"/kitchens/{kitchen}/invites")],
            "recipe_id": [await made("/recipes", title="Borscht", **recipe)],
            "notification_id": [
                await made("/notifications", title="Hello", message="All.", send_at="2199-01-01T00:00:00Z")
            ],
            "request_id": [await made("/recipes/generate", ingredients=["beetroot"])],
        },
    }
