"""Print the stream of one person, one JSON event a line, and resume by itself when it is cut.

python websocket_tail.py ws://127.0.0.1:3000/api/v1/realtime/ws ACCESS_TOKEN
"""

import asyncio
import json
import random
import sys
from urllib.parse import urlencode

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


async def tail(url: str, token: str) -> None:
    """Follow the stream until the server says not to come back."""
    cursor = None
    while True:
        address = f"{url}?{urlencode({'cursor': cursor})}" if cursor else url
        wait = random.uniform(0.5, 2)
        try:
            async with connect(address, additional_headers={"Authorization": f"Bearer {token}"}) as stream:
                async for message in stream:
                    print(message, flush=True)
                    event = json.loads(message)
                    # Durable events are cursors themselves; Connected and Heartbeat report one.
                    cursor = event.get("id") or event["data"].get("cursor") or cursor
                    if event["type"] == "Disconnecting":
                        wait = event["data"]["retry_after_ms"] / 1000
                        if not event["data"]["reconnect"]:
                            return
        except BrokenPipeError:  # of print(), not of the socket: nobody reads what this prints
            raise
        except (ConnectionClosed, OSError):
            print(f"cut; resuming after {cursor}", file=sys.stderr)
        await asyncio.sleep(wait)


if __name__ == "__main__":
    asyncio.run(tail(sys.argv[1], sys.argv[2]))
