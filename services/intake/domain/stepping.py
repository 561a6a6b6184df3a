"""What the states after steps say of pauses and ends (D15). Steps reach us in any order: one that comes behind a later one is
put in its place, and what the order of their times says then is said anew."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from contracts.facts import epoch_ms
from reference import State, moment
from services.intake.domain.dossier import REPORTED, STATED, Dossier, Known, Seen, StepSeen
from services.intake.domain.facts import Manner
from services.intake.domain.items import PlainItem, PlainKind, ProgressedItem, RetractedItem
from services.intake.domain.phases import (
    END_KINDS,
    ENDS,
    PHASES,
    WORKING,
    Explained,
    Said,
    ends_after,
    pauses_after,
    reached,
)

MOST_KEPT = 400  # states of steps; a dossier with more is in no order that matters
Begin = Literal["supplement-requested", "fee-requested"]
_PAUSES: Mapping[int, Begin] = {5: "supplement-requested", 6: "fee-requested"}
_OVER: Mapping[Begin, PlainKind] = {"supplement-requested": "supplemented", "fee-requested": "fee-paid"}
_HANDED_OVER = 10
# The state of a step that told a fact of this kind; of those that end a pause, one that stands behind it in order of phases.
_STATES: Mapping[str, State] = {
    "supplement-requested": 5,
    "fee-requested": 6,
    "supplemented": 4,
    "fee-paid": 4,
    "refused": 3,
    "withdrawn": 7,
    "stopped": 8,
    "completed": 9,
    "returned": 10,
}


def with_step(seen: Seen, step: StepSeen) -> Seen:
    """With a step that was told; these themselves if they know it, or there is no room."""
    if step in seen.steps or len(seen.steps) >= MOST_KEPT:
        return seen
    return replace(seen, steps=(*seen.steps, step))


def with_step_behind(seen: Seen, at: int, kind: str) -> Seen:
    """With the step that must have been told, when all that is left of it is a fact of this kind that it made."""
    state = _STATES.get(kind)
    known = any(step.at == at and (step.state == state or {step.state, state} <= WORKING) for step in seen.steps)
    return seen if state is None or known else with_step(seen, StepSeen(at, state))


def explain_step(dossier: Dossier, step: ProgressedItem, word: State) -> Explained:
    """The events that the state after a step adds: what was unknown, or known less surely."""
    before, phase, known = reached(dossier), PHASES[word], dossier.seen.steps
    here = StepSeen(epoch_ms(step.at), word)
    by_steps = before[0] <= max((PHASES[each.state] for each in known), default=0)
    if phase < before[0] and not by_steps:
        return Explained(notes=("stragglers",), seen=dossier.seen)  # more was told than by steps, and that holds
    seen = replace(with_step(dossier.seen, here), order=(max(phase, before[0]), before[1]))
    if _comes_late(dossier, here):
        return Explained(tuple(_anew(dossier, step, seen.steps)), seen=seen)
    if phase < before[0]:
        return Explained(notes=("stragglers",), seen=seen)
    kinds = (*pauses_after(dossier, word), *ends_after(dossier, word))
    items = (
        PlainItem(dossier=step.dossier, type=kind, at=step.at, occasion=occasion, observed_at=step.observed_at)
        for kind, occasion in kinds
    )
    return Explained(tuple(Said(item, Manner(REPORTED)) for item in items), seen=seen)


def _comes_late(dossier: Dossier, here: StepSeen) -> bool:
    """Whether a later step is known, or something of a pause that happened later and was told for sure."""
    if any(_place(each) > _place(here) for each in dossier.seen.steps):
        return True
    kinds = (kind for pair in _OVER.items() for kind in pair)
    facts = (fact for kind in kinds for fact in dossier.facts.standing(kind).values())
    return any(fact.sure == STATED and fact.at > here.at for fact in facts)


def _place(step: StepSeen) -> tuple[int, int, bool]:
    """Its place among the steps; of one moment, a pause stands before the work that goes on."""
    return step.at, PHASES[step.state], step.state in WORKING


# --- what the steps say in the order of their times -----------------------------------------------------------------------


class _Pause(NamedTuple):
    begin: int
    end: int | None


@dataclass(slots=True)
class _Told:
    """What steps say: pauses of a kind, which of them run, when those end that others told of, how it ended."""

    running: dict[Begin, int] = field(default_factory=dict)
    pauses: dict[Begin, list[_Pause]] = field(default_factory=lambda: {begin: [] for begin in _OVER})
    over: dict[tuple[Begin, str], int] = field(default_factory=dict)
    ends: dict[PlainKind, int] = field(default_factory=dict)


def _anew(dossier: Dossier, step: ProgressedItem, steps: Iterable[StepSeen]) -> Iterator[Said]:
    told, facts = _in_order(dossier, steps), dossier.facts
    for begin, end in _OVER.items():
        own = _of_steps(dossier, begin)
        free = sorted(own, key=lambda occasion: own[occasion].at)
        named = list(_named(dossier, begin, free, told.pauses[begin]))
        for occasion, pause in named:
            yield from _set(dossier, step, begin, occasion, pause.begin)
            yield from _set(dossier, step, end, occasion, pause.end)
        for occasion in sorted(set(free) - {occasion for occasion, _ in named}):
            yield from _set(dossier, step, end, occasion, None)
            yield from _set(dossier, step, begin, occasion, None)
        for occasion in sorted(facts.standing(begin).keys() - own.keys()):
            yield from _set(dossier, step, end, occasion, told.over.get((begin, occasion)))
    kinds = (*_open_to_steps(dossier), "returned")
    for kind in sorted(kinds, key=lambda kind: kind in told.ends):  # what does not hold is taken back first
        yield from _set(dossier, step, kind, "1", told.ends.get(kind))


def _open_to_steps(dossier: Dossier) -> tuple[PlainKind, ...]:
    """The ends that steps may say: of one that ended otherwise for sure, none other."""
    sure = [kind for kind in END_KINDS if any(fact.sure != REPORTED for fact in dossier.facts.standing(kind).values())]
    return tuple(sure) or END_KINDS


def _in_order(dossier: Dossier, steps: Iterable[StepSeen]) -> _Told:
    told, phase = _Told(), 0
    others = {begin: _of_others(dossier, begin) for begin in _OVER}
    for at, state in sorted(steps, key=_place):
        if PHASES[state] < phase:
            continue
        phase = PHASES[state]
        asked = _PAUSES.get(state)
        if asked is not None and asked not in told.running and not _lies_within(at, asked, others[asked], told):
            told.running[asked] = at
        elif state in WORKING:
            _goes_on(told, at, others)
        elif state == _HANDED_OVER:
            told.ends.setdefault("returned", at)
        elif state in ENDS and not told.ends.keys() & set(END_KINDS):
            told.ends[ENDS[state]] = at
    for begin, since in told.running.items():
        told.pauses[begin].append(_Pause(since, None))
    return told


def _goes_on(told: _Told, at: int, others: Mapping[Begin, Mapping[str, _Pause]]) -> None:
    """Work goes on, so what had begun by then is over."""
    for begin, since in told.running.items():
        told.pauses[begin].append(_Pause(since, at))
    told.running.clear()
    for begin, pauses in others.items():
        for occasion, pause in pauses.items():
            if pause.end is None and pause.begin <= at:
                told.over.setdefault((begin, occasion), at)


def _lies_within(at: int, begin: Begin, pauses: Mapping[str, _Pause], told: _Told) -> bool:
    ends = ((pause, pause.end or told.over.get((begin, occasion))) for occasion, pause in pauses.items())
    return any(pause.begin <= at and (end is None or at < end) for pause, end in ends)


# --- beside what is known ----------------------------------------------------------------------------------------------


def _is_of_steps(fact: Known | None) -> bool:
    return fact is None or fact.retracted or fact.sure == REPORTED


def _of_steps(dossier: Dossier, begin: Begin) -> dict[str, Known]:
    """Pauses of which steps alone told."""
    ends = dossier.facts.of(_OVER[begin])
    found = dossier.facts.standing(begin)
    return {name: fact for name, fact in found.items() if fact.sure == REPORTED and _is_of_steps(ends.get(name))}


def _of_others(dossier: Dossier, begin: Begin) -> dict[str, _Pause]:
    own, ends = _of_steps(dossier, begin), dossier.facts.standing(_OVER[begin])
    pauses = {name: fact for name, fact in dossier.facts.standing(begin).items() if name not in own}
    over = {name: ends[name].at if name in ends and ends[name].sure != REPORTED else None for name in pauses}
    return {name: _Pause(fact.at, over[name]) for name, fact in pauses.items()}


def _named(dossier: Dossier, begin: Begin, free: list[str], pauses: list[_Pause]) -> Iterator[tuple[str, _Pause]]:
    """Each pause under the occasion that it has: of the same time, else one that is free, else a new one."""
    known = dossier.facts.of(begin)
    same = {known[occasion].at: occasion for occasion in free}
    rest = [occasion for occasion in free if known[occasion].at not in {pause.begin for pause in pauses}]
    rest += [occasion for occasion, fact in known.items() if fact.retracted and fact.sure == REPORTED]
    taken_back = {fact.at for fact in known.values() if fact.retracted and fact.sure == STATED}
    number = len(known)
    for pause in pauses:
        if pause.begin in taken_back:  # by its sender, and that holds
            continue
        if pause.begin in same:
            yield same[pause.begin], pause
        elif rest:
            yield rest.pop(0), pause
        else:
            number += 1
            yield str(number), pause


def _set(dossier: Dossier, step: ProgressedItem, kind: PlainKind, occasion: str, at: int | None) -> Iterator[Said]:
    """Make what is known of a fact equal to what steps say of it, unless others told more surely."""
    known = dossier.facts.get(f"{kind}/{occasion}")
    if known is not None and known.sure == STATED:
        return
    stands = known is not None and not known.retracted
    if at is None:
        if known is not None and stands and known.sure == REPORTED:
            item = RetractedItem(dossier=step.dossier, type="retracted", fact=kind, occasion=occasion, at=moment(known.at))
            yield Said(item, Manner(REPORTED, field="state", anew=True))
    elif known is None or not stands or known.at != at:
        observed = step.observed_at if known is None else None
        plain = PlainItem(dossier=step.dossier, type=kind, at=moment(at), occasion=occasion, observed_at=observed)
        yield Said(plain, Manner(REPORTED, anew=stands))
