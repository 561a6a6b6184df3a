"""Each alert fires for what it is there for and is silent otherwise, asks for metrics that exist, and stands in the runbook."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.real import skip
from tools.reference_docs import METRICS

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "deploy/monitoring/alerts.yaml"
RULES: list[dict[str, Any]] = yaml.safe_load(ALERTS.read_text("utf-8"))["groups"][0]["rules"]
RUNBOOK = (ROOT / "docs/runbook.md").read_text("utf-8")
OWNERS = {"operations", "developers", "units", "province"}
CLOCK = 'dunghen_clock_seconds{service="%s"}'

# Alert -> series that make it fire, series of a good day (both as promtool writes them: a sample a minute), labels it carries.
Series = dict[str, str]
CASES: dict[str, tuple[Series, Series, dict[str, str]]] = {
    "DunghenAway": (
        {'up{job="dunghen",instance="sla-0"}': "0x500"},
        {'up{job="dunghen",instance="sla-0"}': "1x500"},
        {"job": "dunghen", "instance": "sla-0"},
    ),
    "DunghenBraked": (
        {'dunghen_braked{service="sla"}': "1x500"},
        {'dunghen_braked{service="sla"}': "0x500"},
        {"service": "sla"},
    ),
    "DunghenBehind": (
        {'dunghen_oldest_unhandled_seconds{service="sla"}': "900x500"},
        {'dunghen_oldest_unhandled_seconds{service="sla"}': "20x500"},
        {"service": "sla"},
    ),
    "DunghenNobodyReads": (
        {'dunghen_partitions_held{service="sla",instance="0"}': "0x500"},
        {
            'dunghen_partitions_held{service="sla",instance="0"}': "0x500",
            'dunghen_partitions_held{service="sla",instance="1"}': "24x500",
        },
        {"service": "sla"},
    ),
    "DunghenDeadLetters": (
        {'dunghen_records_dead_lettered_total{service="sla",topic="dossiers.v1",reason="x"}': "0+1x500"},
        {'dunghen_records_dead_lettered_total{service="sla",topic="dossiers.v1",reason="x"}': "3x500"},
        {"service": "sla"},
    ),
    "DunghenUnpublished": (
        {'dunghen_intents_open{service="sla"}': "1x500"},
        {'dunghen_intents_open{service="sla"}': "1 1 1 0 2 1 0 3 0 1 0x480"},
        {"service": "sla"},
    ),
    "DunghenTimersStand": (
        {CLOCK % "sla": "1000+60x500", 'dunghen_swept_seconds{service="sla"}': "1000x500"},
        {CLOCK % "sla": "1000+60x500", 'dunghen_swept_seconds{service="sla"}': "990+60x500"},
        {"service": "sla"},
    ),
    "DunghenTimersDue": (
        {'dunghen_jobs_due{service="sla"}': "2x500", 'dunghen_lag_records{service="sla"}': "0x500"},
        {'dunghen_jobs_due{service="sla"}': "2x500", 'dunghen_lag_records{service="sla"}': "9x500"},
        {"service": "sla"},
    ),
    "DunghenJobFails": (
        {'dunghen_job_failures_total{service="sla",job="timers"}': "0+1x500"},
        {'dunghen_job_failures_total{service="sla",job="timers"}': "0x200 1x300"},
        {"service": "sla", "job": "timers"},
    ),
    "DunghenClockAhead": (
        {'dunghen_clock_ahead_seconds{service="sla"}': "90x500"},
        {'dunghen_clock_ahead_seconds{service="sla"}': "2x500"},
        {"service": "sla"},
    ),
    "DunghenAnswersFail": (
        {
            'dunghen_http_requests_total{service="intake",route="/x",method="POST",status="503"}': "0+10x500",
            'dunghen_http_requests_total{service="intake",route="/x",method="POST",status="202"}': "0+90x500",
        },
        {
            'dunghen_http_requests_total{service="intake",route="/x",method="POST",status="422"}': "0+50x500",
            'dunghen_http_requests_total{service="intake",route="/x",method="POST",status="202"}': "0+90x500",
        },
        {"service": "intake"},
    ),
    "DunghenAnswersSlow": (
        {
            'dunghen_http_seconds_bucket{service="sla",le="3"}': "0+50x500",
            'dunghen_http_seconds_bucket{service="sla",le="10"}': "0+100x500",
            'dunghen_http_seconds_bucket{service="sla",le="+Inf"}': "0+100x500",
        },
        {
            'dunghen_http_seconds_bucket{service="sla",le="0.1"}': "0+99x500",
            'dunghen_http_seconds_bucket{service="sla",le="3"}': "0+100x500",
            'dunghen_http_seconds_bucket{service="sla",le="+Inf"}': "0+100x500",
        },
        {"service": "sla"},
    ),
    "DunghenGatewayBroken": (
        {'dunghen_gateway_broken{service="notifier",gateway="first"}': "1x500"},
        {'dunghen_gateway_broken{service="notifier",gateway="first"}': "0x500"},
        {"gateway": "first"},
    ),
    "DunghenMessagesWait": (
        {CLOCK % "notifier": "1000+60x500", 'dunghen_sent_seconds{service="notifier"}': "1000x500"},
        {CLOCK % "notifier": "1000+60x500", 'dunghen_sent_seconds{service="notifier"}': "1000+60x500"},
        {},
    ),
    "DunghenMessagesForAPerson": (
        {'dunghen_notices_uncertain{service="notifier"}': "1x500", 'dunghen_notices_failed{service="notifier"}': "0x500"},
        {'dunghen_notices_uncertain{service="notifier"}': "0x500", 'dunghen_notices_failed{service="notifier"}': "0x500"},
        {},
    ),
    "DunghenKeyMissing": (
        {'dunghen_notices_locked{service="notifier",epoch="2",reason="no-key"}': "4x500"},
        {'dunghen_notices_locked{service="notifier",epoch="2",reason="no-key"}': "0x500"},
        {"epoch": "2", "reason": "no-key"},
    ),
    "DunghenLettersUnsigned": (
        {'dunghen_letters_unsigned{service="notifier",reason="not-valid"}': "3x500"},
        {'dunghen_letters_unsigned{service="notifier",reason="not-valid"}': "0x300 1x5 0x300"},
        {"reason": "not-valid"},
    ),
    "DunghenSignedPaperMissing": (
        {'dunghen_signed_papers_missing_total{service="notifier"}': "0+1x500"},
        {'dunghen_signed_papers_missing_total{service="notifier"}': "2x500"},
        {},
    ),
    "DunghenCertificateEnds": (
        {
            CLOCK % "notifier": "1000+60x500",
            'dunghen_certificate_ends_seconds{service="notifier",unit="H37.12"}': "2000000x500",
        },
        {
            CLOCK % "notifier": "1000+60x500",
            'dunghen_certificate_ends_seconds{service="notifier",unit="H37.12"}': "9000000x500",
        },
        {"unit": "H37.12"},
    ),
    "DunghenFiguresOld": (
        {'dunghen_dirty_oldest_seconds{service="reporting"}': "1200x500"},
        {'dunghen_dirty_oldest_seconds{service="reporting"}': "30x500"},
        {},
    ),
    "DunghenFiguresWrong": (
        {'dunghen_figures_unreconciled{service="reporting"}': "2x500"},
        {'dunghen_figures_unreconciled{service="reporting"}': "0x500", 'dunghen_forms_broken{service="reporting"}': "0x500"},
        {},
    ),
    "DunghenUnitSilent": (
        {'dunghen_units_silent{service="reporting"}': "1x500"},
        {'dunghen_units_silent{service="reporting"}': "0x500"},
        {},
    ),
    "DunghenPetitionsLate": (
        {'dunghen_petitions_below_target{service="reporting"}': "1x500"},
        {'dunghen_petitions_below_target{service="reporting"}': "0x500"},
        {},
    ),
    "DunghenCalendarUnconfirmed": (
        {'dunghen_calendar_unconfirmed{service="sla"}': "1x500"},
        {'dunghen_calendar_unconfirmed{service="sla"}': "0x500"},
        {},
    ),
    "DunghenMailAway": (
        {'dunghen_mail_away{service="front"}': "1x500"},
        {'dunghen_mail_away{service="front"}': "0x500"},
        {},
    ),
    "DunghenIssuerAway": (
        {'dunghen_issuer_away_total{service="front"}': "0+2x500"},
        {'dunghen_issuer_away_total{service="front"}': "2x500"},
        {},
    ),
    "DunghenGuesses": (
        {'dunghen_lookups_total{service="front",result="wrong"}': "0+120x500"},
        {
            'dunghen_lookups_total{service="front",result="shown"}': "0+120x500",
            'dunghen_lookups_total{service="front",result="wrong"}': "0+1x500",
        },
        {},
    ),
}


def promtool(test: dict[str, Any], folder: Path) -> subprocess.CompletedProcess[str]:
    """Judge one test of rules by Prometheus' own tool."""
    tool = shutil.which("promtool")
    if tool is None:
        skip("no promtool: install the package prometheus")
        raise AssertionError
    file = folder / "test.yaml"
    file.write_text(yaml.safe_dump({"rule_files": [str(ALERTS)], "evaluation_interval": "1m", "tests": [test]}), "utf-8")
    return subprocess.run([tool, "test", "rules", str(file)], capture_output=True, text=True, check=False)


