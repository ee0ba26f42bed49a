"""What a running server consists of, for whoever serves a request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from itcook.auth.accounts import Accounts
from itcook.auth.credentials import principal_of
from itcook.auth.last_seen import LastSeen
from itcook.auth.passwords import Passwords
from itcook.auth.principal import Principal
from itcook.auth.signing import signing_key
from itcook.auth.tokens import Tokens
from itcook.clock import utc_now
from itcook.database import Database
from itcook.fridge import expiry_scan
from itcook.housekeeping import Housekeeping
from itcook.kitchens.homes import open_home
from itcook.kitchens.membership import on_membership
from itcook.notifications import system
from itcook.quotas.quotas import Quotas
from itcook.quotas.shared import SharedQuotas, open_quotas
from itcook.recipes.chat import Chat
from itcook.recipes.cookbook import Cookbook
from itcook.recipes.llm import LanguageModel
from itcook.recipes.provider import Provider
from itcook.recipes.worker import Worker
from itcook.schedule.runner import Job, Runner
from itcook.settings import Settings
from itcook.shared import Shared, open_shared
from itcook.stream.node import Node
from itcook.stream.redis.places import shared_places
from itcook.stream.renewal import Verify
from itcook.stream.signals import MembershipChanged

SEND_SECONDS = 10.0  # a notification may be as much later than its time


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that lives as long as the server does."""

    settings: Settings
    database: Database
    tokens: Tokens
    accounts: Accounts
    last_seen: LastSeen
    stream: Node
    shared: Shared
    quotas: Quotas | SharedQuotas | None


@asynccontextmanager
async def open_services(settings: Settings, passwords: Passwords) -> AsyncIterator[Services]:
    """Open everything, and close it in the opposite order.

    Raises `SettingsError` if a setting names something that cannot be opened.
    """
    database = Database(settings)
    await database.open()
    try:
        tokens = Tokens(signing_key(settings), settings.access_token_seconds)
        accounts = Accounts(passwords, tokens, settings.refresh_token_days, open_home)
        async with (
            open_shared(settings) as shared,
            _stream(settings, shared, _verify(tokens)) as stream,
            _provider(settings) as provider,
            _working(Worker(provider)),
            _working(Runner(_jobs(settings))),
            _working(last_seen := LastSeen(stream.connections.logins)),
        ):
            yield Services(
                settings,
                database,
                tokens,
                accounts,
                last_seen,
                stream,
                shared,
                open_quotas(settings, shared.redis),
            )
    finally:
        await database.close()


@asynccontextmanager
async def _stream(settings: Settings, shared: Shared, verify: Verify) -> AsyncIterator[Node]:
    """This node, told of memberships, and tidied up after."""
    stream = await Node.start(settings, shared.broker, shared.presence, verify)
    stop_listening = on_membership(
        lambda user_id, kitchen_id, joined: stream.signal(
            MembershipChanged(user_id=user_id, kitchen_id=kitchen_id, joined=joined)
        )
    )
    keeping = Housekeeping(settings.history_hours, settings.history_entries, stream.table, utc_now)
    housekeeping = asyncio.create_task(keeping.run())
    try:
        async with AsyncExitStack() as stack:
            if shared.redis is not None:
                await stack.enter_async_context(
                    shared_places(shared.redis, stream, settings.connections_per_user)
                )
            yield stream
    finally:
        housekeeping.cancel()
        stop_listening()
        await stream.stop()


def _verify(tokens: Tokens) -> Verify:
    async def verify(token: str) -> Principal:
        return await principal_of(tokens.read(token))

    return verify


@asynccontextmanager
async def _provider(settings: Settings) -> AsyncIterator[Provider]:
    """What makes recipes: a language model if one is configured, else the cookbook."""
    if settings.llm_base_url is None or settings.llm_model is None:
        yield Cookbook()
        return
    key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else None
    async with Chat(settings.llm_base_url, settings.llm_model, key) as chat:
        yield LanguageModel(chat)


@asynccontextmanager
async def _working(worker: Worker | Runner | LastSeen) -> AsyncIterator[None]:
    running = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait({running})  # it gives back what it was making, or holding


def _jobs(settings: Settings) -> list[Job]:
    """What the clock causes."""
    return [
        Job("expiry scan", expiry_scan.scan, settings.expiry_scan_seconds),
        Job("system notifications", system.send_due, SEND_SECONDS),
    ]
