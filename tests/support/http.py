"""Requests whose method is a variable."""

from typing import Any

from quart.typing import TestClientProtocol as Client


async def send(client: Client, method: str, path: str, **arguments: Any) -> Any:
    """The response. Quart's own `open` has no such type: there, no argument can be left out."""
    return await getattr(client, method.lower())(path, **arguments)
