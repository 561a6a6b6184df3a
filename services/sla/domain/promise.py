"""From facts to the promise in force: reception, pauses, a date the sender printed, the one re-promise."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from contracts.deadlines import Basis, Step
from contracts.facts import Facts, first_standing, standing
from reference import Pause, Readings, Timeline, count_due, moment
from reference.derivation import Derivation, explain, say_instant
from reference.timeline import to_instant, to_minute
from reference.worktime import ELAPSED, LimitUnit, PauseKind

# What sla folds of each fact.
FIELDS: dict[str, tuple[str, ...]] = {
    "progressed": ("step", "department", "step_due_at"),
    "received": ("procedure", "competent_unit", "terms", "promised_at"),
    "supplement-requested": (),
    "supplemented": (),
    "fee-requested": (),
    "fee-paid": (),
    "suspended": ("reason",),
    "resumed": (),
    "reappointed": ("new_due_at",),
    "completed": (),
    "returned": (),
    "refused": (),
    "withdrawn": (),
    "stopped": (),
}

WAITING: tuple[tuple[PauseKind, str, str], ...] = (
    ("supplement", "supplement-requested", "supplemented"),
    ("fee", "fee-requested", "fee-paid"),
    ("agency", "suspended", "resumed"),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the clock of a dossier is made of; equal standings have equal promises. Times in ms."""

    unit: str  # the competent body, whose calendar and hours are counted
    received_at: int
    limit: tuple[int, LimitUnit]
    restart: bool
    pauses: tuple[tuple[PauseKind, int, int | None], ...]
    promised_at: int | None
    reappointed: tuple[int, ...]  # new due dates asked for, in the order of asking

    def key(self) -> list[Any]:
        """As JSON, to keep beside the promise that was counted from it."""
        pauses = [list(pause) for pause in self.pauses]
        return [self.unit, self.received_at, *self.limit, self.restart, pauses, self.promised_at, list(self.reappointed)]

    @classmethod
    def from_key(cls, key: Sequence[Any]) -> "Standing":
        """What `key` wrote."""
        unit, received_at, value, limit_unit, restart, pauses, promised_at, reappointed = key
        stretched = tuple((kind, begin, end) for kind, begin, end in pauses)
        return cls(unit, received_at, (value, limit_unit), restart, stretched, promised_at, tuple(reappointed))


_COMPACT = json.JSONEncoder(separators=(",", ":"))


