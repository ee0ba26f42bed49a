"""`itcook doctor`, where all is well, and where it is not."""

import json
import socket
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from blueprints import page
from itcook.commands.doctor import machine
from itcook.commands.exits import Exit
from tests.support.api import Api
from tests.support.commands import Done, itcook, signing_in
from tests.support.nginx import bare, nginx
from tests.support.people import Person
from tests.support.postgres import SECRET, Cluster
from tests.support.processes import Server, running
from tests.support.redis_server import RedisServer, redis

__all__ = ["redis"]

Findings = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def server_settings() -> Mapping[str, object]:
    """Heartbeats are waited for, and nginx is trusted."""
    return {"heartbeat_seconds": 0.5, "trusted_proxies": "127.0.0.2"}


def findings(done: Done) -> Findings:
    """By what was looked at; the worst where there are several."""
    order = ("ok", "note", "warning", "broken")
    found = sorted(
        (json.loads(line) for line in done.out.splitlines()), key=lambda f: order.index(f["verdict"])
    )
    return {one["what"]: one for one in found}


def verdicts(done: Done) -> dict[str, str]:
    return {what: one["verdict"] for what, one in findings(done).items()}


@pytest.fixture
async def proxy(server: Server, tmp_path: Path) -> AsyncIterator[str]:
    """An nginx that passes nothing on as it should: it holds answers back, and knows no WebSockets."""
    host, port = server.address
    spoiling = ("proxy_ignore_headers X-Accel-Buffering;", "proxy_buffers 8 64k; proxy_buffer_size 64k;")
    async with nginx(tmp_path, bare(f"{host}:{port}", *spoiling)) as address:
        yield "http://{}:{}".format(*address)


async def test_all_is_well_with_a_server_that_runs(server: Server, ada: Person, tmp_path: Path) -> None:
    """0, and no warning; directly streams come through, and what a client makes up is not believed."""
    own = {
        "ITCOOK_DATABASE_URL": f"sqlite:///{server.database}",
        "ITCOOK_BIND": "{}:{}".format(*server.address),
    }
    arguments = ["doctor", "--json", "--url", server.url, *signing_in(ada)]
    done = await itcook(*arguments, directory=tmp_path, settings=own)
    found = verdicts(done)
    assert done.code == Exit.OK, done.out
    assert "broken" not in found.values()
    assert found.items() >= {
        ("settings", "ok"),
        ("database", "ok"),
        ("server", "ok"),
        ("disk", "ok"),
        ("way", "ok"),
        ("clock", "ok"),
        ("trusted proxies", "ok"),
        ("WebSocket", "ok"),
        ("SSE", "ok"),
    }
    assert "a server has it open" in findings(done)["database"]["found"]


async def test_a_proxy_that_spoils_streams_is_found(
    server: Server, ada: Person, proxy: str, tmp_path: Path
) -> None:
    """1: SSE is held back, the WebSocket is not passed, and all clients have the proxy's address."""
    done = await itcook("doctor", "--json", "--url", proxy, *signing_in(ada), directory=tmp_path)
    found = findings(done)
    assert done.code == Exit.FAILED
    assert {what: found[what]["verdict"] for what in ("WebSocket", "SSE", "trusted proxies")} == {
        "WebSocket": "broken",
        "SSE": "broken",
        "trusted proxies": "warning",
    }
    assert "holds it back" in found["SSE"]["found"]
    assert all(one["mend"] for one in found.values() if one["verdict"] in {"warning", "broken"})
    assert "to be mended" in done.err


async def test_a_server_that_believes_everybody_is_found(tmp_path: Path) -> None:
    """1: whoever writes X-Forwarded-For chooses an address."""
    async with running(tmp_path, trusted_proxies="127.0.0.0/8", heartbeat_seconds=0.5) as server:
        api = Api(server)
        ada = await api.register("Ada Lovelace")
        await api.aclose()
        done = await itcook("doctor", "--json", "--url", server.url, *signing_in(ada), directory=tmp_path)
    assert (done.code, verdicts(done)["trusted proxies"]) == (Exit.FAILED, "broken")


async def test_what_is_wrong_on_this_machine_is_found(tmp_path: Path) -> None:
    """A setting with a typo, a file that is no database, quotas that are off, a port that is taken; and where
    settings cannot be right, that alone.
    """
    (tmp_path / "itcook.sqlite3").write_text("not a database, though it has some length")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        sick = {
            "ITCOOK_DATABASE_URL": f"sqlite:///{tmp_path / 'itcook.sqlite3'}",
            "ITCOOK_BIND": "{}:{}".format(*taken.getsockname()),
            "ITCOOK_RATE_LIMITS": "off",
            "ITCOOK_TRUSTED_PROXYS": "127.0.0.1",
        }
        done = await itcook("doctor", "--json", directory=tmp_path, settings=sick)
    found = findings(done)
    assert done.code == Exit.FAILED
    assert verdicts(done).items() >= {
        ("settings", "warning"),
        ("database", "broken"),
        ("quotas", "warning"),
        ("address", "broken"),
    }
    assert found["settings"]["mend"] == "did you mean ITCOOK_TRUSTED_PROXIES?"
    wrong = await itcook("doctor", directory=tmp_path, settings={"ITCOOK_BIND": "nowhere"})
    assert (wrong.code, "ITCOOK_BIND must be" in wrong.out) == (Exit.FAILED, True)


async def test_postgresql_and_redis_are_looked_at(
    postgresql: Cluster, redis: RedisServer, tmp_path: Path
) -> None:
    """Well, away and behind: each is told, with what to do."""
    async with postgresql.database() as url:
        settings = {"ITCOOK_DATABASE_URL": url, "ITCOOK_SECRET": SECRET, "ITCOOK_BIND": "127.0.0.1:0"}
        well = await itcook(
            "doctor", "--json", directory=tmp_path, settings={**settings, "ITCOOK_REDIS_URL": redis.url}
        )
        await redis.kill()
        away = {"ITCOOK_REDIS_URL": redis.url, "ITCOOK_DATABASE_URL": url.rpartition("/")[0] + "/postgres"}
        sick = await itcook("doctor", "--json", directory=tmp_path, settings={**settings, **away})
        alone = await itcook("doctor", "--json", directory=tmp_path, settings=settings)
    assert (well.code, alone.code, sick.code) == (Exit.OK, Exit.OK, Exit.FAILED), well.out + alone.out
    good = {("database", "ok"), ("migrations", "ok"), ("clock", "ok"), ("connections", "ok")}
    assert verdicts(well).items() >= {*good, ("Redis", "ok")}
    assert verdicts(alone).items() >= {*good, ("NOTIFY", "ok")}
    assert findings(sick)["migrations"]["mend"] == "run itcook migrate"
    assert verdicts(sick)["Redis"] == "broken"


def test_the_page_is_looked_for_where_it_is_served_from() -> None:
    """The doctor does not import what serves it."""
    assert machine.DIST == page.DIST
