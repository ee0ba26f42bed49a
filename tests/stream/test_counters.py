"""What is counted, and what nodes say together."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from itcook.events import Typing
from itcook.stream import ends
from itcook.stream.counters import Counters
from itcook.stream.envelope import Batch, ephemeral
from itcook.stream.session import Resume
from itcook.stream.stats import Snapshot, stats_of
from tests.support.stream import NOON, SOMEONE, run_of, stored


class Now:
    """Both clocks, as the test has them: `NOON` and 0 are the same moment."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def utc(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)

    def loop(self) -> float:
        return self.seconds


def counters() -> tuple[Counters, Now]:
    now = Now()
    return Counters(now.utc, now.loop), now


def snapshot(node_id: str, **changes: object) -> Snapshot:
    """One node's numbers, most of them nothing."""
    return Snapshot.model_validate(
        {
            "node_id": node_id,
            "version": "1",
            "uptime_seconds": 10,
            "by_transport": {"websocket": 2, "sse": 1},
            "channels": {"community": 3},
            "events": {"PostDeleted": 4},
            "events_sent_today": 12,
            "ends": {1000: 1},
            "resumes": {"fresh": 3},
            "resyncs": {},
            "replayed_events": 0,
            "refused_handshakes": {},
            "latencies": {},
            "delivered_seconds_ago": None,
            **changes,
        }
    )


@dataclass
class Reader:
    """Who reads over some transport."""

    transport: str


def readers(websockets: int, sse: int = 0) -> list[Reader]:
    return [Reader("websocket")] * websockets + [Reader("sse")] * sse


def test_a_batch_counts_by_type_and_by_delivery() -> None:
    """Its latency is that of its first event, once for each delivery; without readers there is none."""
    counted, now = counters()
    now.seconds = 0.05  # the events are of noon
    counted.published(run_of(1, 3))
    assert (counted.events, counted.delivered_at) == ({"PostDeleted": 3}, None)
    counted.published(batch := run_of(4, 5))
    counted.delivered(Batch(batch), readers(6, 4), published_at=0.03)
    assert (counted.events, counted.delivered_at) == ({"PostDeleted": 5}, 0.05)
    assert counted.deliveries == {("PostDeleted", "websocket"): 12, ("PostDeleted", "sse"): 8}
    assert list(counted.latencies.buckets(now.loop()).values()) == [20]
    assert [counted.delivery.sum, counted.fan_out.sum] == pytest.approx([20 * 0.05, 20 * 0.02])
    told = stats_of([snapshot("a", latencies=counted.latencies.buckets(0.05))], detailed=True)
    assert told.details is not None
    assert told.details.latency.p50_ms is not None
    assert 50 <= told.details.latency.p50_ms < 60


def test_deliveries_of_today_begin_at_midnight() -> None:
    """UTC, whether or not something happens then."""
    counted, now = counters()
    counted.delivered(Batch(run_of(1, 2)), readers(5), 0)
    assert counted.sent_today == 10
    now.seconds = 12 * 3600
    assert counted.sent_today == 0
    counted.delivered(Batch(run_of(3, 3)), readers(5), 0)
    assert counted.sent_today == 5


def test_very_many_count_share_by_share() -> None:
    """Whoever is told later has waited longer, and is not taken for one of the first."""
    counted, now = counters()
    event = Batch([stored(1)])
    for now.seconds in (0.004, 0.04, 0.4):
        counted.delivered(event, readers(1_000), published_at=0)
    assert [below for bound, below in counted.delivery.cumulative() if bound in (0.005, 0.05, 0.5)] == [
        1_000,
        2_000,
        3_000,
    ]


def test_what_may_be_skipped_is_counted_apart() -> None:
    """Once for each who was to have it; nobody is no news."""
    counted, _ = counters()
    typing = Typing(post_id=SOMEONE, user_id=SOMEONE, user_name="Ada", state="started")
    envelope = ephemeral(typing, "post:1", NOON, left_out=SOMEONE)
    counted.announced([envelope], 3)
    counted.announced([envelope], 0)
    assert (counted.offered, counted.sent_today) == ({"Typing": 3}, 0)


def test_beginnings_and_ends_are_counted_by_what_they_were() -> None:
    """Resumes with what was replayed, resyncs with their reason."""
    counted, _ = counters()
    counted.began(Resume("fresh", 1, "k.1"))
    counted.began(Resume("resumed", 1, "k.1", replayed=7))
    counted.began(Resume("reset", 1, "k.1", reason="history_pruned"))
    counted.ended(ends.TOO_SLOW)
    counted.refused_with(401)
    assert counted.resumes == {"fresh": 1, "resumed": 1, "reset": 1}
    assert (counted.resyncs, counted.replayed) == ({"history_pruned": 1}, 7)
    assert (counted.ends, counted.refused) == ({4008: 1}, {401: 1})


def test_nodes_add_up() -> None:
    """Also after a way over the network; events, which every node publishes, are counted once."""
    other = snapshot(
        "b",
        uptime_seconds=20,
        events={"PostDeleted": 5},
        ends={1000: 2, 4008: 1},
        latencies={40: 98, 60: 2},
        delivered_seconds_ago=3,
    )
    sent = Snapshot.model_validate_json(other.model_dump_json())
    told = stats_of([snapshot("a", latencies={40: 100}, delivered_seconds_ago=8), sent], detailed=True)
    assert (told.connected_clients, told.by_transport) == (6, {"websocket": 4, "sse": 2})
    assert (told.events_published, told.events_sent_today, told.uptime_seconds) == (5, 24, 20)
    assert told.details is not None
    assert (told.details.ends, told.details.slow_ends) == ({1000: 3, 4008: 1}, 1)
    assert (told.details.latency.deliveries, told.details.latency.last_seconds_ago) == (200, 3)
    assert told.details.latency.p99_ms == told.details.latency.p50_ms
    assert [node.details and node.details.slow_ends for node in told.nodes] == [0, 1]


def test_details_are_for_administrators() -> None:
    """Nothing of them for anybody else, in no node either."""
    told = stats_of([snapshot("a")], detailed=False)
    assert told.details is None
    assert [node.details for node in told.nodes] == [None]
