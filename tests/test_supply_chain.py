"""What the server consists of besides its own code: pinned by hash, and under licences that allow its use."""

import json
import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest

from tests.support.documents import ROOT

LOCKS = (
    "requirements.txt",
    "requirements-tracing.txt",
    "requirements-dev.txt",
    "requirements-audit.txt",
    "benchmarks/requirements.txt",
)
NPM_LOCKS = ("client/package-lock.json", "web/package-lock.json", "benchmarks/peers/node/package-lock.json")
PIN = re.compile(r"([A-Za-z0-9._-]+)(\[[a-z0-9,-]+\])?==[^ ;]+( ; (?P<marker>.+?))? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")

# Licences of what runs, as SPDX names them: to use, change and pass on, without conditions on our own code.
# MPL-2.0 is certifi's, a list of certificates that is passed on as it is.
ALLOWED = {
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "PSF-2.0",
    "Unlicense",
}
# How those say it that have no SPDX expression yet: in `License`, or by their classifiers.
SPELLED = {
    "MIT License": "MIT",
    "The MIT License (MIT)": "MIT",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
ONLY_ELSEWHERE = {"async-timeout", "colorama"}  # on older interpreters, and on Windows


def pinned(lock: str) -> Iterator[str]:
    for line in (ROOT / lock).read_text().splitlines():
        match = PIN.fullmatch(line)
        if match:
            yield match[1]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_of_a_lock_is_a_version_or_its_hash(lock: str) -> None:
    """No range, no address, no option: what is installed tomorrow is what was looked at today."""
    lines = (ROOT / lock).read_text().splitlines()
    assert lines
    assert [line for line in lines if not PIN.fullmatch(line) and not HASH.fullmatch(line)] == []


@pytest.mark.parametrize("lock", NPM_LOCKS)
def test_every_npm_package_has_its_hash(lock: str) -> None:
    """Whatever is not a folder of ours, whichever registry it comes from."""
    packages = json.loads((ROOT / lock).read_text())["packages"]
    strangers = {name: package for name, package in packages.items() if "node_modules/" in name}
    assert strangers
    for name, package in strangers.items():
        assert package.get("link") or package["integrity"].startswith("sha512-"), name


def test_what_runs_is_licensed_to_be_used() -> None:
    """Every package that the server needs, and what tracing takes, as their own metadata say."""
    names = set(pinned("requirements-tracing.txt")) - ONLY_ELSEWHERE
    assert set(pinned("requirements.txt")) - ONLY_ELSEWHERE < names
    assert len(names) > 40
    found = {name: licences(distribution(name)) for name in sorted(names)}
    assert {name: said for name, said in found.items() if not is_allowed(said)} == {}


def is_allowed(choices: set[str]) -> bool:
    """Whether one of the choices is allowed, with all that it is put together of."""
    return any(set(choice.split(" AND ")) <= ALLOWED for choice in choices)


def licences(package: Distribution) -> set[str]:
    """The licences of a package, of which one may choose; one with AND is put together of several."""
    said = package.metadata
    if "License-Expression" in said:
        expression = said["License-Expression"]
        assert "(" not in expression, f"{package.name}: look at {expression}"
        return set(expression.split(" OR "))
    classified = [
        one.rpartition(" :: ")[2] for one in said.get_all("Classifier") or [] if "License ::" in one
    ]
    first_line = said["License"].split("\n")[0].strip() if "License" in said else ""
    return {SPELLED.get(name, name) for name in (*classified, first_line) if name}


def test_a_licence_that_is_not_allowed_is_found(tmp_path: Path) -> None:
    """Whichever way it is said."""
    for number, line in enumerate(
        (
            "License-Expression: GPL-3.0-only",
            "License-Expression: MIT AND GPL-3.0-only",
            "License: AGPLv3",
            "Classifier: License :: OSI Approved :: GNU GPL",
        )
    ):
        info = tmp_path / f"x{number}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: x\nVersion: 1\n{line}\n")
        assert not is_allowed(licences(Distribution.at(info)))
