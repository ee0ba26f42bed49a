"""The server under other versions of Python, installed by `make venvs`."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.documents import ROOT
from tests.support.processes import ITCOOK

OTHERS = ("3.12", "3.13")


def installed() -> list[str]:
    """Which of `OTHERS` this machine has."""
    return [version for version in OTHERS if _has(version)]


def server_under(version: str | None) -> Path:
    """The `itcook` command under a version of Python; of None, the one that the tests run under.

    Where `make venvs` was not run the test is left out; where `CI` is set it fails instead.
    """
    if version is None:
        return ITCOOK
    command = ROOT / f".venv-{version}/bin/itcook"
    if command.exists():
        return command
    if os.environ.get("CI"):
        pytest.fail(f"the server is not installed under Python {version}: run make venvs")
    pytest.skip(f"left out, as the server is not installed under Python {version}: run make venvs")


def _has(version: str) -> bool:
    if any((Path.home() / ".pyenv/versions").glob(f"{version}.*/bin/python")):
        return True
    command = shutil.which(f"python{version}")
    if command is None:
        return False
    # pyenv leaves commands for versions that are not chosen, and Debian's makes no environments by itself.
    return subprocess.run([command, "-c", "import ensurepip"], capture_output=True).returncode == 0
