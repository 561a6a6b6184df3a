"""Petitions of a run, counted from the topic by code that shares nothing with reporting: who answered in time (R32)."""

from collections import Counter
from datetime import date, datetime
from typing import NamedTuple

from contracts.petitions import PetitionAnswered, PetitionStated
from dunghen.answers import PetitionShares
from dunghen.demo.evidence import Events, Evidence
from reference import OFFICE_TIME

WHOLE = "province"
FIGURES = ("due", "in_time", "late", "open")


class Round(NamedTuple):
    """A round of a petition as it was last told, and when it was answered."""

    stated: PetitionStated
    answered: datetime | None


def newest_of(events: Events) -> dict[str, PetitionStated]:
    """How each petition stood in the end."""
    found: dict[str, PetitionStated] = {}
    for _, event in events.values():
        data = event.data
        if isinstance(data, PetitionStated) and (event.subject not in found or data.version > found[event.subject].version):
            found[event.subject] = data
    return found


def rounds_of(events: Events) -> list[Round]:
    """Each round of each petition."""
    stated: dict[tuple[str, int], PetitionStated] = {}
    answered: dict[tuple[str, int], datetime] = {}
    for _, event in events.values():
        data = event.data
        if not isinstance(data, PetitionStated):
            continue
        own = event.subject, data.round
        if own not in stated or data.version > stated[own].version:
            stated[own] = data
        if isinstance(data, PetitionAnswered):
            answered[own] = data.at
    return [Round(newest, answered.get(own)) for own, newest in stated.items()]


def counted(events: Events, first: date, last: date, now: datetime) -> dict[str, Counter[str]]:
    """By unit, and of the whole: how many had to be answered in the period, and what became of them."""
    found: dict[str, Counter[str]] = {WHOLE: Counter()}
    for stated, answered in rounds_of(events):
        due = stated.answer_due_at
        if stated.kind not in ("suggestion", "petition") or due is None or due > now:
            continue
        if first <= due.astimezone(OFFICE_TIME).date() <= last:
            became = "open" if answered is None else "in_time" if answered <= due else "late"
            for place in (WHOLE, stated.unit):
                found.setdefault(place, Counter()).update(("due", became))
    return found


def differences(evidence: Evidence, events: Events) -> list[str]:
    """Figures that reporting gives otherwise."""
    own, told = counted(events, *evidence.days, evidence.now), by_place(evidence.petitions)
    return [
        f"{place} {name}: topics {own.get(place, Counter())[name]}, page {told.get(place, Counter())[name]}"
        for place in sorted({*own, *told})
        for name in FIGURES
        if own.get(place, Counter())[name] != told.get(place, Counter())[name]
    ]


def by_place(shares: PetitionShares) -> dict[str, Counter[str]]:
    """What reporting gave, as it is counted here."""
    places = {WHOLE: shares.total, **{one.unit: one for one in shares.units}}
    return {place: Counter({name: getattr(share, name) for name in FIGURES}) for place, share in places.items()}
