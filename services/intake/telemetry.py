"""Metrics of intake."""

from runtime.telemetry import Metric

METRICS = (
    Metric("items", "counter", "Items sent to intake, by what became of them: accepted, refused, quarantined.", ("result",)),
    Metric(
        "quality",
        "counter",
        "What there is to note about the quality of what systems send (page /quality).",
        ("system", "kind"),
    ),
    Metric("refused_requests", "counter", "Requests refused as a whole.", ("reason",)),
)
