"""Posts over one keep-alive connection."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.event import CONTENT
from benchmarks.tally import PATIENCE

_POST = {"content": CONTENT, "post_type": "recipe"}
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


def request(method: str, path: str, token: str, body: object) -> bytes:
    """A request with a JSON body, to the API's `path`."""
    text = json.dumps(body).encode()
    return (
        b"%b /api/v1%b HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Authorization: Bearer %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
        % (method.encode(), path.encode(), token.encode(), len(text), text)
    )


class Poster:
    """One client that posts, one post after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str) -> None:
        self._reader = reader
        self._writer = writer
        self._request = request("POST", "/community/posts", token, _POST)

    async def post(self) -> None:
        """Share one post. Raises `RuntimeError` unless it is answered with 201."""
        status, body = await self.ask(self._request)
        if status != 201:
            raise RuntimeError(f"a post was refused: {status} {body!r}")

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """The status and the body of the answer to any request."""
        self._writer.write(request)
        async with asyncio.timeout(PATIENCE):
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            body = await self._reader.readexactly(int(length[1]) if length else 0)
        return int(head[9:12]), body


@asynccontextmanager
async def poster(port: int, token: str) -> AsyncIterator[Poster]:
    """A connected poster."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Poster(reader, writer, token)
    finally:
        writer.close()
        await writer.wait_closed()
