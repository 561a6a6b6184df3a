"""One item into a dossier's state: whose it is, what it comes down to, each event merged; all of it or nothing."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from contracts.codes import body_of
from services.intake.domain.answers import Accepted, Ground, Quarantined, Refused, Taken
from services.intake.domain.facts import PLAINLY, occasion_of, take_event
from services.intake.domain.items import Item, ProgressedItem, ReceivedItem, SnapshotItem
from services.intake.domain.problems import Fault
from services.intake.domain.snapshots import Explained, Said, explain, explain_step


def take_in(state: Mapping[str, Any], item: Item, ground: Ground) -> Taken:
    """Merge one item into a dossier's state. A snapshot, or a step with a state, may come down to several events."""
    stranger = _stranger(state, item, ground)
    if stranger is not None:
        return Taken(state, stranger)
    if isinstance(item, SnapshotItem):
        word = ground.reference.state(ground.sender.system, item.state)
        if word is None:
            return Taken(state, Quarantined("unknown-status", "state"))
        return _take_all(state, explain(state, item, word, ground), ground)
    if isinstance(item, ProgressedItem) and item.state is not None:
        return _take_step(state, item, ground)
    return take_event(state, item, ground)


def _take_step(state: Mapping[str, Any], item: ProgressedItem, ground: Ground) -> Taken:
    word = ground.reference.state(ground.sender.system, item.state or "")
    if word is None:
        return Taken(state, Quarantined("unknown-status", "state"))
    known = f"progressed/{occasion_of(item, 'progressed', state.get('facts', {}))}" in state.get("facts", {})
    # A step that is known already said its state when it came first.
    explained = Explained() if known else explain_step(state, item, word)
    explained.said.insert(0, Said(item, PLAINLY))
    return _take_all(state, explained, ground)


def _stranger(state: Mapping[str, Any], item: Item, ground: Ground) -> Refused | None:
    """A system speaks of the dossiers of its own units only. Whose a dossier is, its reception said; nobody takes it over."""
    if ground.sender.units is None:
        return None
    received = state.get("received", {})
    units = {received[name] for name in ("receiving_unit", "competent_unit") if name in received}
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


def _take_all(state: Mapping[str, Any], explained: Explained, ground: Ground) -> Taken:
    if explained.faults:
        return Taken(state, Refused(tuple(explained.faults)))
    after = Taken(state, Accepted(()))
    ids: list[str] = []
    for said in explained.said:
        taken = take_event(after.state, said.item, ground, said.manner)
        if not isinstance(taken.answer, Accepted):
            return Taken(state, taken.answer)
        ids += taken.answer.ids
        after = Taken(taken.state, taken.answer, after.outgoing + taken.outgoing, after.notes + taken.notes)
    remembered = {key: value for key, value in explained.remember.items() if after.state.get(key) != value}
    return replace(
        after,
        state={**after.state, **remembered} if remembered else after.state,
        answer=Accepted(tuple(dict.fromkeys(ids))),
        notes=after.notes + tuple(explained.notes),
    )
