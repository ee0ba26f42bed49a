"""Following the stream: connection after connection, without gap or double."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from itcook.commands.api import RefusedError, UnreachableError
from itcook.commands.login import Login
from itcook.commands.resumption import Resumption, Return
from itcook.commands.streams import EndedError, Transport, open_stream


@dataclass(frozen=True, slots=True)
class Arrived:
    """One event: its JSON as it came, and what that says."""

    text: str
    event: dict[str, Any]

    @property
    def type(self) -> str:
        name: str = self.event["type"]
        return name


async def follow(
    login: Login,
    transport: Transport,
    channels: Sequence[str],
    resumption: Resumption,
    told: Callable[[Return], None],
) -> AsyncGenerator[Arrived, None]:
    """Every event, control events among them. `told` hears why and when the client comes back.

    Raises `CommandError` when it must not, or cannot.
    """
    while True:
        try:
            async with aclosing(_connection(login, transport, channels, resumption)) as arriving:
                async for arrived in arriving:
                    yield arrived
        except EndedError as error:
            coming = resumption.after_end(str(error))
        except RefusedError as error:
            coming = resumption.after_refusal(error)
        except UnreachableError as error:
            coming = resumption.after_silence(str(error))
        else:
            raise AssertionError("a connection ends by an error")
        told(coming)
        await asyncio.sleep(coming.seconds)
        if coming.renews:
            await _renew(login, resumption, told)


async def _connection(
    login: Login, transport: Transport, channels: Sequence[str], resumption: Resumption
) -> AsyncGenerator[Arrived, None]:
    parameters = {"channels": ",".join(channels)} if channels else {}
    if resumption.cursor is not None:
        parameters["cursor"] = resumption.cursor
    async with open_stream(login.api, transport, login.token, parameters) as texts:
        while True:
            try:
                async with asyncio.timeout(resumption.patience_seconds):
                    text = await anext(texts)
            except TimeoutError:
                raise EndedError("nothing was heard") from None
            arrived = Arrived(text, json.loads(text))
            resumption.saw(arrived.event)
            yield arrived


async def _renew(login: Login, resumption: Resumption, told: Callable[[Return], None]) -> None:
    while True:
        try:
            await login.renewed()
            return
        except RefusedError as error:
            coming = resumption.after_refusal(error)
        except UnreachableError as error:
            coming = resumption.after_silence(str(error))
        told(coming)
        await asyncio.sleep(coming.seconds)
