"""From facts to the promise in force: reception, pauses, a date the sender printed, the one re-promise. Times in ms."""

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from contracts.deadlines import Basis, DeadlineStated, Step
from contracts.facts import epoch_ms
from reference import Pause, Readings, Timeline, count_due, moment
from reference.derivation import Derivation, explain, say_instant
from reference.limits import Limit, amount
from reference.worktime import PauseKind, stops_the_clock
from services.facts import KnownFacts, Slim
from services.sla.domain.facts import (
    FeePaid,
    FeeRequested,
    Reappointed,
    Received,
    Refused,
    Resumed,
    Supplemented,
    SupplementRequested,
    Suspended,
)
from services.sla.domain.printed import Given, Printed, given_at, printed, printed_steps


class Wait(NamedTuple):
    """A stretch in which somebody else had the dossier; `end` is None while it lasts."""

    kind: PauseKind
    begin: int
    end: int | None


class Standing(NamedTuple):
    """What the clock of a dossier is made of; equal standings have equal promises. Times in ms."""

    unit: str  # the competent body, whose calendar and hours are counted
    received_at: int
    limit: Limit
    restart: bool
    pauses: tuple[Wait, ...]
    promised_at: int | None
    reappointed: tuple[int, ...]  # new due dates asked for, in the order of asking
    promised_since: int | None = None  # when the printed date was given, if pauses had begun by then; None: at reception

    def digest(self, *beside: object) -> str:
        """Of what a promise was counted from, perhaps of more (JSON values): equal for equal values, wherever made."""
        counted = (
            self.unit, self.received_at, *self.limit, self.restart, self.pauses, self.promised_at, self.reappointed
        )  # fmt: skip
        since = () if self.promised_since is None else (self.promised_since,)
        return sha256(_COMPACT.encode(((*counted, *since), *beside)).encode()).hexdigest()[:16]


_COMPACT = json.JSONEncoder(separators=(",", ":"), default=str)  # an exact amount is its text


@dataclass(frozen=True, slots=True)
class Promise:
    """The promise in force and where it comes from. Times are +07:00; `due` is None while a pause is open."""

    due: datetime | None
    computed: datetime | None
    first: datetime | None
    basis: Basis
    derivation: Derivation
    printed: Printed | None = None

    @property
    def due_ms(self) -> int | None:
        """When it is due, as documents keep times."""
        return ms_of(self.due)

    @property
    def difference(self) -> int | None:
        """Our own count (ms) where the date in force is a printed one and another."""
        return difference(self.basis, self.due, self.computed)


def difference(basis: Basis, due: datetime | None, computed: datetime | None) -> int | None:
    """Our own count (ms) where the date in force is a printed one and another."""
    return ms_of(computed) if basis == "promised" and due != computed else None


def ms_of(time: datetime | None) -> int | None:
    """As documents keep times."""
    return None if time is None else epoch_ms(time)


def standing_of(facts: KnownFacts) -> Standing | None:
    """Read the clock's facts; None before acceptance, or when the dossier was refused (state 3)."""
    received = facts.first(Received)
    if received is None or facts.first(Refused) is not None:
        return None
    terms = received.terms
    pauses = [
        wait
        for wait in waits_of(facts)
        if stops_the_clock(wait.kind, pause_on_fee=terms.pause_on_fee, pause_on_agency=terms.pause_on_agency)
    ]
    # A date granted to a signed letter stays the one re-promise, whatever a sender reports about earlier ones afterwards.
    pauses.sort(key=lambda wait: (wait.begin, wait.kind))
    since = given_at(facts, received)
    asked = sorted(facts.standing(Reappointed).values(), key=lambda fact: (not fact.granted, fact.at))
    return Standing(
        unit=received.competent_unit,
        received_at=received.at,
        limit=(amount(terms.limit.value), terms.limit.unit),
        restart=terms.strategy == "restart",
        pauses=tuple(pauses),
        promised_at=received.promised_at,
        reappointed=tuple(dict.fromkeys(fact.new_due_at for fact in asked)),
        promised_since=since if since is not None and pauses and pauses[0].begin <= since else None,
    )


