"""Metrics of front."""

from runtime.telemetry import Metric

METRICS = (
    Metric("logins", "counter", "Log-ins that succeeded."),
    Metric("logins_failed", "counter", "Log-ins that did not, by what was wrong with them.", ("reason",)),
    Metric("changes_refused", "counter", "Requests that were stopped at the wall, by reason.", ("reason",)),
    Metric("passed_on", "counter", "Requests passed on, by service and class of status.", ("to", "status")),
    Metric("services_away", "counter", "Requests that a service did not answer in time.", ("to",)),
    Metric("lookups", "counter", "Citizens' questions after a dossier: shown, wrong, slowed, or away.", ("result",)),
    Metric("issuer_away", "counter", "Questions that the issuer of log-ins did not answer."),
)
