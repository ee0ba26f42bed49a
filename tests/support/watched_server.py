"""`itcook serve`, which tells on a signal how much there is of what must not grow: a program.

On SIGUSR1 it lets go of what is held by cycles before it looks; on SIGUSR2 it only looks.
"""

import asyncio
import gc
import signal
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import structlog
from quart import Quart

from itcook import logs, server
from itcook.app import create_app
from itcook.settings import read_settings

log = structlog.get_logger(__name__)


def watched(app: Quart) -> Quart:
    """The same, listening to the signals while it serves."""

    def tell() -> None:
        log.info(
            "watched",
            tasks=len(asyncio.all_tasks()),
            files=len(list(Path("/proc/self/fd").iterdir())),
            connections=len(app.extensions["itcook"].stream.connections),
            blocks=sys.getallocatedblocks(),
        )

    def collect_and_tell() -> None:
        gc.collect()
        tell()

    @app.while_serving
    async def listen() -> AsyncGenerator[None, None]:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, collect_and_tell)
        loop.add_signal_handler(signal.SIGUSR2, tell)
        yield

    return app


if __name__ == "__main__":
    read = read_settings()
    logs.configure(read)
    server.run(watched(create_app(read)), read)
