"""Capacity: how many connections this process takes, by its settings and by its limit of open files."""

import resource
from dataclasses import dataclass

import structlog

from itcook.settings import PREFIX, Settings

# The database, the log, the listener, what a request opens, and one to refuse others with.
RESERVED_FILES = 64
SPARE = 1_000  # connections that are no streams: requests, and handshakes on their way

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Capacity:
    """`streams` is how many are taken in, `sockets` how many TCP connections are served at once."""

    streams: int
    sockets: int


def capacity(settings: Settings) -> Capacity:
    """What this process can serve. A tenth of the sockets, at most `SPARE`, is never given to streams."""
    return _within(settings.connections, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def raise_limit_of_files(settings: Settings) -> None:
    """Have as many open files allowed as the settings need, if the system lets us; else say so."""
    needed = settings.connections + SPARE + RESERVED_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    allowed = _within(settings.connections, soft).streams
    if allowed < settings.connections:
        log.warning(
            "the limit of open files allows fewer connections",
            setting=f"{PREFIX}CONNECTIONS",
            connections=allowed,
            files=soft,
        )


def _within(connections: int, files: int) -> Capacity:
    if files == resource.RLIM_INFINITY:
        return Capacity(connections, connections + SPARE)
    sockets = max(2, min(connections + SPARE, files - RESERVED_FILES))
    return Capacity(min(connections, sockets - min(SPARE, max(1, sockets // 10))), sockets)
