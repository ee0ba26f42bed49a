"""This machine: open files, disk space, the page, the address."""

import os
import resource
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx

import itcook
from itcook.capacity import RESERVED_FILES, SPARE
from itcook.commands.api import read_json, server_url
from itcook.commands.doctor.findings import Finding, broken, note, ok, warning
from itcook.settings import Settings

# As blueprints.page has it, which would bring all of Quart along.
DIST = Path(itcook.__file__).parent.parent / "web" / "dist"
BACKLOG = 2_048  # connections that wait to be accepted, as the server asks for
FULL_BYTES = 200e6
TIGHT_BYTES = 2e9
SECONDS = 5.0


def look(settings: Settings) -> Iterator[Finding]:
    """What the system gives to a process of this user."""
    yield _files(settings)
    yield from _backlog()
    if settings.embedded:
        yield _disk(settings.database_path)
    yield _page()


def _files(settings: Settings) -> Finding:
    needed = settings.connections + SPARE + RESERVED_FILES
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard >= needed:
        return ok(
            "open files", f"{_number(hard)} are allowed, {settings.connections:,} streams take {needed:,}"
        )
    return warning(
        "open files",
        f"{hard:,} are allowed, and {settings.connections:,} streams take {needed:,}: fewer are let in",
        f"LimitNOFILE={needed} in the unit, ulimit -Hn {needed} in a shell, or fewer ITCOOK_CONNECTIONS",
    )


def _number(limit: int) -> str:
    return "any number" if limit == resource.RLIM_INFINITY else f"{limit:,}"


def _backlog() -> Iterator[Finding]:
    try:
        allowed = int(Path("/proc/sys/net/core/somaxconn").read_text())
    except (OSError, ValueError):
        return  # not Linux
    if allowed < BACKLOG:
        found = f"net.core.somaxconn is {allowed:,}: so many connections may wait, and more are refused"
        yield warning("backlog", found, f"sysctl net.core.somaxconn={BACKLOG}")


def _disk(path: Path) -> Finding:
    directory = path.absolute().parent
    while not directory.exists():
        directory = directory.parent
    if not os.access(directory, os.W_OK):
        return broken(
            "disk", f"{directory} cannot be written to", f"give it to this user, or name another in {_URL}"
        )
    free = shutil.disk_usage(directory).free
    found = f"{free / 1e9:,.1f} GB are free in {directory}"
    if free < FULL_BYTES:
        return broken("disk", found, "make room: with a full disk nothing is stored, and answers are 503")
    if free < TIGHT_BYTES:
        return warning("disk", found, "make room")
    return ok("disk", found)


_URL = "ITCOOK_DATABASE_URL"


def _page() -> Finding:
    if (DIST / "index.html").exists():
        return ok("page", f"built, in {DIST}")
    return note("page", "not built: / answers 404, and everything else works; make web builds it")


async def address(settings: Settings) -> AsyncIterator[Finding]:
    """Whether the server can listen there, or does."""
    url = server_url(None)
    ready = await _ready(url)
    if ready is not None:
        yield _state(url, ready)
    elif settings.port and not _is_free(settings):
        mend = f"stop it (ss -ltnp 'sport = :{settings.port}' names it), or choose another ITCOOK_BIND"
        yield broken("address", f"another program has {settings.bind}", mend)
    else:
        yield ok("address", f"{settings.bind} is free; no server runs here")


async def _ready(url: str) -> httpx.Response | None:
    """What the server at `url` says of itself; None if that is none of ours."""
    try:
        # Its certificate is for another name than this address.
        async with httpx.AsyncClient(verify=False, trust_env=False, timeout=SECONDS) as http:  # noqa: S501 # nothing is told to it
            live = await http.get(f"{url}/health/live")
            if read_json(live) != {"status": "live"}:
                return None
            return await http.get(f"{url}/health/ready")
    except httpx.HTTPError:
        return None


def _state(url: str, ready: httpx.Response) -> Finding:
    body = read_json(ready) or {}
    if not ready.is_success:
        return broken("server", f"at {url}: {body.get('detail', ready.status_code)}", "look at its log")
    if body.get("degraded"):
        return warning("server", f"at {url} does without {', '.join(body['degraded'])}", "mend that")
    return ok("server", f"runs at {url}, and is ready")


def _is_free(settings: Settings) -> bool:
    try:
        [found, *_] = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
        with socket.socket(found[0], socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(found[4])
    except OSError:
        return False
    return True
