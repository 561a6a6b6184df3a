"""What the demo asserts, and the figures it shows: everything is computed from the evidence, nothing is told."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dunghen import PROVINCE
from dunghen.audit import Audited, audit
from dunghen.demo.driver import load_month
from dunghen.demo.evidence import Evidence
from dunghen.log import kind_of
from reference import load_reference

_DIGITS = re.compile(r"(?<!\d)\d{9,11}(?!\d)")
_TOKEN = re.compile(r"(?<![\w-])[\w-]{22}(?![\w-])")
_LINK = re.compile(r"https://\S+/(\S+)$")
EFFECTS = ("deadline.warned", "deadline.apology-due", "deadline.overdue", "letter.sent", "feedback.invited", "feedback.rated")
Events = Mapping[str, tuple[str, dict[str, Any]]]


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


def evaluate(evidence: Evidence) -> Result:
    """Figures and checks of a finished run."""
    events = evidence.events()
    audited = audit([(record.topic, record.value) for record in evidence.records], evidence.now)
    return Result(_figures(evidence, events, audited), _checks(evidence, events, audited), ends_of(events))


def _figures(evidence: Evidence, events: Events, audited: Audited) -> dict[str, Any]:
    kinds = Counter(kind_of(event) for _, event in events.values())
    totals: Counter[str] = Counter()
    for key, counters in audited.counted.items():
        if key.startswith("competent/"):
            totals.update(counters)
    return {
        "rows": evidence.answers.accepted + evidence.answers.held + evidence.answers.refused,
        "refused_rows": evidence.answers.refused,
        "held_rows": evidence.answers.held,
        "dossiers": audited.dossiers,
        "facts": sum(topic == "dossiers.v1" for topic, _ in events.values()),
        "cells": len(audited.counted),
        "warned": kinds["deadline.warned"],
        "apology_due": kinds["deadline.apology-due"],
        "overdue": kinds["deadline.overdue"],
        "letters": {state: kinds[f"letter.{state}"] for state in ("drafted", "sent", "rejected", "withdrawn")},
        "late_with_letter": totals["late_with_letter"],
        "late_exempted": totals["late_exempted"],
        "late_without_letter": totals["late_without_letter"],
        "sms": len(evidence.phone.shown()),
        "sms_delivered": kinds["notice.delivered"],
        "sms_skipped": skipped_reasons(events),
        "ratings": totals["ratings"],
        "satisfaction": round(totals["rating_points"] / totals["rating_answers"], 2) if totals["rating_answers"] else None,
        "II.06a": {unit: evidence.reports[unit]["total"] for unit in sorted(evidence.reports)},
    }


def _checks(evidence: Evidence, events: Events, audited: Audited) -> list[Check]:
    facts = {identity for identity, (topic, _) in events.items() if topic == "dossiers.v1"}
    unstated = audited.period_differences(_fields())
    restated = sum(kind_of(event) == "report.restated" for _, event in events.values())
    return [
        Check("mất", len(evidence.answers.ids - facts), 0),
        Check("trùng", sum(count - 1 for count in _effects(events).values()), 0),
        Check("SMS trùng", evidence.phone.doubled(), 0),
        Check("SMS sót", len(untold(events)), 0),
        Check("số thư lệch", len(register_faults(events)), 0),
        Check("dòng từ chối", evidence.answers.refused, _broken_rows() - _strange_rows()),
        Check("dòng chờ người xem", evidence.answers.held, _strange_rows()),
        Check("bản ghi bị giữ lại", sum(record.topic.endswith(".dlq") for record in evidence.records), 0),
        Check("sổ lệch", len(audited.differences()), 0),
        Check("II.06a lệch", len(_sheet_differences(evidence, audited)), 0),
        Check("tên, số ĐT trong topic, log", _personal_data(evidence), 0),
        Check("bản chỉnh", restated if not unstated else f"{restated}, kỳ chốt lệch {len(unstated)}", evidence.corrected),
    ]


def _fields() -> dict[str, str]:
    """The field of each procedure of the demo's province."""
    return {code: procedure.field for code, procedure in load_reference(PROVINCE).procedures.items()}


def _sheet_differences(evidence: Evidence, audited: Audited) -> list[str]:
    first, last = (day.isoformat() for day in evidence.days)
    return [
        f"{unit} ({column}): topics {value}, sheet {sheet['total'][column]}"
        for unit, sheet in evidence.reports.items()
        for column, value in audited.ii06a(first, last, None if unit == "province" else unit).items()
        if value != sheet["total"][column]
    ]


def skipped_reasons(events: Events) -> dict[str, int]:
    """How many messages were not sent, by reason."""
    found = Counter(event["data"]["reason"] for _, event in events.values() if kind_of(event) == "notice.skipped")
    return dict(sorted(found.items()))


def untold(events: Events) -> list[str]:
    """Dossiers received and completed of which the citizen was neither told, nor not told for a stated reason."""
    by_kind: dict[str, set[str]] = {}
    for _, event in events.values():
        if event["data"].get("notice", "result-ready") == "result-ready":
            by_kind.setdefault(kind_of(event), set()).add(event["subject"])
    due = by_kind.get("dossier.received", set()) & by_kind.get("dossier.completed", set())
    told = {name for kind in ("accepted", "delivered", "skipped", "failed") for name in by_kind.get(f"notice.{kind}", set())}
    return sorted(due - told)


def register_faults(events: Events) -> list[str]:
    """Bodies and years whose letter numbers do not run from 1 without hole or repetition."""
    numbers: dict[tuple[str, int], list[int]] = {}
    for _, event in events.values():
        if kind_of(event) == "letter.sent":
            data = event["data"]
            numbers.setdefault((data["unit"], data["year"]), []).append(data["number"])
    return [f"{unit}/{year}" for (unit, year), own in numbers.items() if sorted(own) != list(range(1, len(own) + 1))]


def _effects(events: Events) -> Counter[tuple[str, str, str]]:
    """How often each effect happened, by dossier, kind and occasion."""
    found: Counter[tuple[str, str, str]] = Counter()
    for _, event in events.values():
        name = kind_of(event)
        if name in EFFECTS:
            found[event["subject"], name, event["data"].get("rung", "")] += 1
    return found


def ends_of(events: Events) -> dict[str, list[Any]]:
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


def _strange_rows() -> int:
    """Those among them that are well formed and name what no catalogue knows."""
    return sum(row.item.get("procedure") == "9.999999" or row.item.get("receiving_unit") == "H99.99" for row in load_month())


def _personal_data(evidence: Evidence) -> int:
    """Records and log lines in which a name, a phone number or a survey token of the month stands in clear."""
    items = [row.item for row in load_month()]
    names = {item["contact_name"] for item in items if "contact_name" in item}
    phones = {item["contact_phone"].lstrip("0") for item in items if "contact_phone" in item}
    tokens = {found.group(1) for sms in evidence.phone.arrived if (found := _LINK.search(sms.text))}
    named = re.compile("|".join(map(re.escape, names)))
    texts = [record.value.decode("utf-8", "replace") + record.key.decode("utf-8", "replace") for record in evidence.records]
    return sum(
        named.search(text) is not None
        or any(found[-9:] in phones for found in _DIGITS.findall(text))
        or not tokens.isdisjoint(_TOKEN.findall(text))
        for text in [*texts, *evidence.logs.splitlines()]
    )
