"""What others make of the documents: a linter, a parser, and two generated clients against a server."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tests.support.documents import ROOT
from tests.support.processes import running
from tests.support.tools import leave_out, need

TOOLS = ROOT / "openapi/tools"
BIN = TOOLS / "node_modules/.bin"
SECONDS = 110  # a generator takes two; this machine may be very busy


@pytest.fixture(scope="module")
def node() -> str:
    """Node.js, with what `make documents` installs."""
    if not (TOOLS / "node_modules/.installed").exists():
        leave_out("openapi/tools is not installed: make documents")
    return need("node")


async def test_openapi_is_linted_and_asyncapi_is_parsed(node: str) -> None:
    """By Spectral's rules for OpenAPI, and by AsyncAPI's own parser: there is nothing to find."""
    assert await _run(node, "check.mjs", cwd=TOOLS) == ""


async def test_a_typescript_client_is_generated_compiles_and_works(node: str, tmp_path: Path) -> None:
    """With the types that openapi-typescript makes, strictly: a post, a problem and an event."""
    types = TOOLS / "generated/openapi.ts"
    # What has a default may be left out of a body.
    options = ("--default-non-nullable", "false", "--output", types)
    await _run(BIN / "openapi-typescript", ROOT / "openapi/openapi.json", *options, cwd=TOOLS)
    await _run(BIN / "tsc", "--project", TOOLS, cwd=TOOLS)
    async with running(tmp_path) as server:
        saw = json.loads(await _run(node, TOOLS / "generated/smoke.js", server.url, cwd=TOOLS))
    assert saw == {"post": "Borscht is ready!", "refused": "not_found", "events": ["Borscht is ready!"]}


async def test_a_python_client_is_generated_compiles_and_works(tmp_path: Path) -> None:
    """Made by openapi-python-client: a post, and a problem."""
    client = tmp_path / "client"
    await _run(
        Path(sys.executable).with_name("openapi-python-client"),
        "generate",
        "--path",
        ROOT / "openapi/openapi.json",
        "--output-path",
        client,
        "--meta",
        "none",
        "--config",
        ROOT / "tests/openapi/generated_client.yaml",
        cwd=tmp_path,
    )
    await _run(sys.executable, "-m", "compileall", "-q", client, cwd=tmp_path)
    async with running(tmp_path) as server:
        script = ROOT / "tests/openapi/generated_client.py"
        saw = json.loads(await _run(sys.executable, script, tmp_path, server.url, cwd=tmp_path))
    assert saw == {"post": "Borscht is ready!", "refused": "not_found"}


async def _run(program: str | Path, *arguments: str | Path, cwd: Path) -> str:
    """What it prints; it must succeed."""
    process = await asyncio.create_subprocess_exec(
        program, *arguments, cwd=cwd, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        async with asyncio.timeout(SECONDS):
            printed, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.communicate()
        raise
    assert process.returncode == 0, printed.decode()
    return printed.decode()
