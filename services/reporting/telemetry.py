"""Metrics of reporting."""

from runtime.telemetry import Metric

METRICS = (
    Metric("dirty_rows", "gauge", "Dossiers whose change is not in the published figures yet."),
    Metric("flushed_seconds", "gauge", "Clock reading of the last complete flush of figures."),
)
