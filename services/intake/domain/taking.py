"""Items into a dossier: whose it is, what an item comes down to, each event merged; all of an item or nothing."""

from collections.abc import Sequence
from dataclasses import replace

from contracts.codes import body_of
from reference import State
from services.changes import Answering
from services.changes import Said as ToSay
from services.intake.domain.answers import Accepted, Decided, Ground, Quarantined, Refused, Taken
from services.intake.domain.dossier import Dossier
from services.intake.domain.facts import PLAINLY, occasion_of, take_event
from services.intake.domain.items import Item, ProgressedItem, ReceivedItem, SnapshotItem
from services.intake.domain.phases import Explained, Said
from services.intake.domain.problems import Fault
from services.intake.domain.snapshots import explain, explain_step


def take_all(dossier: Dossier, items: Sequence[Item], ground: Ground) -> Answering[Dossier, tuple[Taken, ...]]:
    """Merge items of one dossier, in their order."""
    after, results, said = dossier, list[Taken](), list[ToSay]()
    for item in items:
        decided = take_in(after, item, ground)
        after = decided.after
        results.append(decided.answer)
        said += decided.said
    return Answering(after, tuple(results), said)


def take_in(dossier: Dossier, item: Item, ground: Ground) -> Decided:
    """Merge one item into a dossier. A snapshot, or a step with a state, may come down to several events."""
    stranger = _stranger(dossier, item, ground)
    if stranger is not None:
        return Answering(dossier, Taken(stranger))
    if isinstance(item, SnapshotItem) or (isinstance(item, ProgressedItem) and item.state is not None):
        word = ground.reference.state(ground.sender.system, item.state or "")
        if word is None:
            return Answering(dossier, Taken(Quarantined("unknown-status", "state")))
        explained = explain(dossier, item, word, ground) if isinstance(item, SnapshotItem) else _step(dossier, item, word)
        return _take_explained(dossier, explained, ground)
    return take_event(dossier, item, ground)


def _step(dossier: Dossier, item: ProgressedItem, word: State) -> Explained:
    known = dossier.facts.get(f"progressed/{occasion_of(dossier, item, 'progressed')}") is not None
    # A step that is known already said its state when it came first.
    explained = Explained(seen=dossier.seen) if known else explain_step(dossier, item, word)
    return replace(explained, said=(Said(item, PLAINLY), *explained.said))


def _stranger(dossier: Dossier, item: Item, ground: Ground) -> Refused | None:
    """A system speaks of the dossiers of its own units only. Whose a dossier is, its reception said; nobody takes it over."""
    if ground.sender.units is None:
        return None
    units = dossier.units
    if not units and isinstance(item, ReceivedItem | SnapshotItem):
        units = {unit for unit in (item.receiving_unit, item.competent_unit) if unit}
    if ground.sender.may_speak_of(units, item.dossier) or (not units and not _tells_its_unit(item.dossier, ground)):
        return None
    return Refused((Fault("dossier", "not-your-unit", "hồ sơ không thuộc đơn vị mà khóa này được gửi"),))


def _tells_its_unit(dossier: str, ground: Ground) -> bool:
    """Whether a mã hồ sơ begins with a body of the list. Codes of before 2025 do not; until its reception is told, such a
    dossier is nobody's, and an event of it that comes early must not be lost."""
    body = body_of(dossier)
    return any(f"{body}.".startswith(f"{unit}.") for unit in ground.reference.units)


def _take_explained(dossier: Dossier, explained: Explained, ground: Ground) -> Decided:
    if explained.faults:
        return Answering(dossier, Taken(Refused(explained.faults)))
    after, ids, notes, said = dossier, list[str](), list[str](), list[ToSay]()
    for each in explained.said:
        decided = take_event(after, each.item, ground, each.manner)
        taken = decided.answer
        if not isinstance(taken.answer, Accepted):
            return Answering(dossier, Taken(taken.answer))
        after = decided.after
        ids += taken.answer.ids
        notes += taken.notes
        said += decided.said
    if explained.seen != dossier.seen:
        after = replace(after, seen=explained.seen)
    return Answering(after, Taken(Accepted(tuple(dict.fromkeys(ids))), (*notes, *explained.notes)), said)
