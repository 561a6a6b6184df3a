"""Metrics of sla."""

from runtime.telemetry import Metric

METRICS = (
    Metric("calendar_confirmed_through", "gauge", "The last year whose days off and swaps are announced and entered."),
    Metric(
        "calendar_unconfirmed", "gauge", "1 in December while next year's list is not entered: dates in it are provisional."
    ),
)
