"""The rungs of a dossier: which timer is next, and what is said when one is reached."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from contracts.deadlines import DeadlineApologyDue, DeadlineOverdue, DeadlineWarned
from contracts.facts import epoch_ms, first_standing
from reference import Timeline, moment
from runtime.outputs import Decision, Output
from runtime.store import Document
from services.sla.domain import Rung, RungRules, Standing, passed, rungs_of, second_tier, standing_of, step_rung
from services.sla.domain.rungs import sign_by
from services.sla.handlers.common import Context, line_of, unit_of
from services.speaking import say_once


def on_timer(document: Document, until: datetime, now: datetime, context: Context) -> Decision:
    """Fire the rungs reached by `until`, each once; a rung that a later one has overtaken by `now` is marked, not sent late."""
    standing = standing_of(document.get("facts", {}))
    due = document.get("deadline", {}).get("due")
    if standing is None or due is None or "next_rung_at" not in document:
        return Decision(document)
    done: dict[str, str] = document.get("rungs", {})
    rungs, step = _rungs(document, standing, context), _step(document)
    fire, superseded = passed(rungs, done, until, now)
    if step is not None and step.name not in done and step.at <= until:
        fire = [step, *fire]
    if not fire and not superseded:
        return Decision(document)
    done = {**done, **{rung.name: "superseded" for rung in superseded}, **{rung.name: "fired" for rung in fire}}
    after = {**document, "rungs": done}
    _set_next_rung(after, rungs, step, done)
    return Decision(after, [_rung_output(after, rung, context) for rung in fire])


def plan_rungs(after: Document, standing: Standing, context: Context) -> None:
    due = after["deadline"]["due"]
    if due is None:
        after.pop("next_rung_at", None)
        after.pop("open_due", None)
        return
    after["open_due"] = due
    _set_next_rung(after, _rungs(after, standing, context), _step(after), after.get("rungs", {}))


def _rungs(document: Document, standing: Standing, context: Context) -> list[Rung]:
    """The rungs before the date in force: after a re-promise, those of its second tier."""
    line, tier = line_of(document, context), 2 if standing.reappointed else 1
    return rungs_before(document, standing, document["deadline"]["due"], line, tier, context)


def rungs_before(document: Document, standing: Standing, due: int, line: Timeline, tier: int, context: Context) -> list[Rung]:
    """The rungs before a date (ms), counted by a calendar; of the first promise, or of the one re-promise (tier 2)."""
    rungs = rungs_of(line, moment(standing.received_at), moment(due), standing.limit[1], _rung_rules(document, context))
    return second_tier(rungs) if tier > 1 else rungs


def _rung_rules(document: Document, context: Context) -> RungRules:
    """The rungs of the procedure version at reception where it names its own, else the settings'."""
    received = first_standing(document["facts"], "received") or {}
    procedure = context.reference.procedures.get(received.get("procedure", ""))
    for version in procedure.versions if procedure else ():
        if version.name == received["terms"]["procedure_version"]:
            return RungRules(
                context.rungs.warn_open_hours if version.warn_open_hours is None else version.warn_open_hours,
                version.apology_lead_days or context.rungs.apology_lead_days,
                context.rungs.sign_lead_days,
            )
    return context.rungs


def _step(document: Document) -> Rung | None:
    """The limit of the current step. While the clock stands still, no step is late."""
    return step_rung(document["facts"]) if document.get("deadline", {}).get("due") is not None else None


def _set_next_rung(after: Document, rungs: Sequence[Rung], step: Rung | None, done: Mapping[str, str]) -> None:
    """The next timer of the dossier: of its rungs, and of the step it is in. Changes `after`."""
    waiting = [rung.at for rung in (*rungs, step) if rung is not None and rung.name not in done]
    if waiting:
        after["next_rung_at"] = epoch_ms(min(waiting))
    else:
        after.pop("next_rung_at", None)


def _rung_output(after: Document, rung: Rung, context: Context) -> Output:
    return say_once(_reached(after, rung, context), rung.name, after["_id"], context.clock.now())


def _reached(after: Document, rung: Rung, context: Context) -> DeadlineWarned | DeadlineApologyDue | DeadlineOverdue:
    """What is said when a rung is reached."""
    unit, due = unit_of(after), moment(after["deadline"]["due"])
    if rung.kind == "overdue":
        return DeadlineOverdue(at=rung.at, tier=rung.tier, unit=unit, due_at=due)
    if rung.kind == "apology-due":
        return DeadlineApologyDue(
            at=rung.at, unit=unit, due_at=due, sign_by=sign_by(line_of(after, context), due, context.rungs)
        )
    step, department = rung.step or (None, None)
    return DeadlineWarned(at=rung.at, rung=rung.name, step=step or None, department=department or None, unit=unit, due_at=due)
