"""What goes wrong. Each fault lasts for a while, and whatever it broke is mended when it is over."""

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from tests.chaos import marked
from tests.chaos.site import Node, Site

MOST_PASSAGES = 8  # of a marked place before the node dies there
KILLED_SECONDS = 60.0  # until a node has passed there so often, on a busy machine
STOP_SECONDS = 30.0  # until a node has stopped in good order, likewise
CUTS = 5


@dataclass(frozen=True, slots=True)
class Scene:
    """Where faults happen. Those that last longer than they take last `scale` times as long as in earnest;
    `struck` are the nodes that some fault is at.
    """

    site: Site
    chance: random.Random
    scale: float = 1.0
    struck: set[str] = field(default_factory=set)

    async def some_time(self, least: float, most: float) -> None:
        """Pass so many seconds, times `scale`."""
        await asyncio.sleep(self.scale * self.chance.uniform(least, most))

    @asynccontextmanager
    async def a_node(self) -> AsyncIterator[Node]:
        """One that no other fault is at."""
        node = self.chance.choice([one for one in self.site.nodes if one.name not in self.struck])
        self.struck.add(node.name)
        try:
            yield node
        finally:
            self.struck.discard(node.name)


@dataclass(frozen=True, slots=True)
class Fault:
    """`strike` makes it, and returns when it is over. Only at nodes can there be two at a time."""

    name: str
    target: str
    strike: Callable[[Scene], Awaitable[None]]


async def _node_killed(scene: Scene) -> None:
    async with scene.a_node() as node:
        await node.server.kill()
        await scene.some_time(0, 5)
        await node.start()


async def _node_frozen(scene: Scene) -> None:
    async with scene.a_node() as node:
        node.server.freeze()
        try:
            await scene.some_time(5, 30)
        finally:
            node.server.thaw()


async def _node_restarted(scene: Scene) -> None:
    async with scene.a_node() as node:
        await _restart(node)


async def _all_restarted(scene: Scene) -> None:
    for node in scene.site.nodes:
        await _restart(node)


async def _restart(node: Node) -> None:
    node.server.terminate()
    code = await node.server.ended(within=STOP_SECONDS)
    assert code == 0, f"{node.name} was stopped in good order, and ended with {code}"
    await node.start()


async def _node_kills_itself(place: str, scene: Scene) -> None:
    async with scene.a_node() as node:
        passages = scene.chance.randrange(MOST_PASSAGES)
        (node.server.directory / marked.FILE).write_text(f"{place}\n{passages}")
        node.server.signal(signal.SIGUSR1)
        code = await node.server.ended(within=KILLED_SECONDS)
        assert code == -signal.SIGKILL, f"{node.name} was to kill itself, and ended with {code}"
        await node.start()


async def _redis_killed(scene: Scene) -> None:
    await scene.site.redis.kill()
    await scene.some_time(0, 10)
    await scene.site.redis.start()


async def _redis_paused(scene: Scene) -> None:
    scene.site.redis.pause()
    try:
        await scene.some_time(1, 10)
    finally:
        scene.site.redis.go_on()


async def _redis_flushed(scene: Scene) -> None:
    await scene.site.redis.flush()


async def _postgresql_stopped(scene: Scene) -> None:
    # In a thread, as both wait.
    await asyncio.to_thread(scene.site.postgresql.crash)
    await scene.some_time(0, 10)
    await asyncio.to_thread(scene.site.postgresql.start)


async def _network_cut(scene: Scene) -> None:
    async with scene.a_node() as node:
        for _ in range(CUTS):
            node.network.cut()
            await scene.some_time(0, 2)


async def _network_slow(scene: Scene) -> None:
    async with scene.a_node() as node:
        node.network.delay = scene.chance.uniform(0.05, 0.5)
        await scene.some_time(2, 15)
        node.network.delay = 0.0


async def _network_silent(scene: Scene) -> None:
    async with scene.a_node() as node:
        node.network.swallows = True
        await scene.some_time(2, 15)
        node.network.cut()  # what it swallowed is missing in the middle of everything
        node.network.swallows = False


ANYTHING = (
    Fault("a node: kill -9", "node", _node_killed),
    Fault("a node: SIGSTOP, SIGCONT", "node", _node_frozen),
    Fault("a node: SIGTERM, started again", "node", _node_restarted),
    Fault("Redis: kill -9, started again, empty", "redis", _redis_killed),
    Fault("Redis: SIGSTOP, SIGCONT", "redis", _redis_paused),
    Fault("Redis: FLUSHALL", "redis", _redis_flushed),
    Fault("PostgreSQL: stopped at once, started again", "postgresql", _postgresql_stopped),
    Fault("the network before a node: cut five times", "network", _network_cut),
    Fault("the network before a node: slow", "network", _network_slow),
    Fault("the network before a node: silent, then cut", "network", _network_silent),
)
ROLLING = Fault("all nodes, one after the other: SIGTERM, started again", "all", _all_restarted)
KILLS = tuple(
    Fault(f"kill -9 {place}", "node", partial(_node_kills_itself, place)) for place in marked.PLACES
)
