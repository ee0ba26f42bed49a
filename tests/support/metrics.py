"""Metrics as Prometheus reads them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import httpx
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.support.processes import Server

TEXT = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True)
class Scrape:
    """All that one scrape has brought."""

    families: Mapping[str, Metric]

    @property
    def samples(self) -> Mapping[str, set[str]]:
        """The names of samples, each with the labels that it has."""
        found: dict[str, set[str]] = {}
        for family in self.families.values():
            for sample in family.samples:
                found.setdefault(sample.name, set()).update(sample.labels)
        return found

    def __call__(self, name: str, **labels: str) -> float:
        """The sum of the samples with this name and these labels, among others."""
        return sum(
            sample.value
            for family in self.families.values()
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def has(self, name: str, **labels: str) -> bool:
        """Whether there is a sample with this name and these labels, be it 0."""
        return any(
            sample.name == name and labels.items() <= sample.labels.items()
            for family in self.families.values()
            for sample in family.samples
        )


def parsed(text: str) -> Scrape:
    """What a scrape's text says. Raises `ValueError` if it says nothing, or a family twice."""
    families = list(text_string_to_metric_families(text))
    return Scrape(_by_name(families))


async def scraped(url: str, headers: Mapping[str, str] | None = None) -> Scrape:
    """The metrics at `url`."""
    async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
        response = await http.get(url, headers=headers)
    response.raise_for_status()
    return parsed(response.text)


async def metrics_url(server: Server, pid: int | None = None) -> str:
    """Where a server tells its metrics; of several workers, the one with this process."""
    line = await server.logged(
        lambda line: line["event"] == "serving metrics" and pid in (None, line.get("pid"))
    )
    return str(line["url"])


def _by_name(families: Iterable[Metric]) -> Mapping[str, Metric]:
    found: dict[str, Metric] = {}
    for family in families:
        if family.name in found:
            raise ValueError(f"{family.name} is there twice")
        found[family.name] = family
    return found
