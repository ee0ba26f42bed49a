"""Metrics at an address of their own, which is open to whoever reaches it."""

from collections.abc import Mapping
from typing import Any

from itcook.metrics.metrics import Metrics

PATH = "/metrics"


class MetricsApp:
    """An ASGI application that answers `GET /metrics`, and 404 to all else."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        elif (scope["method"], scope["path"]) == ("GET", PATH):
            text, content_type = self._metrics.text(_accept(scope))
            await _answer(send, 200, content_type, text)
        else:
            await _answer(send, 404, "text/plain; charset=utf-8", b"metrics are at /metrics\n")


def _accept(scope: Mapping[str, Any]) -> str:
    return ",".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"accept")


async def _answer(send: Any, status: int, content_type: str, body: bytes) -> None:
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
