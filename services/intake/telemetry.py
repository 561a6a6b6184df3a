"""Metrics of intake."""

from runtime.telemetry import Metric

METRICS = (
    Metric("items", "counter", "Items sent to intake, by what became of them: accepted, refused, quarantined.", ("result",)),
)
