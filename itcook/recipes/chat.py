"""A chat endpoint that speaks OpenAI's API: one question, one answer that fits a JSON schema.

The format is that of `POST /chat/completions` with `response_format: json_schema`, which OpenAI, vLLM,
llama.cpp, Ollama, OpenRouter and others share. Neither the key nor anything that was asked or answered
reaches the logs.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import httpx
import structlog

from itcook import strict_json

MAX_ANSWER_BYTES = 256 * 1024  # a long recipe is 10 KiB; an answer without end must not fill the memory

log = structlog.get_logger(__name__)


class ChatError(Exception):
    """No answer; the message holds nothing of what was asked."""


class PassingChatError(ChatError):
    """No answer now: the endpoint is busy, broken or out of reach. It may say when to come back."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RefusedChatError(ChatError):
    """The endpoint does not serve such a question, and will not the next time either."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try. Seconds; the back-off doubles from one attempt to the next, with jitter."""

    attempts: int = 3
    attempt_seconds: float = 90  # a large model needs half of it for a long recipe
    connect_seconds: float = 5
    backoff_seconds: float = 1
    max_pause_seconds: float = 20  # whoever is told to wait for longer gives up instead


class Chat:
    """One endpoint. Close it."""

    def __init__(
        self, base_url: str, model: str, key: str | None = None, patience: Patience | None = None
    ) -> None:
        self._model = model
        self._patience = patience or Patience()
        self._client = httpx.AsyncClient(
            base_url=base_url,
            # No compression: a small body could inflate far beyond the bound before it is counted.
            headers={"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {key}"} if key else {}),
            timeout=httpx.Timeout(self._patience.attempt_seconds, connect=self._patience.connect_seconds),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def ask(self, messages: Sequence[dict[str, str]], schema: dict[str, Any]) -> str:
        """The text that the model answers. Raises `ChatError`."""
        question = {
            "model": self._model,
            "messages": list(messages),
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": schema},
            },
        }
        return await self._patiently(question)

    async def _patiently(self, question: dict[str, Any]) -> str:
        for attempt in range(1, self._patience.attempts + 1):
            try:
                return await self._attempt(question)
            except PassingChatError as error:
                pause = self._pause(attempt, error.retry_after)
                log.warning("no answer from the language model", error=str(error), attempt=attempt)
                if attempt == self._patience.attempts or pause > self._patience.max_pause_seconds:
                    raise
                await asyncio.sleep(pause)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _pause(self, attempt: int, retry_after: float | None) -> float:
        if retry_after is not None:
            return retry_after
        doubled = self._patience.backoff_seconds * float(2 ** (attempt - 1))
        return doubled * random.uniform(0.5, 1)  # noqa: S311 # jitter

    async def _attempt(self, question: dict[str, Any]) -> str:
        try:
            async with (
                asyncio.timeout(self._patience.attempt_seconds),
                self._client.stream("POST", "chat/completions", json=question) as response,
            ):
                _check(response)
                return _content(await _read(response))
        except TimeoutError:
            raise PassingChatError("it took too long") from None
        except httpx.HTTPError as error:
            raise PassingChatError(type(error).__name__) from None


def _check(response: httpx.Response) -> None:
    """Raise `ChatError` unless the response is an answer."""
    status = response.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise PassingChatError(f"status {status}", _retry_after(response))
    if status != httpx.codes.OK:
        raise RefusedChatError(f"status {status}")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise RefusedChatError("a compressed answer, which nobody asked for")


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds, the form of `Retry-After` that such endpoints use; a date counts as none."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdecimal() and len(value) <= 6 else None


async def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise RefusedChatError(f"an answer of more than {MAX_ANSWER_BYTES} bytes")
    return bytes(body)


def _content(body: bytes) -> str:
    """The text of the first choice. Raises `ChatError` if there is none."""
    try:
        message = strict_json.loads(body)["choices"][0]["message"]
        content = message.get("content")
    except (strict_json.InvalidJSONError, LookupError, TypeError, AttributeError):
        raise PassingChatError("an answer that is not of the chat API") from None
    if not isinstance(content, str):
        raise RefusedChatError("the model declined" if message.get("refusal") else "an answer without text")
    return content
