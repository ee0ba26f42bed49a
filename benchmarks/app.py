"""`itcook serve` with three additions, for benchmarks alone: `python -m benchmarks.app`.

- A line on standard input, `COUNT CHANNEL LENGTH`, has so many events published on the channel, with so many
  characters of content: handed to the node's broker, as the relay does it once they are committed. That is
  a fan-out without the POST before it.
- With `--count-reads`, `GET /benchmark/reads` tells how many SELECTs SQLite was given, and how many of
  them were of the stored stream.
- With `--uncounted`, events and their deliveries are not counted for metrics.
"""

import asyncio
import os
import sqlite3
import sys
from collections.abc import AsyncGenerator, Callable
from functools import partial
from typing import Any

from quart import Blueprint, Quart, current_app

from benchmarks.event import CONTENT, envelope
from blueprints.guard import public
from itcook import logs, server
from itcook.app import create_app
from itcook.settings import read_settings
from itcook.stream.cursor import Cursor

blueprint = Blueprint("benchmark", __name__, url_prefix="/benchmark")


class Reads:
    """Counts SELECT statements: all of them, and those that read the stored stream."""

    def __init__(self) -> None:
        self.all = 0
        self.stream = 0

    def connecting(self, connect: Callable[..., sqlite3.Connection]) -> Callable[..., sqlite3.Connection]:
        """`connect`, with each connection watched from the start."""

        def watched(*args: Any, **options: Any) -> sqlite3.Connection:
            connection = connect(*args, **options)
            connection.set_trace_callback(self._see)
            return connection

        return watched

    def _see(self, statement: str) -> None:
        if statement.lstrip()[:6].upper() == "SELECT":
            self.all += 1
            self.stream += "stream_entries" in statement


@blueprint.get("/reads")
@public
async def reads() -> dict[str, int]:
    counted: Reads = current_app.extensions["benchmark"]
    return {"all": counted.all, "stream": counted.stream}


def _obey(app: Quart) -> None:
    """Publish what the lines on standard input say, one after the other."""
    loop = asyncio.get_running_loop()
    orders: asyncio.Queue[str] = asyncio.Queue()

    def read() -> None:
        data = os.read(sys.stdin.fileno(), 4096)
        if not data:  # whoever started us is gone
            loop.remove_reader(sys.stdin.fileno())
        for line in data.decode().splitlines():
            orders.put_nowait(line)

    async def work() -> None:
        while True:
            count, channel, length = (await orders.get()).split()
            await _publish(app, int(count), channel, int(length))

    loop.add_reader(sys.stdin.fileno(), read)
    app.extensions["obeying"] = asyncio.create_task(work())


async def _publish(app: Quart, count: int, channel: str, length: int) -> None:
    node = app.extensions["itcook"].stream
    head = Cursor.parse(node.cursor())
    assert head is not None, "our own cursor"
    places = range(head.position + 1, head.position + 1 + count)
    content = (CONTENT * (length // len(CONTENT) + 1))[:length]
    # The broker is the node's own affair, but for this.
    await node.broker.publish([envelope(Cursor(head.epoch, place), channel, content) for place in places])


async def _count_nothing(app: Quart) -> AsyncGenerator[None, None]:
    node = app.extensions["itcook"].stream
    node.counters.published = lambda batch: None
    node._broadcaster._delivered = None
    yield


def main() -> None:
    counted = Reads()
    if "--count-reads" in sys.argv[1:]:
        sqlite3.connect = counted.connecting(sqlite3.connect)  # type: ignore[assignment] # of one shape
    settings = read_settings()
    logs.configure(settings)
    app = create_app(settings)
    app.extensions["benchmark"] = counted
    app.register_blueprint(blueprint)

    @app.before_serving
    async def obey() -> None:
        _obey(app)

    if "--uncounted" in sys.argv[1:]:
        app.while_serving(partial(_count_nothing, app))

    server.run(app, settings)


if __name__ == "__main__":
    main()
