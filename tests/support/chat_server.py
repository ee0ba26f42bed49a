"""A real HTTP server that speaks the chat API of OpenAI, and fails in the ways such servers fail."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.recipes import BORSCHT


def completion(content: str | None, **message: Any) -> bytes:
    """The body of an answer with this text."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **message}}
    return json.dumps({"object": "chat.completion", "choices": [choice]}).encode()


def recipe(**changes: Any) -> bytes:
    """The body of an answer that is a borscht for two, but for what is named."""
    return completion(json.dumps({**BORSCHT, "servings": 2, **changes}))


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. After `cut` bytes of the body, if given, the connection is dropped.

    With `drip`, so many seconds pass before each byte of the body.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    drip: float | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One request as it arrived; header names in lower case."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class ChatServer:
    """Answers with `replies`, the last of them for ever; `hold` keeps every answer back until it is set."""

    def __init__(self, port: int, replies: list[Reply]) -> None:
        self.base_url = f"http://127.0.0.1:{port}/v1"
        self.replies = replies
        self.questions: list[Question] = []
        self.hold = asyncio.Event()
        self.hold.set()
        self.gone = 0

    def was_asked(self, times: int) -> bool:
        """Whether it was asked so often."""
        return len(self.questions) >= times

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.questions.append(await _question(reader))
            leaving = asyncio.create_task(reader.read())
            holding = asyncio.create_task(self.hold.wait())
            await asyncio.wait({leaving, holding}, return_when=asyncio.FIRST_COMPLETED)
            self.gone += leaving.done()
            leaving.cancel()
            holding.cancel()
            reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
            await _send(writer, reply)
        except ConnectionError:
            return
        finally:
            writer.close()


@asynccontextmanager
async def chat_server(*replies: Reply) -> AsyncIterator[ChatServer]:
    """A server on a port that the system chose; without replies, it answers with a borscht."""
    chat: ChatServer

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await chat.converse(reader, writer)

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    chat = ChatServer(server.sockets[0].getsockname()[1], list(replies) or [Reply(recipe())])
    async with server:
        yield chat
        chat.hold.set()


async def _question(reader: asyncio.StreamReader) -> Question:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii")
    request_line, *lines = head.rstrip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers["content-length"]))
    return Question(request_line.split(" ")[1], headers, json.loads(body))


async def _send(writer: asyncio.StreamWriter, reply: Reply) -> None:
    headers = {"Content-Length": str(len(reply.body)), "Connection": "close", **reply.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {reply.status} Whatever\r\n{lines}\r\n".encode())
    for part in [reply.body[: reply.cut]] if reply.drip is None else _bytes(reply.body):
        await asyncio.sleep(reply.drip or 0)
        writer.write(part)
        await writer.drain()


def _bytes(body: bytes) -> list[bytes]:
    return [body[place : place + 1] for place in range(len(body))]
