"""All metrics of this process, and their text."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder

from itcook.metrics.node import NodeCollector
from itcook.metrics.requests import Requests
from itcook.services import Services

EXTENSION = "itcook.metrics"  # where an application keeps its own


class Metrics:
    """`requests` is told of each request; all else is read where it is counted, when somebody asks.

    Ask on the loop's thread: what is counted there is not counted twice for the sake of a lock.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Requests(self._registry)
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)

    @contextmanager
    def of(self, services: Services) -> Iterator[None]:
        """Have the metrics of `services` among them, while they run."""
        node = NodeCollector(services)
        self._registry.register(node)
        try:
            yield
        finally:
            self._registry.unregister(node)

    def text(self, accept: str) -> tuple[bytes, str]:
        """All of them in the form that `accept` asks for, an Accept header, and its content type."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type
