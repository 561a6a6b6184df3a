"""Metrics of feedback."""

from runtime.telemetry import Metric

METRICS = (
    Metric("ratings", "counter", "Surveys answered.", ("form",)),
    Metric("responses_looked_at_seconds", "gauge", "Clock reading of the last look at which answers are to be said."),
    Metric("petitions", "counter", "Suggestions, petitions and the like that came in.", ("kind", "channel")),
)
