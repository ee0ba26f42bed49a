"""What stands in `deploy/` fits the server: what cannot be run by the tests is at least compared with it."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from itcook.settings import PREFIX, Settings, read_settings
from itcook.supervisor import SLACK_SECONDS
from tests.support.documents import ROOT
from tests.support.tools import need

DEPLOY = ROOT / "deploy"
OURS = "itcook"  # the image that is built here
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
UNIT = (DEPLOY / "itcook.service").read_text()
FILES = sorted(
    path
    for path in [*DEPLOY.rglob("*"), ROOT / "docs/how-to/deploy.md"]
    if path.is_file() and path.suffix != ".pem"
)


def _compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return loaded


SERVICES: dict[str, dict[str, Any]] = _compose()["services"]
NODES = {name: service for name, service in SERVICES.items() if name.startswith("node-")}


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_every_setting_that_is_named_is_one(path: Path) -> None:
    """In comments and in values."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    assert set(re.findall(rf"{PREFIX}[A-Z_]+", path.read_text())) <= known


def test_every_image_is_pinned_by_version() -> None:
    """To a patch and a distribution: the same file gives the same server tomorrow."""
    from_images = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    images = [*from_images, *(service["image"] for service in SERVICES.values() if service["image"] != OURS)]
    assert len(images) == 6
    for image in images:
        assert re.fullmatch(r"[a-z/]+:\d+\.\d+(\.\d+)?(-slim)?-bookworm(-slim)?", image), image


def test_the_image_installs_by_hash_and_runs_as_nobody_in_particular() -> None:
    """And has a port and a check of its health that the server answers."""
    assert "\nARG REQUIREMENTS=requirements.txt\n" in DOCKERFILE
    assert '--require-hashes --requirement "$REQUIREMENTS"' in DOCKERFILE
    final = DOCKERFILE.rpartition("FROM ")[2]
    assert re.search(r"^USER [1-9]\d+$", final, re.MULTILINE)
    assert "EXPOSE 3000" in final
    assert "http://127.0.0.1:3000/health/ready" in final
    assert "ITCOOK_BIND=0.0.0.0:3000" in final


def test_the_image_gets_every_package_of_the_server() -> None:
    """What pyproject.toml installs is copied, and whatever is copied is there and not kept from the build."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = {package.partition(".")[0] for package in project["tool"]["setuptools"]["packages"]}
    copied = [line.split()[1:-1] for line in DOCKERFILE.splitlines() if re.match("COPY (?!--from)", line)]
    roots = {source.partition("/")[0] for sources in copied for source in sources}
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert packages <= roots == let_in
    assert all((ROOT / source).exists() for sources in copied for source in sources)


def test_the_dockerfile_is_linted() -> None:
    """By hadolint, and it has nothing to say."""
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_every_service_is_watched_and_comes_back() -> None:
    """A check of health each, the image's for the nodes; all but the migration are started again."""
    for name, service in SERVICES.items():
        if name == "migrate":
            assert service["restart"] == "no"
            continue
        assert service["restart"] == "unless-stopped", name
        assert name in NODES or "healthcheck" in service, name


def test_nothing_has_more_rights_than_it_needs() -> None:
    """Nobody gains any; the nodes have none at all, and write nothing but what is thrown away. Of the other
    services only nginx is reached from outside.
    """
    for name, service in SERVICES.items():
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not {"privileged", "cap_add", "devices", "pid", "network_mode"} & service.keys(), name
    for node in NODES.values():
        assert (node["read_only"], node["cap_drop"], node["tmpfs"]) == (True, ["ALL"], ["/tmp"])  # noqa: S108 # in there
        assert "volumes" not in node
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
    mounted = [volume for volume in SERVICES["nginx"]["volumes"] if not volume.endswith(":ro")]
    assert mounted == []


