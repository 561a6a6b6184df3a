"""The rungs before and at a due moment: warnings, apology-due, overdue (D19, docs/decisions/0006-rungs.md)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from contracts.facts import Facts, standing
from reference import Timeline, moment
from reference.timeline import DAY, to_instant, to_minute
from reference.worktime import LimitUnit

Kind = Literal["warned", "apology-due", "overdue"]


@dataclass(frozen=True, slots=True)
class RungRules:
    """Where the rungs stand: open hours before due for warnings, working days before due for the letter."""

    warn_open_hours: tuple[int, ...]
    apology_lead_days: int
    sign_lead_days: int


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung: what it is, which of its kind, and when it is reached."""

    kind: Kind
    name: str
    at: datetime
    tier: int = 1
    step: tuple[str, str | None] | None = None  # of a step's own limit: what it is, which department


def _days_before(line: Timeline, due: int, days: int) -> int:
    """The same time of day so many working days earlier, clipped to that day's hours."""
    return line.clip(line.counted_after(due // DAY, -days) * DAY + due % DAY)


def sign_by(line: Timeline, due: datetime, rules: RungRules) -> datetime:
    """When an apology letter must be signed: the lawful lead before the due moment."""
    return to_instant(_days_before(line, to_minute(due), rules.sign_lead_days))


def second_tier(rungs: Sequence[Rung]) -> list[Rung]:
    """The rungs of a re-promised date: warnings and overdue once more, no second letter."""
    return [replace(rung, name=f"{rung.name}/2", tier=2) for rung in rungs if rung.kind != "apology-due"]


def step_rung(facts: Facts) -> Rung | None:
    """The limit of the step that the dossier is in now; none if it has none."""
    steps = standing(facts, "progressed")
    if not steps:
        return None
    occasion, newest = max(steps.items(), key=lambda item: (item[1]["at"], item[0]))
    due = newest.get("step_due_at")
    if due is None:
        return None
    return Rung("warned", f"step/{occasion}", moment(due), step=(newest["step"], newest.get("department")))


def rungs_of(line: Timeline, started: datetime, due: datetime, unit: LimitUnit, rules: RungRules) -> list[Rung]:
    """All rungs in the order of their time. Those within the first quarter of the open time are left out;
    a same-day procedure has only `overdue`."""
    overdue = Rung("overdue", "overdue", due)
    start, end = to_minute(started), to_minute(due)
    if unit == "same_day" or end <= start:
        return [overdue]
    begin, stop = line.position(start), line.position(end)
    quarter = line.at_position(begin + max(1, (stop - begin) // 4))
    early: list[tuple[int, Kind, str]] = [
        (line.at_position(stop - hours * 60), "warned", f"{hours}h")
        for hours in rules.warn_open_hours
        if stop - hours * 60 > begin
    ]
    early.append((_days_before(line, end, rules.apology_lead_days), "apology-due", "apology-due"))
    return [*(Rung(kind, name, to_instant(at)) for at, kind, name in sorted(early) if quarter <= at < end), overdue]


def passed(rungs: Sequence[Rung], done: Collection[str], until: datetime, now: datetime) -> tuple[list[Rung], list[Rung]]:
    """Which of the rungs reached by `until` are to be fired now, and which are superseded and never sent late.

    A rung that is done overtakes as one that is fired now.

    The log may be known up to `until` only while the clock stands at `now`: what a later rung has overtaken by then is as late
    as if that one had fired already. A warning is superseded by any later rung, the apology by overdue alone.
    """
    last = next((rung for rung in reversed(rungs) if rung.at <= max(until, now)), None)
    reached = [rung for rung in rungs if rung.at <= until and rung.name not in done]
    fire = [
        rung for rung in reached if rung is last or (rung.kind == "apology-due" and last is not None and last.kind != "overdue")
    ]
    return fire, [rung for rung in reached if rung not in fire]


def overtaken(rungs: Sequence[Rung], fired: str) -> list[Rung]:
    """Which of the rungs cannot be sent any more once the one with this name was: a warning by any later rung, the apology by
    overdue alone."""
    place = next((number for number, rung in enumerate(rungs) if rung.name == fired), 0)
    return [rung for rung in rungs[:place] if rung.kind != "apology-due" or rungs[place].kind == "overdue"]
