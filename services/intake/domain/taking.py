"""Items into a dossier: whose it is, what an item comes down to, each event merged; all of an item or nothing."""

from collections.abc import Iterable
from dataclasses import replace

from contracts.codes import bodies_of, body_of
from contracts.facts import epoch_ms
from reference import State
from services.changes import Answering
from services.changes import Said as ToSay
from services.intake.domain.answers import Accepted, Decided, Ground, Quarantined, Refused, Taken
from services.intake.domain.bounds import faults_of
from services.intake.domain.dossier import Dossier, StepSeen
from services.intake.domain.facts import PLAINLY, occasion_of, take_event
from services.intake.domain.items import Item, PlainItem, ProgressedItem, ReceivedItem, SnapshotItem, SubmittedItem
from services.intake.domain.phases import Explained, Said
from services.intake.domain.problems import Fault
from services.intake.domain.snapshots import explain
from services.intake.domain.stepping import explain_step
from services.intake.domain.submitting import explain_submission, refused_before
from services.intake.domain.words import OTHER, spoken

TOO_MANY_STEPS = Quarantined("too-many-steps")


def take_all(dossier: Dossier, items: Iterable[tuple[Item, Ground]]) -> Answering[Dossier, tuple[Taken, ...]]:
    """Merge items of one dossier, in their order; each on the ground of its own sender."""
    after, results, said = dossier, list[Taken](), list[ToSay]()
    for item, ground in items:
        decided = take_in(after, item, ground)
        after = decided.after
        results.append(decided.answer)
        said += decided.said
    return Answering(after, tuple(results), said)


def take_in(dossier: Dossier, item: Item, ground: Ground) -> Decided:
    """Merge one item into a dossier. A snapshot, or a step with a state, may come down to several events."""
    stranger = _stranger(dossier, item, ground)  # before anything that the answer would tell of the dossier
    if stranger is not None:
        return Answering(dossier, Taken(stranger))
    faults = faults_of(item, dossier, ground)
    if faults:
        return Answering(dossier, Taken(Refused(faults)))
    told = spoken(item, _units(dossier, item, ground), ground.reference)
    decided = _understood(dossier, told.item, ground)
    if not told.others:
        return decided
    taken = decided.answer
    notes = (*taken.notes, *("other_words",) * told.others)
    unlisted = told.unlisted if decided.said else ()  # what says nothing new was met before, or was not taken
    return replace(decided, answer=replace(taken, notes=notes, unlisted=unlisted))


def _units(dossier: Dossier, item: Item, ground: Ground) -> tuple[str, ...]:
    """The units in whose words an item speaks, the one that decides first; before the reception, the one its code tells."""
    known = dossier.reception
    named: tuple[str | None, ...] = () if known is None else (known.competent_unit, known.receiving_unit)
    if isinstance(item, SubmittedItem | ReceivedItem | SnapshotItem):
        named = (item.competent_unit, item.receiving_unit, *named)
    body = body_of(item.dossier)
    found = tuple(dict.fromkeys(unit for unit in named if unit in ground.reference.units))
    return found or ((body,) if body in ground.reference.units else ())


def _understood(dossier: Dossier, item: Item, ground: Ground) -> Decided:
    if isinstance(item, SnapshotItem) or (isinstance(item, ProgressedItem) and item.state is not None):
        word = ground.reference.state(ground.sender.system, item.state or "")
        if word is None:
            return Answering(dossier, Taken(Quarantined("unknown-status", "state")))
        explained = explain(dossier, item, word, ground) if isinstance(item, SnapshotItem) else _step(dossier, item, word)
        return _take_explained(dossier, explained, ground)
    if isinstance(item, SubmittedItem):
        return _take_explained(dossier, explain_submission(dossier, item), ground)
    if isinstance(item, PlainItem) and item.type == "refused":
        told_before = refused_before(dossier, item.at)
        if told_before is not None:
            return Answering(dossier, Taken(Accepted((told_before,)), ("stragglers",)))
    return take_event(dossier, item, ground)


def _step(dossier: Dossier, item: ProgressedItem, word: State) -> Explained:
    known = dossier.facts.get(f"progressed/{occasion_of(dossier, item, 'progressed')}") is not None
    item = item if item.step is not None else item.model_copy(update={"step": OTHER})  # a step all the same, known by its time
    # A step that is known already said its state when it came first.
    explained = Explained(seen=dossier.seen) if known else explain_step(dossier, item, word)
    counted = StepSeen(epoch_ms(item.at), word) in explained.seen.steps
    item = item.model_copy(update={"state": str(word) if counted else None})  # its number from here on, not the sender's word
    return replace(explained, said=(Said(item, PLAINLY), *explained.said))


def _stranger(dossier: Dossier, item: Item, ground: Ground) -> Refused | Quarantined | None:
    """A system speaks of the dossiers of its own units only. Whose a dossier is, its reception said; nobody takes it over.

    Before its reception its code says whose it is: a reception under the code of another's unit waits for a person, or the
    owner's own would be the stranger's.
    """
    if ground.sender.units is None:
        return None
    units = dossier.units
    if not units and isinstance(item, SubmittedItem | ReceivedItem | SnapshotItem):
        units = {unit for unit in (item.receiving_unit, item.competent_unit) if unit}
        if units & ground.sender.units and _is_of_another(item, ground):
            return Quarantined("code-of-another-unit", "dossier")
    if ground.sender.may_speak_of(units, item.dossier) or (not units and not _tells_its_unit(item.dossier, ground)):
        return None
    return Refused((Fault("dossier", "not-your-unit", "hồ sơ không thuộc đơn vị mà khóa này được gửi"),))


def _is_of_another(item: SubmittedItem | ReceivedItem | SnapshotItem, ground: Ground) -> bool:
    """Whether the code begins with a unit that is neither the sender's nor the one that the item names as receiving."""
    named = item.receiving_unit
    if not _tells_its_unit(item.dossier, ground) or ground.sender.may_speak_of(frozenset(), item.dossier):
        return False
    return named not in bodies_of(item.dossier)


def _tells_its_unit(dossier: str, ground: Ground) -> bool:
    """Whether a mã hồ sơ begins with a body of the list. Codes of before 2025 do not; until its reception is told, such a
    dossier is nobody's, and an event of it that comes early must not be lost."""
    return any(body in ground.reference.units for body in bodies_of(dossier))


def _take_explained(dossier: Dossier, explained: Explained, ground: Ground) -> Decided:
    if explained.faults:
        return Answering(dossier, Taken(Refused(explained.faults)))
    after, ids, notes, said = dossier, list[str](), list[str](), list[ToSay]()
    for each in explained.said:
        decided = take_event(after, each.item, ground, each.manner)
        taken = decided.answer
        if taken.answer == TOO_MANY_STEPS and len(explained.said) > 1:
            notes.append("steps_over_budget")  # the state beside it is taken all the same
            continue
        if not isinstance(taken.answer, Accepted):
            return Answering(dossier, taken)
        after = decided.after
        ids += taken.answer.ids
        notes += taken.notes
        said += decided.said
    if explained.seen != dossier.seen:
        after = after._replace(seen=explained.seen)
    return Answering(after, Taken(Accepted(tuple(dict.fromkeys(ids))), (*notes, *explained.notes)), said)