def digest_of(*counted: Any) -> str:  # noqa: ANN401 - JSON values
    """A short digest of what something was counted from; equal for equal values, whenever and wherever it is made."""
    return sha256(_COMPACT.encode(counted).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Promise:
    """The promise in force and where it comes from. Times are +07:00; `due` is None while a pause is open."""

    due: datetime | None
    computed: datetime | None
    first: datetime | None
    basis: Basis
    provisional: bool
    calendar_version: str
    derivation: Derivation


def standing_of(facts: Facts) -> Standing | None:
    """Read the clock's facts; None before acceptance, or when the dossier was refused (state 3)."""
    received = first_standing(facts, "received")
    if received is None or first_standing(facts, "refused") is not None:
        return None
    terms = received["terms"]
    wanted = {"supplement": True, "force_majeure": True, "fee": terms["pause_on_fee"], "agency": terms["pause_on_agency"]}
    pauses = [pause for name in WAITING for pause in stretches(facts, *name) if wanted[pause[0]]]
    # A date granted to a signed letter stays the one re-promise, whatever a sender reports about earlier ones afterwards.
    asked = sorted(standing(facts, "reappointed").values(), key=lambda fact: (not fact.get("granted"), fact["at"]))
    return Standing(
        unit=received["competent_unit"],
        received_at=received["at"],
        limit=(terms["limit"]["value"], terms["limit"]["unit"]),
        restart=terms["strategy"] == "restart",
        pauses=tuple(sorted(pauses, key=lambda pause: (pause[1], pause[0]))),
        promised_at=received.get("promised_at"),
        reappointed=tuple(dict.fromkeys(fact["new_due_at"] for fact in asked)),
    )


def stretches(facts: Facts, kind: PauseKind, begin: str, end: str) -> list[tuple[PauseKind, int, int | None]]:
    """Pair each request with the completion of the same occasion; a completion before its request ends nothing."""
    ends = standing(facts, end)
    pauses: list[tuple[PauseKind, int, int | None]] = []
    for occasion, fact in standing(facts, begin).items():
        until = ends[occasion]["at"] if occasion in ends else None
        own: PauseKind = "force_majeure" if fact.get("reason") == "force_majeure" else kind
        pauses.append((own, fact["at"], None if until is None or until < fact["at"] else until))
    return pauses


def _as_pauses(standing_: Standing, ended_at: int | None) -> list[Pause]:
    """Pauses as times; one that is still open when the dossier ends, ends with it."""
    pauses = []
    for kind, start, end in standing_.pauses:
        if ended_at is None or start <= ended_at:
            until = ended_at if end is None else end
            pauses.append(Pause(kind, moment(start), None if until is None else moment(until)))
    return pauses


@lru_cache(maxsize=2048)  # an outcome looks again at the promise that was stated, or at the one without its pauses
def promise_of(standing_: Standing, line: Timeline, rules: Readings, *, ended_at: int | None = None) -> Promise:
    """Count the promise. Raises LimitError or BeyondCalendarError where it cannot be counted."""
    received, pauses = moment(standing_.received_at), _as_pauses(standing_, ended_at)
    counted = count_due(line, received, standing_.limit, pauses, rules, restart=standing_.restart)
    first = counted.due_at
    basis: Basis = "computed"
    if standing_.promised_at is not None:
        first, basis = _shifted(moment(standing_.promised_at), counted, line, standing_.limit[1]), "promised"
    due = first
    if standing_.reappointed and due is not None:
        due, basis = moment(standing_.reappointed[0]), "reappointed"
    return Promise(
        due=due,
        computed=counted.due_at,
        first=first,
        basis=basis,
        provisional=counted.provisional,
        calendar_version=counted.calendar_version,
        derivation=counted,
    )


def _shifted(promised: datetime, counted: Derivation, line: Timeline, unit: LimitUnit) -> datetime | None:
    """A printed date moves by the pauses that began before it, as our own count does (D6)."""
    if counted.due_at is None:
        return None
    minute, rest = to_minute(promised), promised - to_instant(to_minute(promised))
    for paused in counted.applied:
        if paused.end is None or paused.start >= to_instant(minute):
            continue
        length = to_minute(paused.end) - to_minute(paused.start)
        minute = minute + length if unit in ELAPSED else line.add(minute, paused.open_minutes)
    return to_instant(minute) + rest


def steps_of(standing_: Standing, promise: Promise, line: Timeline) -> tuple[Step, ...]:
    """The derivation as data and Vietnamese sentences, the printed or re-promised date included."""
    counted = explain(line, moment(standing_.received_at), standing_.limit, promise.derivation)
    steps = tuple(Step(rule=step.rule, days=step.days, source=step.source, text=step.text) for step in counted)
    if promise.basis == "computed" or promise.due is None:
        return steps
    if promise.basis == "promised":
        text = f"Ngày hẹn in trên giấy tiếp nhận là {say_instant(promise.due)}: đây là ngày hẹn có hiệu lực."
        source = "Giấy tiếp nhận hồ sơ và hẹn trả kết quả (Mẫu 01)"
    else:
        text = f"Hẹn lại một lần theo văn bản xin lỗi: {say_instant(promise.due)}."
        source = "Văn bản xin lỗi và đề nghị gia hạn (Mẫu 04)"
    return *steps, Step(rule="promise", days=(promise.due.date().isoformat(),), source=source, text=text)
