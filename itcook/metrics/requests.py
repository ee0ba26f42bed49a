"""What is counted of requests."""

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

from itcook.quotas.policies import POLICIES
from itcook.stream.histogram import BOUNDS

UNKNOWN = "unknown"  # a route, where nothing is served; a method that nobody serves
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

# When each series began would be as many series again; Prometheus knows by `process_start_time_seconds`.
disable_created_metrics()  # type: ignore[no-untyped-call] # the library leaves out its type


class Requests:
    """Requests over HTTP, handshakes included, and those that a quota refused.

    Their labels are what the server itself has written: whoever asks for made-up addresses adds none.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._count = Counter(
            "itcook_http_requests", "Requests, by answer.", ["route", "method", "status"], registry=registry
        )
        self._seconds = Histogram(
            "itcook_http_request_seconds",
            "From a request to the head of its answer.",
            ["route", "method"],
            buckets=BOUNDS,
            registry=registry,
        )
        self._refused = Counter(
            "itcook_quota_refusals", "Requests refused by a quota.", ["policy"], registry=registry
        )
        for policy in POLICIES:
            self._refused.labels(policy.name)

    def answered(self, route: str | None, method: str, status: int, seconds: float) -> None:
        """A request was answered; `route` is its pattern, None where nothing is served."""
        route = route or UNKNOWN
        method = method if method in METHODS else UNKNOWN
        self._count.labels(route, method, str(status)).inc()
        self._seconds.labels(route, method).observe(seconds)

    def refused(self, policy: str) -> None:
        """A request was refused, because a quota was used up."""
        self._refused.labels(policy).inc()
