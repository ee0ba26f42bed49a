"""IT Cook under Hypercorn alone, which knows nothing of streams: a program, started by `sinks.py`."""

import asyncio
import logging
import signal
import socket

import structlog
from hypercorn.asyncio import serve
from hypercorn.config import Config

from itcook import logs
from itcook.app import create_app
from itcook.messages import MAX_MESSAGE_BYTES
from itcook.settings import read_settings

log = structlog.get_logger(__name__)


async def main() -> None:
    """Serve on a port that the system chose, until SIGTERM."""
    settings = read_settings()
    logs.configure(settings)
    listener = socket.create_server((settings.host, settings.port))
    url = "http://{}:{}".format(*listener.getsockname())
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.errorlog = logging.getLogger("hypercorn.error")
    config.websocket_max_message_size = MAX_MESSAGE_BYTES  # the bound is a server's to keep
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    serving = asyncio.create_task(serve(create_app(settings), config, shutdown_trigger=stop.wait))
    log.info("serving", url=url)  # who connects before it has started waits
    await serving


if __name__ == "__main__":
    asyncio.run(main())
