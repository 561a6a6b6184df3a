"""Recompute the published figures from the topics by plain loops.

This shares no code with reporting on purpose: it is the second opinion. It knows JSON, dates and sums, nothing else.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

HANOI = timezone(timedelta(hours=7))
CHANNEL = {1: "received_direct", 2: "received_online", 3: "received_post"}
OTHERS = ("letter.sent", "feedback.rated")
DEADLINES = ("deadline.set", "deadline.moved", "deadline.paused", "deadline.resumed")


@dataclass
class Audited:
    """What the log says: counts per cell key, what was published per cell key, and what differs."""

    counted: dict[str, dict[str, int]] = field(default_factory=dict)
    published: dict[str, dict[str, int]] = field(default_factory=dict)
    dossiers: int = 0

    def differences(self) -> list[str]:
        """One line per cell and counter that disagree."""
        return [
            f"{key} {name}: topics {ours.get(name, 0)}, published {theirs.get(name, 0)}"
            for key in sorted({*self.counted, *self.published})
            for ours, theirs in [(self.counted.get(key, {}), self.published.get(key, {}))]
            for name in sorted({*ours, *theirs})
            if ours.get(name, 0) != theirs.get(name, 0)
        ]

    def ii06a(self, first: str, last: str, unit: str | None = None) -> dict[str, int]:
        """Columns 3 to 13 of II.06a for a competent unit, or for the whole province. Days are ISO, both included."""
        c = dict.fromkeys((str(n) for n in range(3, 14)), 0)
        for key, counts in self.counted.items():
            role, cell_unit, _, day = key.split("/")
            if role != "competent" or (unit is not None and cell_unit != unit) or day > last:
                continue
            received = sum(counts.get(name, 0) for name in CHANNEL.values())
            early, on_time, late = (counts.get(f"resolved_{name}", 0) for name in ("early", "on_time", "late"))
            c["11"] += received - early - on_time - late
            c["13"] += counts.get("overdue_opened", 0) - counts.get("overdue_closed", 0)
            if day < first:
                c["6"] += received - early - on_time - late
                continue
            c["4"] += counts.get("received_online", 0)
            c["5"] += received - counts.get("received_online", 0)
            c["8"] += early
            c["9"] += on_time
            c["10"] += late
        c["3"] = c["4"] + c["5"] + c["6"]
        c["7"] = c["8"] + c["9"] + c["10"]
        c["12"] = c["11"] - c["13"]
        return c


def audit(records: Iterable[tuple[str, bytes]], now: datetime) -> Audited:
    """Count everything anew from (topic, value) pairs as of `now`. Records that are no events are passed over."""
    dossiers: dict[str, dict[str, Any]] = {}
    result = Audited()
    revisions: dict[str, int] = {}
    for topic, value in records:
        try:
            event = json.loads(value)
            kind, data, subject = event["type"].removeprefix("vn.dunghen.").removesuffix(".v1"), event["data"], event["subject"]
        except (ValueError, KeyError, TypeError):
            continue
        if topic == "metrics.v1":
            if data["revision"] > revisions.get(subject, 0):
                revisions[subject] = data["revision"]
                result.published[subject] = {name: number for name, number in data["counters"].items() if number}
        elif topic in ("dossiers.v1", "deadlines.v1", "notices.v1", "feedback.v1"):
            _keep(dossiers.setdefault(subject, {"facts": {}, "deadline": None, "settled": None}), kind, data)
    for dossier in dossiers.values():
        _count(dossier, now, result)
    return result


def _keep(dossier: dict[str, Any], kind: str, data: dict[str, Any]) -> None:
    """The highest version of each fact, of the due date, and of the outcome."""
    if kind.startswith("dossier."):
        what = data["fact"] if kind == "dossier.retracted" else kind.removeprefix("dossier.")
        known = dossier["facts"].get((what, data["occasion"]))
        if known is None or data["version"] > known["version"]:
            dossier["facts"][what, data["occasion"]] = {**data, "retracted": kind == "dossier.retracted"}
    elif kind in DEADLINES or kind == "deadline.settled":
        slot = "settled" if kind == "deadline.settled" else "deadline"
        if dossier[slot] is None or data["version"] > dossier[slot]["version"]:
            dossier[slot] = data
    elif kind in OTHERS:
        dossier.setdefault(kind, data)


def _count(dossier: dict[str, Any], now: datetime, result: Audited) -> None:
    received = [f for (kind, _), f in dossier["facts"].items() if kind == "received" and not f["retracted"]]
    refused = [f for (kind, _), f in dossier["facts"].items() if kind == "refused" and not f["retracted"]]
    if not received or refused:
        return
    fact = min(received, key=lambda f: _time(f["at"]))
    result.dossiers += 1
    start = _day(fact["at"])
    adds = [(start, CHANNEL[fact["channel"]])]
    settled, deadline = dossier["settled"], dossier["deadline"]
    if settled is not None and settled["outcome"] != "open":
        ended = max(start, _day(settled["ended_at"]))
        adds.append((ended, f"resolved_{settled['outcome']}"))
        if settled["outcome"] == "late":
            adds += [(max(start, _day(settled["due_at"])), "overdue_opened"), (ended, "overdue_closed")]
    elif deadline is not None and deadline.get("due_at") and _time(deadline["due_at"]) <= now:
        adds.append((max(start, _day(deadline["due_at"])), "overdue_opened"))
    adds += _late_and_rated(dossier, now, start)
    for role, unit in (("received", fact["receiving_unit"]), ("competent", fact["competent_unit"])):
        for day, counter in adds:
            cell = result.counted.setdefault(f"{role}/{unit}/{fact['procedure']}/{day}", {})
            cell[counter] = cell.get(counter, 0) + 1


def _late_and_rated(dossier: dict[str, Any], now: datetime, start: str) -> list[tuple[str, str]]:
    """Late against the first promise, with or without a letter; letters; answers to the survey, one entry per point."""
    settled, deadline, adds = dossier["settled"], dossier["deadline"] or {}, []
    first: str = deadline.get("first_due_at", deadline["due_at"]) if deadline.get("due_at") else ""
    if settled is not None and settled["outcome"] != "open":
        late = settled["against_first"] == "late"
        first = first or settled["due_at"]
    else:
        late = bool(first) and _time(first) <= now
    letter, rated = dossier.get("letter.sent"), dossier.get("feedback.rated")
    if late:
        adds.append((max(start, _day(first)), "late_with_letter" if letter else "late_without_letter"))
    if letter:
        adds.append((max(start, _day(letter["at"])), "letters_sent"))
    if rated:
        day, scores = max(start, _day(rated["at"])), [score for score in rated["scores"].values() if score is not None]
        adds.append((day, "ratings"))
        adds += [(day, "rating_answers")] * len(scores) + [(day, "rating_points")] * sum(scores)
    return adds


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _day(text: str) -> str:
    return _time(text).astimezone(HANOI).date().isoformat()
