"""All the checks, one after the other; what cannot be looked at is left out, and what is behind it said."""

from collections.abc import AsyncIterator, Callable

from itcook.commands.doctor import database, machine, redis, settings, url
from itcook.commands.doctor.findings import Finding, Way, broken
from itcook.settings import Settings, SettingsError, read_settings


async def examine(way: Way | None, told: Callable[[Finding], None]) -> list[Finding]:
    """Look at this machine, and at the `way` to its server if there is one. `told` hears of each finding."""
    findings = []
    async for finding in _all(way):
        told(finding)
        findings.append(finding)
    return findings


async def _all(way: Way | None) -> AsyncIterator[Finding]:
    for finding in settings.unknown_names():
        yield finding
    try:
        read = read_settings()
    except SettingsError as error:
        yield broken(
            "settings", str(error), "see docs/OPERATIONS.md#settings; what depends on them is left out"
        )
        read = None
    if read is not None:
        async for finding in _of_this_machine(read):
            yield finding
    if way is not None:
        async for finding in url.look(way, read):
            yield finding


async def _of_this_machine(read: Settings) -> AsyncIterator[Finding]:
    for finding in settings.look(read):
        yield finding
    async for finding in database.look(read):
        yield finding
    async for finding in redis.look(read):
        yield finding
    for finding in machine.look(read):
        yield finding
    async for finding in machine.address(read):
        yield finding
