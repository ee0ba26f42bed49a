"""Neighbours: which other nodes live, and what each says of itself."""

from collections.abc import Callable, Sequence

from pydantic import ValidationError

from itcook.redis import SharedRedis
from itcook.stream.stats import Snapshot

LIVES_SECONDS = 5  # a node that did not say for so long that it lives is dead; each says so once a second


class Neighbours:
    """As they were when last looked at. `snapshot` is what this node says of itself."""

    def __init__(self, redis: SharedRedis, node_id: str, snapshot: Callable[[], Snapshot]) -> None:
        self._redis = redis
        self._node_id = node_id
        self._snapshot = snapshot
        self._alive: dict[str, Snapshot | None] = {}

    def __contains__(self, node_id: str) -> bool:
        return node_id in self._alive

    def snapshots(self) -> Sequence[Snapshot]:
        """What the others said of themselves last, but for those that just came."""
        return [snapshot for snapshot in self._alive.values() if snapshot is not None]

    def heard_of(self, node_id: str) -> None:
        """It said something, so it lives."""
        self._alive.setdefault(node_id, None)

    async def refresh(self) -> None:
        """Say that this node lives, and look who else does. Raises what Redis does."""
        nodes = self._redis.key("nodes")
        async with self._redis.commands.pipeline(transaction=False) as pipeline:
            pipeline.set(self._key(self._node_id), self._snapshot().model_dump_json(), ex=LIVES_SECONDS)
            pipeline.sadd(nodes, self._node_id)
            pipeline.smembers(nodes)
            _, _, known = await pipeline.execute()
        others = sorted(known - {self._node_id})
        said = await self._redis.commands.mget([self._key(node_id) for node_id in others]) if others else []
        dead = [node_id for node_id, text in zip(others, said, strict=True) if text is None]
        if dead:
            await self._forget(dead)
        self._alive = {node_id: _read(text) for node_id, text in zip(others, said, strict=True) if text}

    async def _forget(self, dead: Sequence[str]) -> None:
        async with self._redis.commands.pipeline(transaction=False) as pipeline:
            pipeline.srem(self._redis.key("nodes"), *dead)
            await pipeline.execute()

    async def leave(self) -> None:
        """Say that this node lives no more. Raises what Redis does."""
        await self._redis.commands.delete(self._key(self._node_id))

    def _key(self, node_id: str) -> str:
        return self._redis.key("node", node_id)


def _read(text: str) -> Snapshot | None:
    try:
        return Snapshot.model_validate_json(text)
    except ValidationError:
        return None  # of another version, while nodes are updated
