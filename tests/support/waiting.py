"""Waiting for what a test cannot be told of."""

import asyncio
from collections.abc import Callable

PATIENCE_SECONDS = 10  # far more than anything takes, on a busy machine too


async def until(condition: Callable[[], bool], within: float = PATIENCE_SECONDS) -> None:
    """Return once `condition()` holds. Raises `TimeoutError` after so many seconds."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 # a condition of the server has no event to wait for
            await asyncio.sleep(0.001)
