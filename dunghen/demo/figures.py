"""What a run of the demo comes to: its figures, and the end of each dossier."""

from collections import Counter
from datetime import datetime
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from contracts import Event
from contracts.deadlines import (
    DeadlineApologyDue,
    DeadlineOverdue,
    DeadlineSettled,
    DeadlineStated,
    DeadlineWarned,
)
from contracts.feedback import FeedbackInvited
from contracts.letters import LetterSentV2
from contracts.notices import LetterSent, NoticeSkipped, NoticeSkippedV2, NoticeSkippedV4
from contracts.petitions import PetitionForwarded, PetitionReraised
from dunghen.audit import Audited
from dunghen.demo.evidence import Events, Evidence
from dunghen.demo.in_time import newest_of
from dunghen.log import kind_of

EFFECTS = (DeadlineWarned, DeadlineApologyDue, DeadlineOverdue, LetterSent, FeedbackInvited)

StatedT = TypeVar("StatedT", DeadlineStated, DeadlineSettled)


class Letters(BaseModel):
    """How many letters came to each state."""

    model_config = ConfigDict(frozen=True)

    drafted: int
    sent: int
    rejected: int
    withdrawn: int


class Petitions(BaseModel):
    """What was brought forward, by kind, what became of what had to be answered (R32), as reporting gives it, and how many
    letters of thanks and of apology for an error (R18, R20) answered it."""

    model_config = ConfigDict(frozen=True)

    kinds: dict[str, int]
    due: int
    in_time: int
    late: int
    open: int
    below_target: bool
    target: int
    forwarded: int
    raised_again: int
    thanked: int
    apologised: int


class Figures(BaseModel):
    """A run in numbers. `ii06a`: unit -> column -> figure; `satisfaction`: points of 100."""

    model_config = ConfigDict(frozen=True, validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    rows: int
    refused_rows: int
    held_rows: int
    dossiers: int
    facts: int
    cells: int
    warned: int
    apology_due: int
    overdue: int
    letters: Letters
    late_with_letter: int
    late_exempted: int
    late_without_letter: int
    sms: int
    sms_delivered: int
    sms_skipped: dict[str, int]
    ratings: int
    satisfaction: float | None
    petitions: Petitions
    ii06a: dict[str, dict[int, int]] = Field(alias="II.06a")


class End(NamedTuple):
    """How a dossier ended: promise in force, outcome, end (as ISO), and the effects that happened."""

    due_at: str | None
    outcome: str | None
    ended_at: str | None
    effects: list[str]


def figures_of(evidence: Evidence, events: Events, audited: Audited) -> Figures:
    """Everything is computed from the evidence."""
    kinds = Counter(kind_of(event) for _, event in events.values())
    totals: Counter[str] = Counter()
    for key, counters in audited.counted.items():
        if key.startswith("competent/"):
            totals.update(counters)
    return Figures(
        rows=evidence.answers.accepted + evidence.answers.held + evidence.answers.refused,
        refused_rows=evidence.answers.refused,
        held_rows=evidence.answers.held,
        dossiers=audited.dossiers,
        facts=sum(topic == "dossiers.v1" for topic, _ in events.values()),
        cells=len(audited.counted),
        warned=kinds["deadline.warned"],
        apology_due=kinds["deadline.apology-due"],
        overdue=kinds["deadline.overdue"],
        letters=Letters(**{state: kinds[f"letter.{state}"] for state in Letters.model_fields}),
        late_with_letter=totals["late_with_letter"],
        late_exempted=totals["late_exempted"],
        late_without_letter=totals["late_without_letter"],
        sms=len(evidence.phone.shown()),
        sms_delivered=kinds["notice.delivered"] + kinds["notice.delivered.v2"],
        sms_skipped=skipped_reasons(events),
        ratings=totals["ratings"],
        satisfaction=round(totals["rating_points"] / totals["rating_answers"], 2) if totals["rating_answers"] else None,
        petitions=_petitions_of(evidence, events),
        ii06a={unit: sheet.total for unit, sheet in sorted(evidence.reports.items())},
    )


def _petitions_of(evidence: Evidence, events: Events) -> Petitions:
    shares = evidence.petitions
    happened = Counter(type(event.data) for _, event in events.values())
    answered = Counter(event.data.kind for _, event in events.values() if isinstance(event.data, LetterSentV2))
    return Petitions(
        kinds=dict(sorted(Counter(str(stated.kind) for stated in newest_of(events).values()).items())),
        **shares.total.model_dump(include={"due", "in_time", "late", "open", "below_target"}),
        target=shares.target,
        forwarded=happened[PetitionForwarded],
        raised_again=happened[PetitionReraised],
        thanked=answered["thanks"],
        apologised=answered["apology-error"],
    )


def skipped_reasons(events: Events) -> dict[str, int]:
    """How many messages were not sent, by reason."""
    found = Counter(
        event.data.reason
        for _, event in events.values()
        if isinstance(event.data, NoticeSkipped | NoticeSkippedV2 | NoticeSkippedV4)
    )
    return dict(sorted(found.items()))


def effects_of(events: Events) -> Counter[tuple[str, str, str]]:
    """How often each effect happened, by dossier, kind and occasion."""
    found: Counter[tuple[str, str, str]] = Counter()
    for _, event in events.values():
        if isinstance(event.data, EFFECTS):
            rung = event.data.rung if isinstance(event.data, DeadlineWarned) else ""
            found[event.subject, kind_of(event), rung] += 1
    return found


def ends_of(events: Events) -> dict[str, End]:
    """The end of each dossier that was given a date."""
    deadlines: dict[str, DeadlineStated] = {}
    settled: dict[str, DeadlineSettled] = {}
    for _, event in events.values():
        match event.data:
            case DeadlineStated() as stated:
                _keep_newest(deadlines, event, stated)
            case DeadlineSettled() as ended:
                _keep_newest(settled, event, ended)
    effects: dict[str, list[str]] = {}
    for (dossier, name, rung), _ in sorted(effects_of(events).items()):
        effects.setdefault(dossier, []).append(f"{name}{'/' + rung if rung else ''}")
    return {
        dossier: _end(deadlines.get(dossier), settled.get(dossier), effects.get(dossier, []))
        for dossier in sorted({*deadlines, *settled})
    }


def _keep_newest(known: dict[str, StatedT], event: Event, stated: StatedT) -> None:
    before = known.get(event.subject)
    if before is None or stated.version > before.version:
        known[event.subject] = stated


def _end(deadline: DeadlineStated | None, settled: DeadlineSettled | None, effects: list[str]) -> End:
    due = None if deadline is None else _text(deadline.due_at)
    if settled is None:
        return End(due, None, None, effects)
    return End(due, settled.outcome, _text(settled.ended_at), effects)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
