"""Tracing: a trace from a request over its transaction, the relay and the broker to the fan-out on each node.

Off unless `ITCOOK_TRACING` says so, and then nothing of OpenTelemetry is imported. Whoever has something to
tell asks for the `tracer()`: once a request, a transaction or a batch of events, and never once a client.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from itcook.settings import PREFIX, Settings, SettingsError

if TYPE_CHECKING:
    from itcook.tracing.tracer import Tracer

_tracer: "Tracer | None" = None


def tracer() -> "Tracer | None":
    """Whom spans are told to; None where nothing is traced."""
    return _tracer


@asynccontextmanager
async def traced(settings: Settings) -> AsyncIterator[None]:
    """Trace what happens meanwhile, if the settings say so.

    Raises `SettingsError` if what that needs is not installed.
    """
    global _tracer
    if settings.tracing == "off":
        yield
        return
    try:
        from itcook.tracing.tracer import exporting
    except ImportError:
        raise SettingsError(
            f"{PREFIX}TRACING: needs more than the server does:"
            " pip install --require-hashes --requirement requirements-tracing.txt"
        ) from None
    _tracer = exporting()
    try:
        yield
    finally:
        ending, _tracer = _tracer, None
        await ending.close()
