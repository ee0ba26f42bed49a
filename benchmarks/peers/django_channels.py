"""Django Channels on uvicorn, with the in-memory layer: a group for everybody."""

import django
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from channels.routing import ProtocolTypeRouter, URLRouter
from common import CONNECTED, event, is_known, run_uvicorn
from django.conf import settings
from django.urls import path

GROUP = "community"
CAPACITY = 10_000  # messages a client may be behind, 100 by default; more are dropped without a word

layer = {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": CAPACITY}}
settings.configure(CHANNEL_LAYERS={"default": layer})
django.setup()


class Stream(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        headers = dict(self.scope["headers"])
        if not is_known(headers.get(b"authorization", b"").decode()):
            await self.close()
            return
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()
        await self.send(text_data=CONNECTED)

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def stream_event(self, message: dict[str, str]) -> None:
        await self.send(text_data=message["text"])


async def publish(count: int) -> None:
    layer = get_channel_layer()
    for _ in range(count):
        await layer.group_send(GROUP, {"type": "stream.event", "text": event()})


run_uvicorn(ProtocolTypeRouter({"websocket": URLRouter([path("stream", Stream.as_asgi())])}), publish)
