"""How the end-to-end benchmark reads its latencies off the log."""

import json
from pathlib import Path
from typing import Any

from benchmarks.lives import taken
from runtime.kafka_admin import LogRecord

EXAMPLES = Path(__file__).parents[2] / "contracts/examples"
ONE, TWO = "H37.12-261130-0000001", "H37.12-261130-0000002"


def record(kind: str, moment: int, subject: str, **data: Any) -> LogRecord:
    """A record after its kind's example."""
    body = json.loads((EXAMPLES / f"{kind}.json").read_text("utf-8"))
    body |= {"subject": subject, "data": {**body["data"], **data}}
    return LogRecord("any", 0, 0, moment, subject.encode(), json.dumps(body).encode())


def cell(moment: int, role: str = "competent", **counters: int) -> LogRecord:
    """A version of the day's cell."""
    return record("metrics.cell", moment, "competent/H37.12/1.000894/2026-11-30", role=role, counters=counters)


def test_the_first_date_and_the_accepted_result_message_of_each_life_end_its_waits() -> None:
    records = [
        record("deadline.set", 1300, ONE),
        record("deadline.set", 9000, ONE),
        record("notice.accepted", 2500, ONE, notice="received"),
        record("notice.accepted", 3700, ONE),
    ]
    dates, messages, _ = taken({ONE: 1000, TWO: 1100}, {ONE: 3000, TWO: 3100}, records)

    assert (dates.times, dates.missing) == ([300], 1)
    assert (messages.times, messages.missing) == ([700], 1)


def test_the_nth_end_is_in_the_first_version_of_the_cell_that_counts_n() -> None:
    records = [
        cell(2000, received_online=2),
        cell(4000, resolved_early=1),
        cell(4100, role="received", resolved_early=2),
        cell(5000, resolved_early=1, resolved_on_time=1),
    ]
    *_, cells = taken({}, {TWO: 3500, ONE: 3000, "H37.12-261130-0000003": 3600}, records)

    assert (cells.times, cells.missing) == ([1000, 1500], 1)
