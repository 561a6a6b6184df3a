"""Metric names as one typed list with unit and meaning; a service adds its own list beside its rooms."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.005, 0.02, 0.05, 0.1, 0.3, 1, 3, 10, 30)  # bounds of all histograms: from a page at once to a sender's patience


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: its name without prefix, what it is, and what it means. Labels never hold ids or personal data."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    meaning: str
    labels: tuple[str, ...] = ()


RUNTIME_METRICS = (
    Metric("records_handled", "counter", "Records handled and committed.", ("topic",)),
    Metric("records_dead_lettered", "counter", "Records parked in the service's dead letters.", ("topic", "reason")),
    Metric("outputs_published", "counter", "Events acknowledged by Kafka.", ("topic",)),
    Metric("save_conflicts", "counter", "Documents decided again because their revision had moved."),
    Metric("batches_failed", "counter", "Batches that failed as a whole and were given back to the log."),
    Metric(
        "records_too_large", "counter", "Records the log will never take, parked as a note of place and digest.", ("topic",)
    ),
    Metric("tombstones_ignored", "counter", "Null values on topics where they mean nothing.", ("topic",)),
    Metric("calendar_records_refused", "counter", "Records on calendar.v1 that are no valid change."),
    Metric("backoffs", "counter", "Times the loop waited because a broker or store did not answer."),
    Metric("job_failures", "counter", "Runs of a background job that ended in an error.", ("job",)),
    Metric("lag_records", "gauge", "Records in the log that this instance's partitions have not handled."),
    Metric("oldest_unhandled_seconds", "gauge", "Age of the oldest unhandled record; 0 if there is none."),
    Metric("intents_open", "gauge", "Batches saved but not yet known to be published."),
    Metric("jobs_due", "gauge", "Timers that are due by the watermark and have not fired."),
    Metric("swept_seconds", "gauge", "Clock reading of the last complete sweep of timers."),
    Metric("clock_seconds", "gauge", "The clock of this service, in seconds since 1970."),
    Metric("clock_ahead_seconds", "gauge", "How far this machine's clock is ahead of the store's, when timers were due."),
    Metric("partitions_held", "gauge", "Partitions in the lease of this instance; 0: a spare, or in a rebalance."),
    Metric("braked", "gauge", "1 if the brake has stopped this service."),
    Metric("build", "gauge", "1; the release that runs is its label.", ("version",)),
    Metric("batch_seconds", "histogram", "How long a batch took from its records to its save."),
    Metric("http_requests", "counter", "Requests answered, by route as it is declared.", ("route", "method", "status")),
    Metric("http_seconds", "histogram", "How long an answer took to its end.", ("route", "method")),
)


class Telemetry:
    """The metrics of one service, in a registry of their own so that several services share a process."""

    def __init__(self, service: str, metrics: Iterable[Metric]) -> None:
        self.registry = CollectorRegistry()
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}
        for metric in metrics:
            name, labels = f"dunghen_{metric.name}", ("service", *metric.labels)
            if metric.kind == "counter":
                self._counters[metric.name] = Counter(name, metric.meaning, labels, registry=self.registry)
            elif metric.kind == "histogram":
                self._histograms[metric.name] = Histogram(name, metric.meaning, labels, registry=self.registry, buckets=SECONDS)
            else:
                self._gauges[metric.name] = Gauge(name, metric.meaning, labels, registry=self.registry)
        self._service = service

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter. Raises KeyError for a metric that is not in the list."""
        self._counters[name].labels(self._service, *labels.values()).inc(amount)

    def set(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge. Raises KeyError for a metric that is not in the list."""
        self._gauges[name].labels(self._service, *labels.values()).set(value)

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Add one duration to a histogram. Raises KeyError for a metric that is not in the list."""
        self._histograms[name].labels(self._service, *labels.values()).observe(seconds)

    def text(self, names: Collection[str] = ()) -> bytes:
        """Metrics in Prometheus' text format: all, or those of these full names."""
        return generate_latest(self.registry.restricted_registry(names) if names else self.registry)
