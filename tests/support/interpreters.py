"""The server under other versions of Python, installed by `make venvs`."""

import shutil
import subprocess
from pathlib import Path

from tests.support.documents import ROOT
from tests.support.processes import ITCOOK
from tests.support.tools import leave_out

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
    if not command.exists():
        leave_out(f"the server is not installed under Python {version}: make venvs")
    return command


def _has(version: str) -> bool:
    if any((Path.home() / ".pyenv/versions").glob(f"{version}.*/bin/python")):
        return True
    command = shutil.which(f"python{version}")
    if command is None:
        return False
    # pyenv leaves commands for versions that are not chosen, and Debian's makes no environments by itself.
    return subprocess.run([command, "-c", "import ensurepip"], capture_output=True).returncode == 0
