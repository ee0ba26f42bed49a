"""`itcook serve`, which tells on SIGUSR1 how much there is of what must not grow: a program."""

import asyncio
import gc
import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import structlog
from quart import Quart

from itcook import logs, server
from itcook.app import create_app
from itcook.settings import read_settings

log = structlog.get_logger(__name__)


def watched(app: Quart) -> Quart:
    """The same, listening to the signal while it serves."""

    @app.while_serving
    async def listen() -> AsyncGenerator[None, None]:
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, tell)
        yield

    return app


def tell() -> None:
    """Log how many tasks and descriptors there are, once nothing is held by a cycle."""
    gc.collect()
    log.info("watched", tasks=len(asyncio.all_tasks()), files=len(list(Path("/proc/self/fd").iterdir())))


if __name__ == "__main__":
    read = read_settings()
    logs.configure(read)
    server.run(watched(create_app(read)), read)
