"""What a real server counts of real traffic, and who may read it."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from promql_parser import MatchOp

from tests.support.api import Api
from tests.support.documents import code, codes, table
from tests.support.metrics import Scrape, metrics_url, scraped
from tests.support.people import Person
from tests.support.processes import Server, refused_start
from tests.support.queries import queries
from tests.support.streams import TRANSPORTS

TOKEN = "who-reads-metrics-has-this"
OF_PROMETHEUS = {"job", "instance"}  # labels that it adds itself
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def server_settings() -> Mapping[str, object]:
    return {"metrics_bind": "127.0.0.1:0", "metrics_token": TOKEN, "log_level": "debug"}


@pytest.fixture(scope="module")
async def before(server: Server) -> Scrape:
    """The metrics before anybody came."""
    return await scraped(await metrics_url(server))


@pytest.fixture(scope="module")
async def during(server: Server, api: Api, before: Scrape, ada: Person, grace: Person) -> Scrape:
    """The metrics while two people read over each transport, after one of them posted and the other liked."""
    streams = [await api.connect(transport, who) for transport in TRANSPORTS for who in (ada, grace)]
    for stream in streams:
        await stream.next_of("Connected")
    post = await api.post(ada, "Borscht is ready!")
    await api.like(grace, post["id"])
    for stream in streams:
        await stream.next_of("PostLiked")
    await streams[0].say({"type": "Subscribe", "channels": [f"post:{post['id']}"]})
    await streams[0].next_of("Subscribed")
    await streams[-1].say({"type": "TypingStart", "post_id": post["id"]})
    await streams[0].next_of("Typing")
    async with await api.connect("sse", ada, last_event_id="from.1") as reset:
        await reset.next_of("ResyncRequired")
    assert (await api.request("GET", "/realtime/sse")).status_code == 401
    assert (await api.request("GET", "/community/nothing", ada)).status_code == 404
    try:
        return await _settled(await metrics_url(server))
    finally:
        for stream in streams:
            await stream.close()


async def _settled(url: str) -> Scrape:
    """A scrape in which the fifth connection has ended: its client says goodbye and waits for nobody."""
    async with asyncio.timeout(20):
        while True:
            seen = await scraped(url)
            if seen("itcook_connections_ended_total", code="1000"):
                return seen
            await asyncio.sleep(0.01)


async def test_connections_are_counted_by_transport(during: Scrape) -> None:
    """Those that are open, and how all of them began and ended."""
    assert [during("itcook_connections", transport=transport) for transport in TRANSPORTS] == [2, 2]
    assert during("itcook_connections_begun_total", resume="fresh") == 4
    assert during("itcook_connections_begun_total", resume="reset") == 1
    assert during("itcook_connections_ended_total") == 1
    assert during("itcook_resyncs_total", reason="unknown_cursor") == 1
    assert during("itcook_handshakes_refused_total", status="401") == 1
    assert during("itcook_subscriptions", channel="community") == 4


async def test_events_are_counted_by_type_and_transport(during: Scrape) -> None:
    """Published once, delivered to each; every delivery has its duration."""
    for name in ("NewCommunityPost", "PostLiked"):
        assert during("itcook_events_published_total", type=name) == 1
        for transport in TRANSPORTS:
            assert during("itcook_events_delivered_total", type=name, transport=transport) == 2
    for histogram in ("itcook_delivery_seconds", "itcook_fan_out_seconds"):
        assert during(f"{histogram}_count") == during("itcook_events_delivered_total") == 8
        assert during(f"{histogram}_bucket", le="+Inf") == 8
    assert 0 < during("itcook_fan_out_seconds_sum") <= during("itcook_delivery_seconds_sum") + 8 * 0.001
    assert during("itcook_events_offered_total", type="Typing") >= 1


async def test_the_way_of_events_is_seen(before: Scrape, during: Scrape) -> None:
    """Nothing waits, nothing failed, and the position is that of the second event."""
    assert (before("itcook_stream_position"), during("itcook_stream_position")) == (0, 2)
    assert during("itcook_events_relayed_total") == 2
    assert (during("itcook_relay_failures_total"), during("itcook_relay_lag_seconds")) == (0, 0)
    assert (during("itcook_broker_up"), during("itcook_nodes")) == (1, 1)
    assert during("itcook_node_info", broker="memory") == 1


async def test_the_database_is_seen(before: Scrape, during: Scrape) -> None:
    """One connection with SQLite; each write was a transaction."""
    assert during("itcook_database_connections_limit") == 1
    assert during("itcook_database_connections") == 1
    committed = [seen("itcook_transactions_total", outcome="committed") for seen in (before, during)]
    assert committed[1] >= committed[0] + 4  # two accounts, a post, a like
    assert during("itcook_transactions_total", outcome="failed") == 0


async def test_requests_are_counted_by_route_and_answer(during: Scrape, before: Scrape) -> None:
    """The pattern of the route and not the address; what is not served has none."""
    posted = {"route": "/api/v1/community/posts", "method": "POST"}
    assert during("itcook_http_requests_total", **posted, status="201") == 1
    assert during("itcook_http_request_seconds_count", **posted) == 1
    assert during("itcook_http_requests_total", route="/api/v1/realtime/ws", status="101") == 2
    assert during("itcook_http_requests_total", route="/api/v1/realtime/sse", status="200") == 3
    assert during("itcook_http_requests_total", route="/api/v1/realtime/sse", status="401") == 1
    assert during("itcook_http_requests_total", route="unknown", status="404") == 1
    assert before("itcook_http_requests_total") == 0


async def test_the_process_is_seen(during: Scrape) -> None:
    """Processor, memory, open files, start."""
    assert during("process_cpu_seconds_total") > 0
    assert during("process_resident_memory_bytes") > 10**6
    assert 0 < during("process_open_fds") < during("process_max_fds")
    assert during("process_start_time_seconds") > 10**9


async def test_the_table_of_metrics_is_the_metrics(during: Scrape) -> None:
    """Every family of ours with its type and its labels, and none besides."""
    documented = {
        code(row[0]): (row[1], set(codes(row[2]))) for row in table("docs/OPERATIONS.md", "metrics")
    }
    samples = during.samples
    served = {}
    for name, family in during.families.items():
        if name.startswith("itcook_"):
            labels = {label for one in family.samples for label in samples[one.name]} - {"le"}
            shown = f"{name}_total" if family.type == "counter" else name
            served[shown] = (family.type, labels)
    assert documented == served


async def test_whoever_has_the_token_reads_them_on_the_public_port(server: Server, api: Api) -> None:
    """Nobody else: neither a stranger nor somebody signed in. It may ask for OpenMetrics."""
    url = f"{server.url}/metrics"
    assert (await scraped(url, BEARER))("itcook_node_info") == 1
    for headers in ({}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": TOKEN}):
        refused = await api.http.get(url, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    modern = await api.http.get(url, headers={**BEARER, "Accept": "application/openmetrics-text"})
    assert modern.headers["Content-Type"].startswith("application/openmetrics-text")
    assert modern.text.endswith("# EOF\n")


async def test_their_own_address_has_nothing_else(server: Server) -> None:
    """No route of the service is reachable by it."""
    url = await metrics_url(server)
    async with httpx.AsyncClient(trust_env=False) as http:
        for path in ("/", "/health/live", "/api/v1/auth/me"):
            assert (await http.get(url.replace("/metrics", path))).status_code == 404
        assert (await http.post(url)).status_code == 404


async def test_an_address_that_cannot_be_had_stops_the_start(server: Server, tmp_path: Path) -> None:
    """With one line that names the setting; sharing it with another server would mix their counts."""
    taken = server.url.removeprefix("http://")
    exit_code, errors = await refused_start(tmp_path, metrics_bind=taken)
    assert exit_code == 2
    assert "ITCOOK_METRICS_BIND: cannot listen on" in errors


async def test_alerts_and_dashboard_ask_for_what_there_is(during: Scrape) -> None:
    """Every metric, label and, where it is one of few, every label's value; and every metric is shown."""
    samples = during.samples
    asked = set()
    for query in queries():
        known = set(OF_PROMETHEUS)
        for selector in query.selectors:
            assert selector.name in samples or selector.name == "up", query
            asked.add(selector.name)
            labels = samples.get(selector.name, set())
            known |= labels
            for matcher in selector.matchers.matchers:
                assert matcher.name in labels | OF_PROMETHEUS, query
                if matcher.op == MatchOp.Equal and matcher.name not in OF_PROMETHEUS | {"status"}:
                    assert during.has(selector.name, **{matcher.name: matcher.value}), query
        assert query.labels <= known, query
    ours = {name.removesuffix("_total") for name in during.families if name.startswith("itcook_")}
    assert {name for name in ours if not any(one.startswith(name) for one in asked)} == set()
