"""Programs that the tests use and Python does not bring."""

import os
import shutil

import pytest


def need(tool: str) -> str:
    """The path of `tool`. Without it the test is left out; where `CI` is set it fails instead."""
    path = shutil.which(tool)
    if path is not None:
        return path
    if os.environ.get("CI"):
        pytest.fail(f"{tool} is not installed, and CI leaves nothing out")
    pytest.skip(f"left out, as {tool} is not installed")
