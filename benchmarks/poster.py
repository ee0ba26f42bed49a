"""Posts over one keep-alive connection."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.event import CONTENT
from benchmarks.tally import PATIENCE

_BODY = json.dumps({"content": CONTENT, "post_type": "recipe"}).encode()
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class Poster:
    """One client that posts, one post after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str) -> None:
        self._reader = reader
        self._writer = writer
        self._request = (
            b"POST /api/v1/community/posts HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Authorization: Bearer %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (token.encode(), len(_BODY), _BODY)
        )

    async def post(self) -> None:
        """Share one post. Raises `RuntimeError` unless it is answered with 201."""
        self._writer.write(self._request)
        async with asyncio.timeout(PATIENCE):
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            body = await self._reader.readexactly(int(length[1]) if length else 0)
        if not head.startswith(b"HTTP/1.1 201"):
            raise RuntimeError(f"a post was refused: {head!r} {body!r}")


@asynccontextmanager
async def poster(port: int, token: str) -> AsyncIterator[Poster]:
    """A connected poster."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Poster(reader, writer, token)
    finally:
        writer.close()
        await writer.wait_closed()