def expected(name: str, series: Series, labels: dict[str, str] | None) -> dict[str, Any]:
    """That at the 400th minute the alert fires with these labels; None: that it is silent."""
    rule = next(rule for rule in RULES if rule["alert"] == name)
    alerts = [] if labels is None else [{"exp_labels": labels | rule["labels"], "exp_annotations": rule["annotations"]}]
    return {
        "interval": "1m",
        "input_series": [{"series": key, "values": values} for key, values in series.items()],
        "alert_rule_test": [{"eval_time": "400m", "alertname": name, "exp_alerts": alerts}],
    }


@pytest.mark.parametrize("name", CASES)
def test_an_alert_fires_and_is_silent_on_a_good_day(name: str, tmp_path: Path) -> None:
    bad, good, labels = CASES[name]

    fires = promtool(expected(name, bad, labels), tmp_path)
    assert fires.returncode == 0, fires.stdout + fires.stderr
    silent = promtool(expected(name, good, None), tmp_path)
    assert silent.returncode == 0, silent.stdout + silent.stderr
    assert promtool(expected(name, good, labels), tmp_path).returncode != 0  # the tool does judge


def test_every_alert_is_tried() -> None:
    assert [rule["alert"] for rule in RULES] == list(CASES)


def test_every_alert_has_an_owner_a_meaning_and_an_action_and_stands_in_the_runbook() -> None:
    for rule in RULES:
        name, notes = rule["alert"], rule["annotations"]
        assert rule["labels"]["owner"] in OWNERS
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert (
            f"| {name} | {rule['labels']['owner']}, {rule['labels']['severity']} | {notes['summary']} | {notes['action']} |"
            in RUNBOOK
        )


def test_alerts_ask_for_metrics_that_services_keep() -> None:
    kept = {f"dunghen_{m.name}" for listed in METRICS.values() for m in listed}
    for rule in RULES:
        for asked in re.findall(r"dunghen_\w+", rule["expr"]):
            assert re.sub(r"_(total|bucket)$", "", asked) in kept, f"{rule['alert']}: {asked}"
