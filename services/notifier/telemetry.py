"""Metrics of notifier."""

from runtime.telemetry import Metric

METRICS = (
    Metric(
        "messages",
        "counter",
        "Messages handed to a gateway, by its answer: taken, refused, busy, broken, odd, uncertain (docs/gateways.md).",
        ("outcome",),
    ),
    Metric("gateway_answers", "counter", "The same, by gateway.", ("gateway", "outcome")),
    Metric("gateway_broken", "gauge", "1 while a gateway takes nothing because settings are wrong: alarm.", ("gateway",)),
    Metric("gateway_rests_seconds", "gauge", "How long a gateway that was not well is still left alone.", ("gateway",)),
    Metric("notices_skipped", "counter", "Messages that were due and were not sent, by reason.", ("reason",)),
    Metric("notices_due", "gauge", "Messages that are due and not sent."),
    Metric("notices_uncertain", "gauge", "Messages of which nobody knows whether they were sent: for a person to look at."),
    Metric("notices_failed", "gauge", "Messages that did not go out or arrive: for a person to look at."),
    Metric("notices_unreached", "gauge", "Messages that had nobody to go to: for a person to tell them in another way."),
    Metric("notices_taken_back", "gauge", "Dossiers whose citizen believes of a result what is not so: for a person."),
    Metric(
        "notices_locked",
        "gauge",
        "Dossiers with a message that waits for a key: no-key: none was given for its epoch; wrong-key: it does not fit.",
        ("epoch", "reason"),
    ),
    Metric("contact_keys", "gauge", "1 for each epoch whose key this instance holds, 0 for one that is retired.", ("epoch",)),
    Metric("letters_drafted", "gauge", "Apology letters that wait for their signer."),
    Metric(
        "letters_unsigned",
        "gauge",
        "Approved letters that wait because the key of their body cannot sign them, by reason (docs/runbook.md).",
        ("reason",),
    ),
    Metric(
        "signed_papers_missing",
        "counter",
        "Letters that were asked for whose signed paper is not in the store: alarm (docs/runbook.md).",
    ),
    Metric(
        "certificate_ends_seconds",
        "gauge",
        "When the certificate that signs letters of a unit ends, once it signed.",
        ("unit",),
    ),
    Metric("sent_seconds", "gauge", "Clock reading of the last complete pass over due messages."),
)
