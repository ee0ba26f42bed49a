"""Alerts and dashboard are whole: whoever is woken has a page that says what to do.

That the metrics in them exist is looked at on a real server, in tests/e2e/test_metrics.py.
"""

import re
from itertools import combinations
from typing import Any

import promql_parser
import yaml

from tests.support.documents import ROOT
from tests.support.queries import dashboard, panels, queries, rules

OPERATIONS = "docs/OPERATIONS.md"
PARTS = ("**Means:**", "**See:**", "**Do:**")


def test_every_query_is_promql() -> None:
    """Of alerts, panels, annotations and variables."""
    for query in queries():
        assert query.selectors or "vector(" in query.text, query


def test_every_alert_says_whom_it_wakes_and_where_to_read_on() -> None:
    """It lasts for a while first, but where that is in its query; its summary names what it is about."""
    for rule in rules():
        assert re.fullmatch(r"Itcook([A-Z][a-z]+)+", rule["alert"])
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert "for" in rule or re.search(r"\[\d+m\]", rule["expr"]), rule["alert"]
        promql_parser.parse_duration(rule.get("for", "1m"))
        assert "{{ $labels.instance }}" in rule["annotations"]["summary"]
        assert rule["annotations"]["runbook"] == f"{OPERATIONS}#{rule['alert'].lower()}"


def test_every_alert_has_its_runbook() -> None:
    """In their order, each with what it means, how to see more and what to do; none is of no alert."""
    _, _, text = (ROOT / OPERATIONS).read_text().partition("\n## Alerts\n")
    sections = re.split(r"^### ", text.partition("\n## ")[0], flags=re.MULTILINE)[1:]
    assert [section.splitlines()[0] for section in sections] == [rule["alert"] for rule in rules()]
    for section in sections:
        assert all(section.count(part) == 1 for part in PARTS), section


def test_panels_are_whole() -> None:
    """Each has a place of its own, an id, a unit and a source, which the reader chooses."""
    numbers = [panel["id"] for panel in dashboard()["panels"]]
    assert len(set(numbers)) == len(numbers)
    for panel in panels():
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["datasource"]["uid"] == "${source}"
    for first, second in combinations(panels(), 2):
        assert not _overlap(first["gridPos"], second["gridPos"]), (first["title"], second["title"])


def _overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    return all(
        one[start] < other[start] + other[size] and other[start] < one[start] + one[size]
        for start, size in (("x", "w"), ("y", "h"))
    )


def test_the_scrape_configuration_is_one() -> None:
    """With the alerts beside it, and the name by which queries ask."""
    configuration: dict[str, Any] = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    assert configuration["rule_files"] == ["alerts.yml"]
    assert [job["job_name"] for job in configuration["scrape_configs"]] == ["itcook"]
