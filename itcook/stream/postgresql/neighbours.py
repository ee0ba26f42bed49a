"""Neighbours: which other nodes live, and what each said of itself last."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from itcook.stream.postgresql.wire import Message
from itcook.stream.stats import Snapshot

LIVES_SECONDS = 5.0  # a node that said nothing for so long is dead; each says something once a second


@dataclass(slots=True)
class _Neighbour:
    heard_at: float
    snapshot: Snapshot | None = None


class Neighbours:
    """As far as they were heard. `time` gives seconds."""

    def __init__(self, time: Callable[[], float]) -> None:
        self._time = time
        self._heard: dict[str, _Neighbour] = {}

    def __contains__(self, node_id: str) -> bool:
        return node_id in self._alive()

    def snapshots(self) -> Sequence[Snapshot]:
        """What those that live said of themselves."""
        return [one.snapshot for one in self._alive().values() if one.snapshot is not None]

    def heard(self, message: Message) -> bool:
        """Take note of who sent `message`; whether it was not known before."""
        if message.leaving:
            self._heard.pop(message.sender, None)
            return False
        is_new = message.sender not in self._alive()
        neighbour = self._heard.setdefault(message.sender, _Neighbour(0))
        neighbour.heard_at = self._time()
        if message.snapshot is not None:
            neighbour.snapshot = _read(message.snapshot)
        return is_new

    def _alive(self) -> dict[str, _Neighbour]:
        since = self._time() - LIVES_SECONDS
        self._heard = {node_id: one for node_id, one in self._heard.items() if one.heard_at >= since}
        return self._heard


def _read(text: str) -> Snapshot | None:
    try:
        return Snapshot.model_validate_json(text)
    except ValidationError:
        return None  # of another version, while nodes are updated