_WAITS: tuple[tuple[PauseKind, type[Slim], type[Slim]], ...] = (
    ("supplement", SupplementRequested, Supplemented),
    ("fee", FeeRequested, FeePaid),
    ("agency", Suspended, Resumed),
)


def waits_of(facts: KnownFacts) -> list[Wait]:
    """Each request with the completion of the same occasion; a completion before its request ends nothing."""
    waits = []
    for kind, begin, end in _WAITS:
        asked = facts.standing(begin)
        ends = facts.standing(end) if asked else {}
        for occasion, fact in asked.items():
            until = ends.get(occasion)
            forced = isinstance(fact, Suspended) and fact.reason == "force_majeure"
            over = None if until is None or until.at < fact.at else until.at
            waits.append(Wait("force_majeure" if forced else kind, fact.at, over))
    return waits


def pauses_of(standing: Standing, ended_at: int | None) -> list[Pause]:
    """Pauses as times; one that is still open when the dossier ends, ends with it."""
    pauses = []
    for kind, start, end in standing.pauses:
        if ended_at is None or start <= ended_at:
            until = ended_at if end is None else end
            pauses.append(Pause(kind, moment(start), None if until is None else moment(until)))
    return pauses


def promise_of(standing: Standing, line: Timeline, rules: Readings, *, ended_at: int | None = None) -> Promise:
    """Count the promise. Raises LimitError or BeyondCalendarError where it cannot be counted."""
    received, pauses = moment(standing.received_at), pauses_of(standing, ended_at)
    counted = count_due(line, received, standing.limit, pauses, rules, restart=standing.restart)
    first, basis, of = counted.due_at, _COMPUTED, None
    if standing.promised_at is not None:
        given = Given(standing.promised_at, standing.promised_since)
        of = printed(given, pauses, line, standing.limit, rules, restart=standing.restart)
        first, basis = of.due, _PROMISED
    due = first
    if standing.reappointed and due is not None:
        due, basis = moment(standing.reappointed[0]), "reappointed"
    return Promise(due, counted.due_at, first, basis, counted, of)


_COMPUTED: Basis = "computed"
_PROMISED: Basis = "promised"


@dataclass(frozen=True, slots=True)
class Counted:
    """A promise and what it was counted from: the clock's facts, the number of the newest change of the calendar then."""

    promise: Promise
    standing: Standing
    calendar: int

    def stated(self, kind: type[DeadlineStated], version: int, at: datetime, line: Timeline) -> DeadlineStated:
        """The promise as it is said, with how it came about on that calendar."""
        return kind(
            at=at,
            version=version,
            unit=self.standing.unit,
            due_at=self.promise.due,
            computed_due_at=self.promise.computed,
            first_due_at=self.promise.first,
            basis=self.promise.basis,
            provisional=self.promise.derivation.provisional,
            calendar_version=self.promise.derivation.calendar_version,
            derivation=steps_of(self.standing, self.promise, line),
            calendar=self.calendar,
            counted_from=self.standing.digest(),
        )


def steps_of(standing: Standing, promise: Promise, line: Timeline) -> tuple[Step, ...]:
    """The derivation as data and Vietnamese sentences, the printed or re-promised date included."""
    counted = explain(line, moment(standing.received_at), standing.limit, promise.derivation)
    steps = tuple(Step(rule=step.rule, days=step.days, source=step.source, text=step.text) for step in counted)
    if promise.basis == "computed" or promise.due is None:
        return steps
    if promise.basis == "promised" and promise.printed is not None:
        return *steps, *printed_steps(promise.printed, standing.promised_since, standing.limit[1])
    text = f"Hẹn lại một lần theo văn bản xin lỗi: {say_instant(promise.due)}."
    source = "Văn bản xin lỗi và đề nghị gia hạn (Mẫu 04)"
    return *steps, Step(rule="promise", days=(promise.due.date().isoformat(),), source=source, text=text)
