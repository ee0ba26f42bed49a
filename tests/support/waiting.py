"""Waiting for what a test cannot be told of."""

import asyncio
from collections.abc import Callable

PATIENCE_SECONDS = 10  # far more than anything takes, on a busy machine too


async def until(condition: Callable[[], bool]) -> None:
    """Return once `condition()` holds. Raises `TimeoutError`."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110 # a condition of the server has no event to wait for
            await asyncio.sleep(0.001)
