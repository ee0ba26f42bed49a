"""The queries of the alerts and the dashboard, parsed."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import promql_parser
import yaml

from tests.support.documents import ROOT

ALERTS = "deploy/prometheus/alerts.yml"
DASHBOARD = "deploy/grafana/dashboard.json"

# What Grafana writes in place of its variables, as far as it matters whether a query can be read.
_VARIABLES = {"$__rate_interval": "1m", "$instance": ".*"}


@dataclass(frozen=True)
class Query:
    """One query: what it is of, and what its selectors and groupings name."""

    of: str
    text: str

    @property
    def selectors(self) -> list[Any]:
        """The metrics that are asked for, with their matchers. Raises `ValueError` for what is no PromQL."""
        return [node for node in self._nodes() if isinstance(node, promql_parser.VectorSelector)]

    @property
    def labels(self) -> set[str]:
        """What is grouped by or matched on."""
        modifiers = [getattr(node, "modifier", None) for node in self._nodes()]
        named = [
            label
            for modifier in modifiers
            if modifier is not None
            for label in (
                modifier.labels if hasattr(modifier, "labels") else getattr(modifier.matching, "labels", ())
            )
        ]
        return set(named)

    def _nodes(self) -> list[Any]:
        nodes: list[Any] = []
        promql_parser.walk(promql_parser.parse(self._plain()), nodes.append)
        return nodes

    def _plain(self) -> str:
        text = self.text
        for name, value in _VARIABLES.items():
            text = text.replace(name, value)
        assert "$" not in text, f"{self.of} has a variable that nobody knows: {self.text}"
        return text


def rules() -> list[dict[str, Any]]:
    """The alerts."""
    groups = yaml.safe_load((ROOT / ALERTS).read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    """The dashboard."""
    loaded: dict[str, Any] = json.loads((ROOT / DASHBOARD).read_text())
    return loaded


def panels() -> list[dict[str, Any]]:
    """The dashboard's panels that show something."""
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def queries() -> Iterator[Query]:
    """All of them, those of the dashboard's variables and annotations too."""
    for rule in rules():
        yield Query(rule["alert"], rule["expr"])
    shown = dashboard()
    for panel in panels():
        for target in panel["targets"]:
            yield Query(panel["title"], target["expr"])
    for annotation in shown["annotations"]["list"]:
        yield Query(annotation["name"], annotation["expr"])
    for variable in shown["templating"]["list"]:
        if variable["type"] == "query":
            (selector,) = re.findall(r"label_values\((.*), \w+\)", variable["query"]["query"])
            yield Query(variable["name"], selector)
