"""Metrics of feedback."""

from runtime.telemetry import Metric

METRICS = (Metric("ratings", "counter", "Surveys answered.", ("form",)),)
