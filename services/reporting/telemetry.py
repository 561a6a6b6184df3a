"""Metrics of reporting."""

from runtime.telemetry import Metric

METRICS = (
    Metric("dirty_rows", "gauge", "Dossiers whose change is not in the published figures yet."),
    Metric("dirty_oldest_seconds", "gauge", "How long the one of them has waited that has waited longest, by the clock."),
    Metric("flushed_seconds", "gauge", "Clock reading of the last complete flush of figures."),
    Metric("rebuilding", "gauge", "1 while the rows are made from the log and nothing is published."),
    Metric("units_silent", "gauge", "Units with open dossiers of which nothing was heard for REPORTING_SILENT_DAYS."),
    Metric("figures_doubtful", "gauge", "Dossiers that contradict themselves, or units that are in no list.", ("kind",)),
    Metric("figures_unreconciled", "gauge", "Figures that differ between books and dossiers, or between roles."),
    Metric("forms_broken", "gauge", "Rules that the current month's forms break: the figures are not given out."),
    Metric("petitions_below_target", "gauge", "Units that answered fewer than 90 % of this month's petitions in time."),
    Metric("restatements", "counter", "Corrections published for frozen periods."),
    Metric("freezes_refused", "counter", "Freezes refused, by rule.", ("rule",)),
)
