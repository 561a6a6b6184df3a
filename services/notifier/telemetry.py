"""Metrics of notifier."""

from runtime.telemetry import Metric

METRICS = (
    Metric(
        "messages", "counter", "Messages handed to the gateway, by its answer: taken, refused, busy, uncertain.", ("outcome",)
    ),
    Metric("notices_skipped", "counter", "Messages that were due and were not sent, by reason.", ("reason",)),
    Metric("notices_due", "gauge", "Messages that are due and not sent."),
    Metric("notices_uncertain", "gauge", "Messages of which nobody knows whether they were sent: for a person to look at."),
    Metric("letters_drafted", "gauge", "Apology letters that wait for their signer."),
    Metric("sent_seconds", "gauge", "Clock reading of the last complete pass over due messages."),
)
