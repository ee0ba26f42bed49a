"""A network that fails as networks do: a TCP proxy in front of a server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class BadNetwork:
    """Passes bytes on until it is told otherwise; the two ends of a connection notice nothing else."""

    def __init__(self, server: tuple[str, int]) -> None:
        self.swallows = False  # takes bytes from either side, acknowledges them, and passes none on
        self.delay = 0.0  # seconds that each piece is held
        self.address = ("127.0.0.1", 0)
        self.server = server  # where it leads; another one from the next connection on
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        """Drop all connections, on both sides, without a word."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        task = asyncio.current_task()
        assert task is not None, "start_server runs this in a task"
        self._tasks.add(task)
        onward_reader, onward = await asyncio.open_connection(*self.server)
        self._writers |= {writer, onward}
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._carry(reader, onward))
                tasks.create_task(self._carry(onward_reader, writer))
        finally:
            self._writers -= {writer, onward}
            writer.transport.abort()
            onward.transport.abort()
            self._tasks.discard(task)

    async def close(self) -> None:
        """Be gone, and everything with it."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(2**16):
                if self.swallows:
                    continue
                await asyncio.sleep(self.delay)
                writer.write(data)
                await writer.drain()
            if not self.swallows:
                writer.write_eof()
        except OSError:
            self.cut()


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
