"""Between which moments a time may lie, for every door: what happened, and what was promised.

A time outside of them is a slip of the sending system (the zero of .NET is the year 1, of others 1900, 1970 or 9999) and would
move a promise by centuries: it is refused with its bound, never read as "none".
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from contracts.facts import epoch_ms
from reference import OFFICE_TIME, moment
from services.intake.domain.answers import Ground, Limits
from services.intake.domain.dossier import Dossier
from services.intake.domain.items import Item, ProgressedItem, ReappointedItem, ReceivedItem, SnapshotItem
from services.intake.domain.problems import Fault

EARLIEST = epoch_ms(datetime(2015, 1, 1, tzinfo=OFFICE_TIME))
FARTHEST_YEARS = 10  # from the reception; the longest limits of the list are counted in months
_FARTHEST = timedelta(days=3653) // timedelta(milliseconds=1)


def faults_of(item: Item, dossier: Dossier, ground: Ground) -> tuple[Fault, ...]:
    """Each time of an item that lies outside its bounds, with them."""
    wrong = [fault for name, at in _happened(item) if (fault := happened(name, at, ground.limits)) is not None]
    begin: int | None = None
    for name, at in _promised(item):
        if begin is None:
            begin = _reception(item, dossier, ground.limits)
        fault = promised(name, epoch_ms(at), begin, ground.limits)
        if fault is not None:
            wrong.append(fault)
    return tuple(wrong)


def happened(field: str, at: datetime, limits: Limits) -> Fault | None:
    """What is wrong with the time of something that happened."""
    ms = epoch_ms(at)
    if ms > limits.latest:
        return Fault(field, "future", f"thời điểm nằm ở tương lai; muộn nhất là {_said(limits.latest)}")
    return Fault(field, "too-old", f"thời điểm trước năm 2015; sớm nhất là {_said(EARLIEST)}") if ms < EARLIEST else None


def promised(field: str, at: int, reception: int, limits: Limits) -> Fault | None:
    """What is wrong with a promised time. `at`, `reception`: ms since 1970; a reception before 2015: not known."""
    latest = (limits.latest if reception < EARLIEST else reception) + _FARTHEST
    reception = max(reception, EARLIEST)
    if reception <= at <= latest:
        return None
    bound = f"phải từ {_said(reception)} đến {_said(latest)}"
    if at > latest:
        return Fault(field, "too-far", f"quá {FARTHEST_YEARS} năm sau khi tiếp nhận; {bound}")
    if reception == EARLIEST:
        return Fault(field, "too-old", f"thời điểm trước năm 2015; {bound}")
    return Fault(field, "before-reception", f"trước khi tiếp nhận; {bound}")


def _said(at: int) -> str:
    return moment(at).strftime("%d/%m/%Y %H:%M")


def _happened(item: Item) -> Iterator[tuple[str, datetime]]:
    if item.observed_at is not None:
        yield "observed_at", item.observed_at
    if not isinstance(item, SnapshotItem):
        yield "at", item.at
        if isinstance(item, ProgressedItem) and item.started_at is not None:
            yield "started_at", item.started_at
        return
    for name, at in (
        ("received_at", item.received_at),
        ("completed_at", item.completed_at),
        ("returned_at", item.returned_at),
        ("reappointed.at", None if item.reappointed is None else item.reappointed.at),
    ):
        if at is not None:
            yield name, at
    for number, entry in enumerate(item.supplements):
        yield f"supplements.{number}.requested_at", entry.requested_at
        if entry.supplemented_at is not None:
            yield f"supplements.{number}.supplemented_at", entry.supplemented_at


def _promised(item: Item) -> Iterator[tuple[str, datetime]]:
    match item:
        case ReceivedItem(promised_at=at) if at is not None:
            yield "promised_at", at
        case ReappointedItem():
            yield "new_due_at", item.new_due_at
        case ProgressedItem(step_due_at=at) if at is not None:
            yield "step_due_at", at
        case SnapshotItem():
            if item.promised_at is not None:
                yield "promised_at", item.promised_at
            if item.reappointed is not None:
                yield "reappointed.new_due_at", item.reappointed.new_due_at
            for number, entry in enumerate(item.supplements):
                if entry.new_due_at is not None:
                    yield f"supplements.{number}.new_due_at", entry.new_due_at
        case _:
            pass


def _reception(item: Item, dossier: Dossier, limits: Limits) -> int:
    """When the dossier was received, as the item says or as is known; 0: neither says, or it is no moment that can be."""
    told = item.at if isinstance(item, ReceivedItem) else item.received_at if isinstance(item, SnapshotItem) else None
    known = dossier.facts.get("received/1")
    if told is not None:
        at = epoch_ms(told)
    elif known is not None and not known.retracted:
        at = known.at
    else:  # a new date is later than the moment at which it was given
        at = epoch_ms(item.at) if isinstance(item, ReappointedItem) else 0
    return at if at <= limits.latest else 0
