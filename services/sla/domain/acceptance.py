"""What sla states of a dossier before there is any promise: until when it is to be accepted, and how that ended (D20)."""

from datetime import datetime
from typing import Literal

from contracts.deadlines import AcceptanceStated
from reference import BeyondCalendarError, LimitError, count_due, moment
from services.changes import Changed
from services.sla.domain.dossier import Dossier
from services.sla.domain.ground import Ground, Heard
from services.sla.domain.rungs import whole_ms
from services.sla.domain.submission import Acceptance, Submission, submission_of

Outcome = Literal["waiting", "overdue", "on_time", "late"]


def restate_acceptance(dossier: Dossier, heard: Heard, ground: Ground) -> Changed[Dossier]:
    """Compare what the facts say now with what was stated, and state the difference.

    A time that runs, and what became of it, is measured against the due moment it was given.
    """
    known, now = dossier.acceptance, submission_of(dossier.facts)
    before, version = (None, 1) if known is None else (known.of, known.version + 1)
    if now == before:
        return Changed(dossier)
    if now is None:
        return _taken_back(dossier, heard.at)
    if known is not None and before is not None and before[:2] == now[:2] and not known.uncounted:
        overdue = known.overdue and now.state is None
        return _stating(dossier, known._replace(version=version, of=now, overdue=overdue), heard.at)
    counted = _counted(version, now, ground)
    return _uncounted(dossier, now, heard.at) if counted is None else _stating(dossier, counted, heard.at)


def pass_acceptance(dossier: Dossier, until: datetime) -> Changed[Dossier]:
    """The time to accept it ran out by `until`, and nobody has answered."""
    acceptance = dossier.acceptance
    due = None if acceptance is None else acceptance.accept_by
    if acceptance is None or due is None or acceptance.overdue or due > whole_ms(until):
        return Changed(dossier)
    return _stating(dossier, acceptance._replace(version=acceptance.version + 1, overdue=True), moment(due))


def recount_acceptance(dossier: Dossier, ground: Ground) -> Changed[Dossier]:
    """The calendar changed while a dossier waits to be accepted: nobody was told its date, so it moves (R7). What could not be
    counted is, however it ended meanwhile, once a calendar reaches it; of a later release's calendar no change tells."""
    known, changes = dossier.acceptance, ground.reference.changes
    if known is None or known.of is None or not (known.uncounted or (known.waits and changes)):
        return Changed(dossier)
    counted = _counted(known.version + 1, known.of, ground)
    if counted is None or (counted.due, counted.provisional) == (known.due, known.provisional):
        return Changed(dossier)
    return _stating(dossier, counted, changes[-1].recorded if changes else moment(known.of.since))


def _counted(version: int, of: Submission, ground: Ground) -> Acceptance | None:
    """By the newest calendar; None where the moment lies outside of it."""
    line = ground.reference.timeline(of.unit)
    try:
        counted = count_due(line, moment(of.since), ground.acceptance, [], ground.rules)
    except (LimitError, BeyondCalendarError):
        return None
    return (
        None if counted.due_at is None else Acceptance(version, of, whole_ms(counted.due_at), provisional=counted.provisional)
    )


def _stating(dossier: Dossier, acceptance: Acceptance, at: datetime) -> Changed[Dossier]:
    of, due = acceptance.of, acceptance.due
    if of is None or due is None:
        raise AssertionError("counted before")
    said = AcceptanceStated(
        at=at,
        version=acceptance.version,
        unit=of.unit,
        outcome=outcome_of(of, due, overdue=acceptance.overdue),
        since=moment(of.since),
        due_at=moment(due),
        state=of.state,
        answered_at=None if of.answered is None else moment(of.answered),
        provisional=acceptance.provisional,
    )
    return Changed(dossier._replace(acceptance=acceptance), [said])


def _uncounted(dossier: Dossier, of: Submission, at: datetime) -> Changed[Dossier]:
    """No calendar reaches it: kept to be counted later. What was stated of an earlier time holds no more."""
    back = _taken_back(dossier, at)
    stated = 0 if back.after.acceptance is None else back.after.acceptance.version
    return Changed(back.after._replace(acceptance=Acceptance(stated, of)), back.said)


def _taken_back(dossier: Dossier, at: datetime) -> Changed[Dossier]:
    """Nothing holds of what was stated; where that was nothing, nothing is said."""
    known = dossier.acceptance
    if known is None or known.due is None:
        kept = None if known is None or known.version == 0 else Acceptance(known.version, None)
        return Changed(dossier._replace(acceptance=kept))
    said = AcceptanceStated(at=at, version=known.version + 1, unit=dossier.body, outcome="void")
    return Changed(dossier._replace(acceptance=Acceptance(known.version + 1, None)), [said])


def outcome_of(of: Submission, due: int, *, overdue: bool) -> Outcome:
    """Late is after the due moment (D11)."""
    if of.answered is None:
        return "overdue" if overdue else "waiting"
    return "late" if of.answered > due else "on_time"
