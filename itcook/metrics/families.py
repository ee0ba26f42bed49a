"""Families of samples, made when somebody asks: what is counted is counted anyway, in plain integers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from itcook.stream.histogram import Histogram

Key = TypeVar("Key", bound=str | int | tuple[str, str])

INFINITY = "+Inf"


def gauge(name: str, help_text: str, value: float) -> Metric:
    """One value that goes up and down."""
    return GaugeMetricFamily(name, help_text, value=value)


def gauges(name: str, help_text: str, label: str, values: Mapping[str, float]) -> Metric:
    """Values that go up and down, one for each value of `label`."""
    family = GaugeMetricFamily(name, help_text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def counter(name: str, help_text: str, value: float) -> Metric:
    """One count since the start."""
    return CounterMetricFamily(name, help_text, value=value)


def counters(
    name: str,
    help_text: str,
    labels: Sequence[str],
    counts: Mapping[Key, int],
    known: Iterable[Key] = (),
) -> Metric:
    """Counts since the start. What is `known` to happen is there before it does, as 0: from nothing to one
    there would be no increase.
    """
    family = CounterMetricFamily(name, help_text, labels=labels)
    for key, count in {**dict.fromkeys(known, 0), **counts}.items():
        family.add_metric(key if isinstance(key, tuple) else (str(key),), count)
    return family


def histogram(name: str, help_text: str, durations: Histogram) -> Metric:
    """Durations since the start, in seconds."""
    *below, (_, count) = durations.cumulative()
    buckets = [(str(float(bound)), number) for bound, number in below]
    return HistogramMetricFamily(
        name, help_text, buckets=[*buckets, (INFINITY, count)], sum_value=durations.sum
    )
