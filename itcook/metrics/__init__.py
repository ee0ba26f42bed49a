"""Metrics: what this process counts, as Prometheus reads it."""

from itcook.metrics.metrics import EXTENSION, Metrics

__all__ = ["EXTENSION", "Metrics"]
