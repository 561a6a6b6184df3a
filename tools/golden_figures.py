"""The golden messages of contracts/examples/figures: what a reader of figures has to live with, and what it should hold after.

Corrections, repetitions, a stale record after a newer one, a counter nobody knows yet, a type nobody knows yet, a cell of
petitions, a cell that became empty, one that is gone (a null value), a frozen period with an adjustment, and two
restatements, the first of them twice.
"""

import json
from collections.abc import Iterator
from typing import Any

from contracts.definitions import load_definitions
from contracts.envelope import to_wire
from contracts.ids import statement_id

Message = dict[str, Any]
PLACE = {"unit": "H37.12", "field": "Hộ tịch"}
DEFINITION = load_definitions().version
NEW_COUNTER = "received_by_drone"
OF_PETITIONS = {
    "unit": "H37.12",
    "kind": "petition",
    "channel": "portal",
    "day": "2026-02-27",
    "due": 3,
    "in_time": 2,
    "answered": 3,
    "again": 0,
    "published": 2,
}


def messages() -> str:
    """One JSON object {topic, key, value} per line."""
    return "".join(json.dumps(message, ensure_ascii=False) + "\n" for message in _all())


def expected() -> str:
    """What a reader should hold after them."""
    figures = {
        "competent/H37.12/1.000894/2026-02-27": {"received_online": 1, "resolved_on_time": 3},
        "received/H37.12/1.000894/2026-02-27": {"received_online": 2},
        "competent/H37.13/2.000815/2026-02-28": {NEW_COUNTER: 1, "received_direct": 4},
    }
    frozen = {"H37.12|Hộ tịch": {"3": 6, "4": 5, "6": 1, "9": 4, "11": 2}}
    stated = {"H37.12|Hộ tịch": {"3": 7, "4": 6, "6": 1, "9": 5, "11": 2}}
    held = {"figures": figures, "frozen": {PERIOD: frozen}, "stated": {PERIOD: stated}}
    return json.dumps(held, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


PERIOD = "II.06a/2026-02-15/2026-03-14"


def _all() -> Iterator[Message]:
    first = _cell("competent/H37.12/1.000894/2026-02-27", 1772159401000, received_online=1, resolved_on_time=2)
    yield first
    yield _cell("received/H37.12/1.000894/2026-02-27", 1772159401000, received_online=2)
    yield _cell("competent/H37.12/1.000894/2026-02-27", 1772159402000, received_online=1, resolved_on_time=3)
    yield first  # an older revision, once more
    yield _cell("competent/H37.13/2.000815/2026-02-28", 1772159403000, received_direct=4, **{NEW_COUNTER: 1})
    yield _cell("competent/H37.12/2.000635/2026-02-28", 1772159404000, received_direct=1)
    yield _cell("competent/H37.12/2.000635/2026-02-28", 1772159405000)  # its dossier went to another unit
    yield _cell("competent/H37.13/2.000635/2026-02-28", 1772159404000, received_direct=2)
    yield {"topic": "metrics.v1", "key": "competent/H37.13/2.000635/2026-02-28", "value": None}
    yield _record("metrics.v1", "competent/H37.12", "metrics.forecast", 1, {"expected": 12})
    of_petitions = {**OF_PETITIONS, "revision": 1772211600000}  # of a type of its own, and no cell of dossiers
    yield _record("metrics.v1", "petitions/H37.12/petition/portal/2026-02-27", "metrics.petitions", 1772211600000, of_petitions)
    lines = [{**PLACE, "columns": {"3": 6, "4": 5, "6": 1, "9": 4, "11": 2}}]
    # One more on time belongs to the period before: by its own days, this one has 3.
    adjustments = [{**PLACE, "column": "6", "before": 2, "after": 1}, {**PLACE, "column": "9", "before": 3, "after": 4}]
    yield _report("published", 1, lines=lines, adjustments=[*adjustments, {**PLACE, "column": "3", "before": 7, "after": 6}])
    changes = [{**PLACE, "column": "9", "before": 3, "after": 4}, {**PLACE, "column": "6", "before": 2, "after": 1}]
    restated = _report("restated", 2, reason="Sự việc được báo hoặc sửa sau khi chốt kỳ", changes=changes)
    yield restated
    yield restated
    more = [{**PLACE, "column": "9", "before": 4, "after": 5}, {**PLACE, "column": "4", "before": 5, "after": 6}]
    yield _report("restated", 3, reason="Sự việc được báo hoặc sửa sau khi chốt kỳ", changes=more)


def _cell(key: str, revision: int, **counters: int) -> Message:
    role, unit, procedure, day = key.split("/")
    place = {"role": role, "unit": unit, "procedure": procedure, "day": day}
    data = {**place, "counters": counters, "revision": revision, "definition": DEFINITION}
    return _record("metrics.v1", key, "metrics.cell", revision, data)


def _report(name: str, version: int, **more: Any) -> Message:  # noqa: ANN401 - lines or changes
    stamp = {"report": "II.06a", "first": "2026-02-15", "last": "2026-03-14", "version": version, "definition": DEFINITION}
    return _record("reports.v1", PERIOD, f"report.{name}", version, {**stamp, **more})


def _record(topic: str, key: str, kind: str, version: int, data: dict[str, Any]) -> Message:
    at = "2026-03-16T08:00:00+07:00"
    identity = statement_id("reporting", key, kind, version)
    wire = to_wire("/reporting", key, identity, {"type": f"vn.dunghen.{kind}.v1", "time": at, "data": {"at": at, **data}})
    return {"topic": topic, "key": key, "value": json.loads(wire)}
