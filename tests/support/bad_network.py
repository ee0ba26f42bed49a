"""A network that fails as networks do: a TCP proxy in front of a server."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager


class BadNetwork:
    """Passes bytes on until it is told otherwise; the two ends of a connection notice nothing else."""

    def __init__(self, server: tuple[str, int]) -> None:
        self.swallows = False  # takes bytes from either side, acknowledges them, and passes none on
        self.delay = 0.0  # seconds that each piece is held
        self.refuses_websockets = False  # drops a connection that asks to become one
        self.address = ("127.0.0.1", 0)
        self.server = server  # where it leads; another one from the next connection on
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        """Drop all connections, on both sides, without a word."""
        _drop(self._writers)

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        task = asyncio.current_task()
        assert task is not None, "start_server runs this in a task"
        self._tasks.add(task)
        try:
            onward_reader, onward = await asyncio.open_connection(*self.server)
        except OSError:  # the server is not there now
            writer.transport.abort()
            self._tasks.discard(task)
            return
        ends = {writer, onward}
        self._writers |= ends
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._carry(reader, onward, ends))
                tasks.create_task(self._carry(onward_reader, writer, ends))
        finally:
            self._writers -= ends
            _drop(ends)
            self._tasks.discard(task)

    async def close(self) -> None:
        """Be gone, and everything with it."""
        while self._tasks:
            self.cut()
            await asyncio.wait(self._tasks)

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ends: set[asyncio.StreamWriter]
    ) -> None:
        try:
            while data := await reader.read(2**16):
                if self.swallows:
                    continue
                if self.refuses_websockets and b"\r\nupgrade: websocket" in data.lower():
                    _drop(ends)
                    return
                await asyncio.sleep(self.delay)
                if writer.is_closing():  # by now; uvloop would raise
                    return
                writer.write(data)
                await writer.drain()
            if not self.swallows and not writer.is_closing():
                writer.write_eof()
        except OSError:
            _drop(ends)


def _drop(writers: Iterable[asyncio.StreamWriter]) -> None:
    for writer in list(writers):
        writer.transport.abort()


@asynccontextmanager
async def bad_network(server: tuple[str, int]) -> AsyncIterator[BadNetwork]:
    """One that leads to `server`, gone afterwards."""
    network = BadNetwork(server)
    listener = await asyncio.start_server(network.connected, "127.0.0.1", 0)
    network.address = listener.sockets[0].getsockname()
    try:
        yield network
    finally:
        listener.close()
        await network.close()
