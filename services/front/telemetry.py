"""Metrics of front."""

from runtime.telemetry import Metric

METRICS = (
    Metric("logins", "counter", "Log-ins that succeeded."),
    Metric("logins_failed", "counter", "Log-ins that did not, by what was wrong with them.", ("reason",)),
    Metric("changes_refused", "counter", "Requests that were stopped at the wall, by reason.", ("reason",)),
    Metric("passed_on", "counter", "Requests passed on, by service and class of status.", ("to", "status")),
    Metric("services_away", "counter", "Requests that a service did not answer in time.", ("to",)),
    Metric("lookups", "counter", "Citizens' questions after a dossier: shown, wrong, slowed, or away.", ("result",)),
    Metric("posts_slowed", "counter", "What citizens sent that has to wait, since much came from one address.", ("what",)),
    Metric("letters_opened", "counter", "Links to letters that were opened: shown, wrong, slowed, or away.", ("result",)),
    Metric("issuer_away", "counter", "Questions that the issuer of log-ins did not answer."),
    Metric(
        "digests",
        "counter",
        "Digests by what became of them: sent, quiet (nothing to tell), refused, uncertain (may have gone out, is not sent "
        "again), missed (the mail server was away for too long), waiting (a try that did not end it).",
        ("kind", "became"),
    ),
    Metric("digest_mailboxes_refused", "counter", "Mailboxes that the mail server refused for a digest."),
    Metric("digests_waiting", "gauge", "Digests that are to be tried again."),
    Metric("digest_units_without_mailbox", "gauge", "Units that work today and have no mailbox in the reference data."),
    Metric("mail_away", "gauge", "1 while the mail server takes nothing: not there, or it does not let us in."),
    Metric("digests_seconds", "gauge", "Clock reading of the last complete look at which digests are due."),
)
