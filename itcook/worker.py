"""A worker: the server as one of several processes, on a listener that it was given."""

import asyncio
import contextlib
import signal
import socket

from quart import Quart

from itcook.server import run_loop, serve
from itcook.settings import Settings
from itcook.supervisor import HURRY, READY


def run(app: Quart, settings: Settings, listener: socket.socket, line: socket.socket) -> None:
    """Serve on `listener` until the supervisor says otherwise on `line`, or is gone.

    SIGTERM and SIGINT drain, too, however often they come: a service manager may send them to every process,
    beside what the supervisor says.
    """
    run_loop(settings, _until_told(app, settings, listener, line))


async def _until_told(app: Quart, settings: Settings, listener: socket.socket, line: socket.socket) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    line.setblocking(False)
    serving = asyncio.create_task(serve(app, settings, listener, stop, lambda: _say_ready(line)))

    def told() -> None:
        words = _heard(line)
        if not words:
            loop.remove_reader(line)
        if HURRY in words:
            serving.cancel()
        stop.set()

    loop.add_reader(line, told)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    loop.remove_reader(line)


def _say_ready(line: socket.socket) -> None:
    with contextlib.suppress(OSError):  # that the supervisor is gone, it hears as well
        line.send(READY)


def _heard(line: socket.socket) -> bytes:
    """What the supervisor said; nothing, if it is gone."""
    try:
        return line.recv(64)
    except OSError:
        return b""
