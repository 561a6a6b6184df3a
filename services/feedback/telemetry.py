"""Metrics of feedback."""

from runtime.telemetry import Metric

METRICS = (
    Metric("ratings", "counter", "Surveys answered.", ("form",)),
    Metric("petitions", "counter", "Suggestions, petitions and the like that came in.", ("kind", "channel")),
)
