"""The stream in numbers: what each node counts, what that is together, and who sees what of it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from itcook.stream.ends import TOO_SLOW
from itcook.stream.histogram import quantile

Key = TypeVar("Key", int, str)


class Snapshot(BaseModel):
    """One node's numbers at one moment; snapshots of several nodes add up.

    `latencies` is by bucket (`itcook.stream.histogram`), the other mappings by what their names say.
    """

    model_config = ConfigDict(frozen=True)

    node_id: str
    version: str
    uptime_seconds: float
    by_transport: dict[str, int]
    channels: dict[str, int]
    events: dict[str, int]
    events_sent_today: int
    ends: dict[int, int]
    resumes: dict[str, int]
    resyncs: dict[str, int]
    replayed_events: int
    refused_handshakes: dict[int, int]
    latencies: dict[int, int]
    delivered_seconds_ago: float | None


class Latency(BaseModel):
    """From the transaction that recorded an event to the sinks of its readers, in milliseconds.

    Of `deliveries` in the last one to two minutes; null where there were none. The last one, whenever it was,
    is `last_seconds_ago`.
    """

    deliveries: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    last_seconds_ago: float | None


class Details(BaseModel):
    """What an administrator sees besides."""

    latency: Latency
    ends: dict[int, int]
    slow_ends: int
    resumes: dict[str, int]
    resyncs: dict[str, int]
    replayed_events: int
    refused_handshakes: dict[int, int]


class NodeStats(BaseModel):
    """One process of the service."""

    node_id: str
    version: str
    connected_clients: int
    uptime_seconds: float
    details: Details | None = None


class Stats(BaseModel):
    """The stream in numbers; channels by kind, because single ones would tell who is there.

    `events_sent_today` counts deliveries since midnight UTC; `details` are for administrators.
    """

    connected_clients: int
    by_transport: dict[str, int]
    channels: dict[str, int]
    events: dict[str, int]
    events_published: int
    events_sent_today: int
    uptime_seconds: float
    nodes: list[NodeStats]
    details: Details | None = None


def stats_of(snapshots: Sequence[Snapshot], *, detailed: bool) -> Stats:
    """What the nodes say together; `detailed` for administrators."""
    # Every node publishes every event; the one that has run for longest knows of most.
    events = max((snapshot.events for snapshot in snapshots), key=lambda events: sum(events.values()))
    by_transport = _sum(snapshot.by_transport for snapshot in snapshots)
    return Stats(
        connected_clients=sum(by_transport.values()),
        by_transport=by_transport,
        channels=_sum(snapshot.channels for snapshot in snapshots),
        events=events,
        events_published=sum(events.values()),
        events_sent_today=sum(snapshot.events_sent_today for snapshot in snapshots),
        uptime_seconds=max(snapshot.uptime_seconds for snapshot in snapshots),
        nodes=[_node(snapshot, detailed) for snapshot in snapshots],
        details=_details(snapshots) if detailed else None,
    )


def _node(snapshot: Snapshot, detailed: bool) -> NodeStats:
    return NodeStats(
        node_id=snapshot.node_id,
        version=snapshot.version,
        connected_clients=sum(snapshot.by_transport.values()),
        uptime_seconds=snapshot.uptime_seconds,
        details=_details([snapshot]) if detailed else None,
    )


def _details(snapshots: Sequence[Snapshot]) -> Details:
    ends = _sum(snapshot.ends for snapshot in snapshots)
    return Details(
        latency=_latency(snapshots),
        ends=ends,
        slow_ends=ends.get(TOO_SLOW.code, 0),
        resumes=_sum(snapshot.resumes for snapshot in snapshots),
        resyncs=_sum(snapshot.resyncs for snapshot in snapshots),
        replayed_events=sum(snapshot.replayed_events for snapshot in snapshots),
        refused_handshakes=_sum(snapshot.refused_handshakes for snapshot in snapshots),
    )


def _latency(snapshots: Sequence[Snapshot]) -> Latency:
    buckets = _sum(snapshot.latencies for snapshot in snapshots)
    ages = [s.delivered_seconds_ago for s in snapshots if s.delivered_seconds_ago is not None]
    return Latency(
        deliveries=sum(buckets.values()),
        p50_ms=_milliseconds(quantile(buckets, 0.5)),
        p95_ms=_milliseconds(quantile(buckets, 0.95)),
        p99_ms=_milliseconds(quantile(buckets, 0.99)),
        last_seconds_ago=min(ages, default=None),
    )


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)


def _sum(mappings: Iterable[Mapping[Key, int]]) -> dict[Key, int]:
    total: Counter[Key] = Counter()
    for mapping in mappings:
        total.update(mapping)
    return dict(total)