def test_nodes_start_after_the_migration_and_are_given_time_to_drain() -> None:
    """They would refuse to start before it, and be killed in the middle of the other."""
    assert len(NODES) == 2
    least = Settings.model_fields["drain_seconds"].default + SLACK_SECONDS
    for node in NODES.values():
        assert node["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
        assert int(node["stop_grace_period"].removesuffix("s")) > least
        assert node["ulimits"]["nofile"] > Settings.model_fields["connections"].default + 1_000
    assert SERVICES["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"


def test_nginx_is_given_both_nodes_and_is_trusted() -> None:
    """The names that its command puts in stand in the site, and the nodes know its address."""
    command = SERVICES["nginx"]["command"][-1]
    site = (DEPLOY / "nginx.conf").read_text()
    changes = re.findall(r"s/([^/]+)/([^/]+)/", command)
    for old, _ in changes:
        assert site.count(f"server {old} ") == 1
    assert {new.partition(":")[0] for _, new in changes} == NODES.keys()
    address = SERVICES["nginx"]["networks"]["default"]["ipv4_address"]
    assert _example("itcook.env")["ITCOOK_TRUSTED_PROXIES"] == address


def test_the_examples_of_settings_hold_once_the_secrets_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server takes them, and PostgreSQL has the account that they name."""
    monkeypatch.chdir("/")  # no .env of somebody's
    ours, theirs = _example("itcook.env"), _example("postgres.env")
    for name, value in {**ours, "ITCOOK_SECRET": "s" * 32}.items():
        monkeypatch.setenv(name, value)
    settings = read_settings()
    assert settings.database_url == (
        f"postgres://{theirs['POSTGRES_USER']}:{theirs['POSTGRES_PASSWORD']}@postgres:5432/{theirs['POSTGRES_DB']}"
    )
    assert ours["ITCOOK_SECRET"] == ""


def _example(name: str) -> dict[str, str]:
    lines = (DEPLOY / f"{name}.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_unit_gives_time_to_drain_and_files_to_serve() -> None:
    """More than the defaults need; and no signal for the workers beside the supervisor's."""
    values = dict(re.findall(r"^(\w+)=(.*)$", UNIT, re.MULTILINE))
    assert int(values["TimeoutStopSec"]) > Settings.model_fields["drain_seconds"].default + SLACK_SECONDS
    assert int(values["LimitNOFILE"]) > Settings.model_fields["connections"].default + 1_000
    assert values["KillMode"] == "mixed"
    assert (values["NoNewPrivileges"], values["ProtectSystem"]) == ("yes", "strict")


def test_the_unit_has_no_more_rights_than_it_needs() -> None:
    """A user of its own without capabilities, new privileges, devices or homes, that writes in one place."""
    values = dict(re.findall(r"^(\w+)=(.*)$", UNIT, re.MULTILINE))
    asked = {name for name, value in values.items() if value == "yes"}
    assert asked >= {
        "DynamicUser",
        "NoNewPrivileges",
        "ProtectHome",
        "PrivateTmp",
        "PrivateDevices",
        "ProtectClock",
        "ProtectControlGroups",
        "ProtectHostname",
        "ProtectKernelLogs",
        "ProtectKernelModules",
        "ProtectKernelTunables",
        "RestrictNamespaces",
        "RestrictRealtime",
        "RestrictSUIDSGID",
        "LockPersonality",
        "MemoryDenyWriteExecute",
    }
    assert values["CapabilityBoundingSet"] == ""
    assert (values["UMask"], values["StateDirectoryMode"]) == ("0077", "0700")
    assert values["RestrictAddressFamilies"] == "AF_INET AF_INET6 AF_UNIX"
    assert not {"ReadWritePaths", "AmbientCapabilities", "User"} & values.keys()


def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    """`systemd-analyze verify`, with a command that exists in the place of the installed one."""
    verify = need("systemd-analyze")
    true = shutil.which("true")
    assert true is not None
    unit = tmp_path / "itcook.service"
    unit.write_text(UNIT.replace("/opt/itcook/.venv/bin/itcook", true))
    done = subprocess.run([verify, "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
