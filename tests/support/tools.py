"""Programs that the tests use and Python does not bring."""

import os
import shutil
from typing import NoReturn

import pytest


def need(tool: str) -> str:
    """The path of `tool`. Without it the test is left out; where `CI` is set it fails instead."""
    path = shutil.which(tool)
    if path is None:
        leave_out(f"{tool} is not installed")
    return path


def leave_out(why: str) -> NoReturn:
    """Go on without the test; where `CI` is set it fails instead. Nothing else skips a test."""
    if os.environ.get("CI"):
        pytest.fail(f"{why}, and CI leaves nothing out")
    pytest.skip(f"left out, as {why}")
