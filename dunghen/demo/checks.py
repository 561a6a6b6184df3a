"""What the demo asserts, and the figures it shows: everything is computed from the log and from the rows, nothing is told."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from dunghen.audit import audit
from dunghen.demo.driver import Answers, load_month
from dunghen.demo.phone import Phone
from dunghen.log import event_of, kind_of
from runtime.kafka_admin import LogRecord

_TEN_DIGITS = re.compile(r"\d{10}")
EFFECTS = ("deadline.warned", "deadline.apology-due", "deadline.overdue")


@dataclass(frozen=True, slots=True)
class Check:
    """One item that can fail."""

    name: str
    value: Any
    expected: Any

    @property
    def ok(self) -> bool:
        """Whether it holds."""
        return bool(self.value == self.expected)

    def as_json(self) -> dict[str, Any]:
        """For --json."""
        return {"name": self.name, "value": self.value, "expected": self.expected, "ok": self.ok}


@dataclass
class Result:
    """Figures and checks of one run; `dossiers` is the end of each dossier, to compare runs to the last one."""

    figures: dict[str, Any] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    dossiers: dict[str, list[Any]] = field(default_factory=dict)


def events_of(records: Sequence[LogRecord]) -> dict[str, tuple[str, dict[str, Any]]]:
    """Distinct events by id: (topic, event). Delivery may repeat a record, never an id with another content."""
    return {event["id"]: (record.topic, event) for record in records if "id" in (event := event_of(record))}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a run was seen to do from outside: intake's answers, the phone, and II.06a by unit as reporting gave it."""

    answers: Answers
    phone: Phone
    reports: Mapping[str, Mapping[str, Any]]


def evaluate(records: Sequence[LogRecord], seen: Seen, now: datetime, days: tuple[date, date]) -> Result:
    """Figures and checks of a finished run."""
    result, answers, reports = Result(), seen.answers, seen.reports
    events = events_of(records)
    audited = audit([(record.topic, record.value) for record in records], now)
    first, last = (day.isoformat() for day in days)
    facts = {identity for identity, (topic, _) in events.items() if topic == "dossiers.v1"}
    sheet_differences = [
        f"{unit} ({column}): topics {value}, sheet {reports[unit]['total'][column]}"
        for unit in reports
        for column, value in audited.ii06a(first, last, None if unit == "province" else unit).items()
        if value != reports[unit]["total"][column]
    ]
    twice = sum(count - 1 for count in _effects(events).values())
    result.figures = {
        "rows": answers.accepted + answers.refused,
        "refused_rows": answers.refused,
        "dossiers": audited.dossiers,
        "facts": len(facts),
        "cells": len(audited.counted),
        "warned": _count(events, "deadline.warned"),
        "apology_due": _count(events, "deadline.apology-due"),
        "overdue": _count(events, "deadline.overdue"),
        "sms": len(seen.phone.shown()),
        "sms_skipped": skipped_reasons(events),
        "II.06a": {unit: reports[unit]["total"] for unit in sorted(reports)},
    }
    result.checks = [
        Check("mất", len(answers.ids - facts), 0),
        Check("trùng", twice, 0),
        Check("SMS trùng", seen.phone.doubled(), 0),
        Check("SMS sót", len(untold(events)), 0),
        Check("dòng từ chối", answers.refused, _broken_rows()),
        Check("bản ghi bị giữ lại", sum(record.topic.endswith(".dlq") for record in records), 0),
        Check("số liệu lệch", len(audited.differences()), 0),
        Check("II.06a lệch", len(sheet_differences), 0),
        Check("tên, số điện thoại trong topic", _personal_data(records), 0),
    ]
    result.dossiers = ends_of(events)
    return result


def skipped_reasons(events: Mapping[str, tuple[str, dict[str, Any]]]) -> dict[str, int]:
    """How many messages were not sent, by reason."""
    found = Counter(e["data"]["reason"] for _, e in events.values() if e["type"].endswith("notice.skipped.v1"))
    return dict(sorted(found.items()))


def untold(events: Mapping[str, tuple[str, dict[str, Any]]]) -> list[str]:
    """Dossiers received and completed of which the citizen was neither told, nor not told for a stated reason."""
    by_kind: dict[str, set[str]] = {}
    for _, event in events.values():
        by_kind.setdefault(kind_of(event), set()).add(event["subject"])
    due = by_kind.get("dossier.received", set()) & by_kind.get("dossier.completed", set())
    told = {name for kind in ("accepted", "skipped", "failed") for name in by_kind.get(f"notice.{kind}", set())}
    return sorted(due - told)


def _count(events: Mapping[str, tuple[str, dict[str, Any]]], name: str) -> int:
    return sum(kind_of(event) == name for _, event in events.values())


def _effects(events: Mapping[str, tuple[str, dict[str, Any]]]) -> Counter[tuple[str, str, str]]:
    """How often each effect happened, by dossier, kind and occasion."""
    found: Counter[tuple[str, str, str]] = Counter()
    for _, event in events.values():
        name = kind_of(event)
        if name in EFFECTS:
            found[event["subject"], name, event["data"].get("rung", "")] += 1
    return found


def ends_of(events: Mapping[str, tuple[str, dict[str, Any]]]) -> dict[str, list[Any]]:
    """Per dossier: promise in force, outcome, end, and the effects that happened, as JSON."""
    deadlines: dict[str, dict[str, Any]] = {}
    settled: dict[str, dict[str, Any]] = {}
    for topic, event in events.values():
        if topic != "deadlines.v1" or "version" not in event["data"]:
            continue
        slot = settled if event["type"].endswith("settled.v1") else deadlines
        known = slot.get(event["subject"])
        if known is None or event["data"]["version"] > known["version"]:
            slot[event["subject"]] = event["data"]
    effects: dict[str, list[str]] = {}
    for (dossier, name, rung), _ in sorted(_effects(events).items()):
        effects.setdefault(dossier, []).append(f"{name}{'/' + rung if rung else ''}")
    return {
        dossier: [
            deadlines.get(dossier, {}).get("due_at"),
            settled.get(dossier, {}).get("outcome"),
            settled.get(dossier, {}).get("ended_at"),
            effects.get(dossier, []),
        ]
        for dossier in sorted({*deadlines, *settled})
    }


def _broken_rows() -> int:
    """Rows the month's maker broke on purpose carry this dossier number or no valid code."""
    codes = [row.item["dossier"] for row in load_month()]
    return sum("-9001" in code or code in ("HS-2026-1", "H37.12-260230-0001") for code in codes)


def _personal_data(records: Sequence[LogRecord]) -> int:
    """Records in which a name or phone number of the month stands in clear."""
    items = [row.item for row in load_month()]
    names = {item["contact_name"] for item in items if "contact_name" in item}
    phones = {item["contact_phone"] for item in items if "contact_phone" in item}
    texts = (record.value.decode("utf-8", "replace") + record.key.decode("utf-8", "replace") for record in records)
    return sum(any(name in text for name in names) or not phones.isdisjoint(_TEN_DIGITS.findall(text)) for text in texts)
