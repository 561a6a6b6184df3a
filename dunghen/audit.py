"""Recompute the published figures from the topics by plain loops.

This shares no code with reporting on purpose: it is the second opinion. It knows the contracts, dates and sums, nothing else.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from pydantic import ValidationError

from contracts import EVENT_TYPES, decode
from dunghen.log import kind_of

HANOI = timezone(timedelta(hours=7))
CHANNEL = {1: "received_direct", 2: "received_online", 3: "received_post"}
OTHERS = ("letter.sent", "feedback.rated")
DEADLINES = ("deadline.set", "deadline.moved", "deadline.paused", "deadline.resumed")
TOPICS = ("dossiers.v1", "deadlines.v1", "notices.v1", "feedback.v1", "metrics.v1", "reports.v1")
USED = (*range(5, 101, 5), 125, 150, 200)
Adds = list[tuple[str, str, int, str]]  # day, counter, number, record time


@dataclass
class Audited:
    """What the log says: counts and newest record time per cell key, what was published, and what differs."""

    counted: dict[str, dict[str, int]] = field(default_factory=dict)
    as_of: dict[str, str] = field(default_factory=dict)
    published: dict[str, dict[str, int]] = field(default_factory=dict)
    published_as_of: dict[str, str] = field(default_factory=dict)
    periods: dict[str, dict[str, Any]] = field(default_factory=dict)
    dossiers: int = 0

    def differences(self, first: str = "", last: str = "9999") -> list[str]:
        """One line per figure that disagrees, of the cells of some days (ISO, both included)."""
        found = []
        for key in sorted({*self.counted, *self.published}):
            ours, theirs = self.counted.get(key, {}), self.published.get(key, {})
            if not first <= key.rpartition("/")[2] <= last:
                continue
            found += [
                f"{key} {name}: topics {ours.get(name, 0)}, published {theirs.get(name, 0)}"
                for name in sorted({*ours, *theirs})
                if ours.get(name, 0) != theirs.get(name, 0)
            ]
            if ours and theirs and _time(self.as_of[key]) != _time(self.published_as_of[key]):
                found.append(f"{key} as_of: topics {self.as_of[key]}, published {self.published_as_of[key]}")
        return found

    def period_differences(self, fields: Mapping[str, str], first: str = "", last: str = "9999") -> list[str]:
        """One line per figure of a frozen period that is another than what was stated of it last, in periods with such days.

        `fields`: the field of each procedure.
        """
        found = []
        for key, period in sorted(self.periods.items()):
            if period["last"] < first or period["first"] > last:
                continue
            lines: dict[str, list[tuple[str, str]]] = {}
            for unit, procedure in {(cell.split("/")[1], cell.split("/")[2]) for cell in self.counted}:
                lines.setdefault(f"{unit}|{fields.get(procedure, procedure)}", []).append((unit, procedure))
            for line in sorted({*lines, *period["stated"]}):
                ours = self.ii06a(period["first"], period["last"], places=lines.get(line, []))
                theirs = period["stated"].get(line, {})
                found += [
                    f"{key} {line} ({column}): topics {number}, stated {theirs.get(column, 0)}"
                    for column, number in ours.items()
                    if number != theirs.get(column, 0)
                ]
        return found

    def ii06a(
        self, first: str, last: str, unit: str | None = None, places: Iterable[tuple[str, str]] | None = None
    ) -> dict[str, int]:
        """Columns 3 to 13 of II.06a for a competent unit, some (unit, procedure), or the whole province. Days are ISO, both
        included."""
        c = dict.fromkeys((str(n) for n in range(3, 14)), 0)
        wanted = None if places is None else set(places)
        for key, counts in self.counted.items():
            role, cell_unit, procedure, day = key.split("/")
            if role != "competent" or (unit is not None and cell_unit != unit) or day > last:
                continue
            if wanted is not None and (cell_unit, procedure) not in wanted:
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


def audit(records: Iterable[tuple[str, bytes] | tuple[str, bytes, bytes]], now: datetime) -> Audited:
    """Count everything anew from (topic, value) or (topic, value, key) as of `now`.

    Records that are no valid events are passed over; a null on metrics.v1 takes the cell of its key away.
    """
    dossiers: dict[str, dict[str, Any]] = {}
    result = Audited()
    revisions: dict[str, int] = {}
    for topic, value, *key in records:
        if topic == "metrics.v1" and not value and key:
            cell = key[0].decode("utf-8", "replace")
            for held in (revisions, result.published, result.published_as_of):
                held.pop(cell, None)
            continue
        try:
            decode(value, EVENT_TYPES)
        except ValidationError:
            continue
        event = json.loads(value)
        kind, data, subject = kind_of(event), event["data"], event["subject"]
        data["recorded"] = event["time"]
        if topic == "metrics.v1":
            if data["revision"] > revisions.get(subject, 0):
                revisions[subject] = data["revision"]
                result.published[subject] = {name: number for name, number in data["counters"].items() if number}
                result.published_as_of[subject] = event["time"]
        elif topic == "reports.v1":
            _keep_report(result.periods.setdefault(subject, {"versions": {}}), kind, data)
        elif topic in TOPICS:
            _keep(dossiers.setdefault(subject, {"facts": {}, "deadline": None, "settled": None}), kind, data)
    for dossier in dossiers.values():
        _count(dossier, now, result)
    return result


def _keep_report(period: dict[str, Any], kind: str, data: dict[str, Any]) -> None:
    """A period by its own days: as published, less what it booked of the one before, with all restatements on it."""
    period["versions"][data["version"]] = (kind, data)
    if 1 not in period["versions"]:
        return
    published = period["versions"][1][1]
    stated = {f"{line['unit']}|{line['field']}": dict(line["columns"]) for line in published["lines"]}
    for change in published.get("adjustments", ()):
        stated.setdefault(f"{change['unit']}|{change['field']}", {})[change["column"]] = change["before"]
    for _, (_, later) in sorted(period["versions"].items())[1:]:
        for change in later["changes"]:
            stated.setdefault(f"{change['unit']}|{change['field']}", {})[change["column"]] = change["after"]
    period |= {"first": published["first"], "last": published["last"], "stated": stated}


def _keep(dossier: dict[str, Any], kind: str, data: dict[str, Any]) -> None:
    """The highest version of each fact, of the due date, and of the outcome; the first letter and rating; the last refusal."""
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
        known = dossier.get(kind)
        if known is None or (_time(data["at"]), _time(data["recorded"])) < (_time(known["at"]), _time(known["recorded"])):
            dossier[kind] = data
    elif kind == "letter.rejected" and data["draft"] > dossier.get(kind, {"draft": 0})["draft"]:
        dossier[kind] = data


def _count(dossier: dict[str, Any], now: datetime, result: Audited) -> None:
    received = [f for (kind, _), f in dossier["facts"].items() if kind == "received" and not f["retracted"]]
    refused = [f for (kind, _), f in dossier["facts"].items() if kind == "refused" and not f["retracted"]]
    if not received:
        return
    fact = min(received, key=lambda f: _time(f["at"]))
    start = _day(fact["at"])
    if refused:
        first = min(refused, key=lambda f: _time(f["at"]))
        adds = [(max(start, _day(first["at"])), "refused", 1, first["recorded"])]
    else:
        result.dossiers += 1
        adds = [(start, CHANNEL[fact["channel"]], 1, fact["recorded"])]
        if fact.get("out_of_area"):
            adds.append((start, "received_elsewhere", 1, fact["recorded"]))
        adds += _outcome(dossier, now, start) + _late_and_rated(dossier, now, start)
    for role, unit in (("received", fact["receiving_unit"]), ("competent", fact["competent_unit"])):
        for day, counter, number, recorded in adds:
            key = f"{role}/{unit}/{fact['procedure']}/{day}"
            cell = result.counted.setdefault(key, {})
            cell[counter] = cell.get(counter, 0) + number
            newest = max(recorded, fact["recorded"], result.as_of.get(key, fact["recorded"]), key=_time)
            result.as_of[key] = newest


def _outcome(dossier: dict[str, Any], now: datetime, start: str) -> Adds:
    """How it ended, and what that end says of papers, limit and letter; or that it is overdue."""
    settled, deadline, letter = dossier["settled"], dossier["deadline"], dossier.get("letter.sent")
    if settled is None or settled["outcome"] == "open":
        if deadline is None or not deadline.get("due_at") or _time(deadline["due_at"]) > now:
            return []
        newest = deadline["recorded"] if letter is None else max(deadline["recorded"], letter["recorded"], key=_time)
        names = ["overdue_opened"] + ["overdue_opened_lettered"] * (letter is not None)
        return [(max(start, _day(deadline["due_at"])), name, 1, newest) for name in names]
    ended, due, recorded = max(start, _day(settled["ended_at"])), max(start, _day(settled["due_at"])), settled["recorded"]
    adds = [(ended, f"resolved_{settled['outcome']}", 1, recorded)]
    if settled.get("state") in (7, 8):
        adds.append((ended, "withdrawn" if settled["state"] == 7 else "stopped", 1, recorded))
    if settled.get("supplements") is not None:
        adds.append((ended, "supplements_" + ("0", "1", "2plus")[min(2, settled["supplements"])], 1, recorded))
    if settled.get("limit_minutes") is not None:
        adds += [(ended, *counted, recorded) for counted in _minutes(settled["used_minutes"], settled["limit_minutes"])]
    if settled["outcome"] == "late":
        newest = recorded if letter is None else max(recorded, letter["recorded"], key=_time)
        adds += [(due, "overdue_opened", 1, newest), (ended, "overdue_closed", 1, newest)]
        if letter is not None:
            adds += [(due, "overdue_opened_lettered", 1, newest), (ended, "overdue_closed_lettered", 1, newest)]
            adds.append((ended, "resolved_late_lettered", 1, newest))
    return adds


def _minutes(used: int, limit: int) -> list[tuple[str, int]]:
    share = next((str(bound) for bound in USED if used * 100 <= bound * limit), "more")
    saved = limit - used if used < limit else 0
    return [("minutes_limit", limit), ("minutes_used", used), ("minutes_saved", saved), (f"used_{share}", 1)]


def _late_and_rated(dossier: dict[str, Any], now: datetime, start: str) -> Adds:
    """Late against the first promise, with a letter, without, or exempt; letters; answers to the survey."""
    settled, deadline = dossier["settled"], dossier["deadline"] or {}
    adds: Adds = []
    first: str = deadline.get("first_due_at", deadline["due_at"]) if deadline.get("due_at") else ""
    if settled is not None and settled["outcome"] != "open":
        late = settled.get("against_first") == "late"
        first = first or settled["due_at"]
    else:
        late = bool(first) and _time(first) <= now
    letter, rejected, rated = (dossier.get(kind) for kind in ("letter.sent", "letter.rejected", "feedback.rated"))
    if late:
        exempt = rejected is not None and rejected["reason"] in ("force-majeure", "secrecy", "applicant")
        name = "late_with_letter" if letter else "late_exempted" if exempt else "late_without_letter"
        newest = max((said["recorded"] for said in (deadline, settled, letter, rejected) if said), key=_time)
        adds.append((max(start, _day(first)), name, 1, newest))
    if letter:
        adds.append((max(start, _day(letter["at"])), "letters_sent", 1, letter["recorded"]))
    if rated:
        day, scores = max(start, _day(rated["at"])), [score for score in rated["scores"].values() if score is not None]
        counted = (("ratings", 1), ("rating_answers", len(scores)), ("rating_points", sum(scores)))
        adds += [(day, name, number, rated["recorded"]) for name, number in counted]
    return adds


def _time(text: str) -> datetime:
    """To the millisecond, as figures are kept."""
    moment = datetime.fromisoformat(text)
    return datetime.fromtimestamp(round(moment.timestamp() * 1000) / 1000, HANOI)


def _day(text: str) -> str:
    return _time(text).astimezone(HANOI).date().isoformat()
