"""Grafana's boards as code: deploy/monitoring/boards/*.json, made by `./dev generate` with Grafana's own builders."""

from dataclasses import dataclass
from itertools import count

from grafana_foundation_sdk.builders.dashboard import Dashboard, DatasourceVariable, Row
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.builders.timeseries import Panel
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DataSourceRef

SOURCE = DataSourceRef(type_val="prometheus", uid="${source}")


@dataclass(frozen=True, slots=True)
class Chart:
    """One panel: what it shows, in which unit of Grafana, by which query of Prometheus, and how its lines are named."""

    title: str
    query: str
    legend: str
    unit: str = "short"


# What an operator asks first: is it up, is it behind, does it answer; then what citizens wait for.
BOARD: dict[str, tuple[Chart, ...]] = {
    "The log": (
        Chart("Age of the oldest record that waits", "max by (service) (dunghen_oldest_unhandled_seconds)", "{{service}}", "s"),
        Chart("Records that wait", "sum by (service) (dunghen_lag_records)", "{{service}}"),
        Chart("Records handled", "sum by (service) (rate(dunghen_records_handled_total[5m]))", "{{service}}", "reqps"),
        Chart(
            "Batch, 95th percentile",
            "histogram_quantile(0.95, sum by (service, le) (rate(dunghen_batch_seconds_bucket[5m])))",
            "{{service}}",
            "s",
        ),
        Chart("Dead letters", "sum by (service) (increase(dunghen_records_dead_lettered_total[1h]))", "{{service}}"),
        Chart("Partitions held", "sum by (service) (dunghen_partitions_held)", "{{service}}"),
    ),
    "Answers": (
        Chart("Requests", "sum by (service) (rate(dunghen_http_requests_total[5m]))", "{{service}}", "reqps"),
        Chart(
            "Failures (5xx) by route",
            'sum by (service, route) (rate(dunghen_http_requests_total{status=~"5.."}[5m]))',
            "{{service}} {{route}}",
            "reqps",
        ),
        Chart(
            "Time of an answer by route, 95th percentile",
            "histogram_quantile(0.95, sum by (service, route, le) (rate(dunghen_http_seconds_bucket[5m])))",
            "{{service}} {{route}}",
            "s",
        ),
    ),
    "Citizens": (
        Chart("Messages that are due", "sum(dunghen_notices_due)", "due"),
        Chart(
            "Messages by answer of the gateway", "sum by (outcome) (rate(dunghen_messages_total[5m]))", "{{outcome}}", "reqps"
        ),
        Chart("Gateways that take nothing", "max by (gateway) (dunghen_gateway_broken)", "{{gateway}}"),
        Chart("Messages for a clerk", "sum(dunghen_notices_uncertain) + sum(dunghen_notices_failed)", "waiting"),
        Chart("Letters that wait for a signer", "sum(dunghen_letters_drafted)", "drafts"),
        Chart("Timers due", "sum by (service) (dunghen_jobs_due)", "{{service}}"),
    ),
    "Figures": (
        Chart("Changes that are in no figure yet: age", "max(dunghen_dirty_oldest_seconds)", "oldest", "s"),
        Chart("Since the last flush", 'max(dunghen_clock_seconds{service="reporting"} - dunghen_flushed_seconds)', "age", "s"),
        Chart("Units nothing was heard of", "max(dunghen_units_silent)", "units"),
    ),
    "Releases": (Chart("Instances by release", "count by (service, version) (dunghen_build)", "{{service}} {{version}}"),),
}


def board() -> str:
    """The board of all services, as JSON."""
    made = (
        Dashboard("Đúng Hẹn")
        .uid("dunghen")
        .tags(["dunghen"])
        .timezone("Asia/Ho_Chi_Minh")
        .refresh("30s")
        .time("now-6h", "now")
        .readonly()
        .with_variable(DatasourceVariable("source").type("prometheus").label("Prometheus"))
    )
    numbers = count(1)
    for title, charts in BOARD.items():
        made = made.with_row(Row(title).id(next(numbers)))
        for chart in charts:
            query = Dataquery().expr(chart.query).legend_format(chart.legend).datasource(SOURCE).ref_id("A")
            panel = Panel().id(next(numbers)).title(chart.title).unit(chart.unit).min(0).span(8).height(7).datasource(SOURCE)
            made = made.with_panel(panel.with_target(query))
    return JSONEncoder(sort_keys=True, indent=2).encode(made.build()) + "\n"


def queries() -> list[str]:
    """What its panels ask."""
    return [chart.query for charts in BOARD.values() for chart in charts]
