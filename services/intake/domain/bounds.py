"""Between which moments a time may lie, for every door: what happened, and what was promised.

A time outside of them is a slip of the sending system (the zero of .NET is the year 1, of others 1900, 1970 or 9999) and would
move a promise by centuries: it is refused with its bound, never read as "none".
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from contracts.facts import epoch_ms
from reference import OFFICE_TIME, moment
from services.intake.domain.answers import Ground, Limits
from services.intake.domain.dossier import Dossier
from services.intake.domain.items import Item, PlainItem, ProgressedItem, ReappointedItem, ReceivedItem, SnapshotItem
from services.intake.domain.problems import Fault

EARLIEST = epoch_ms(datetime(2015, 1, 1, tzinfo=OFFICE_TIME))
FARTHEST_YEARS = 10  # from the reception; the longest limits of the list are counted in months
PROMISES = frozenset({"promised_at", "previous_due_at", "new_due_at", "step_due_at"})  # every other time says what happened
_FARTHEST = timedelta(days=3653) // timedelta(milliseconds=1)


def faults_of(item: Item, dossier: Dossier, ground: Ground) -> tuple[Fault, ...]:
    """Each time of an item that lies outside its bounds, with them."""
    limits = ground.limits
    if (
        isinstance(item, ReceivedItem | PlainItem)
        and item.observed_at is None
        and EARLIEST <= epoch_ms(item.at) <= limits.latest
    ):
        return ()  # most items have this one time
    wrong = [fault for name, at in _happened(item) if (fault := happened(name, at, limits)) is not None]
    promises = _promised(item)
    if promises:
        begin = _reception(item, dossier, limits)
        found = [promised(name, epoch_ms(at), begin, limits) for name, at in promises]
        wrong += [fault for fault in found if fault is not None]
    return tuple(wrong)


def happened(field: str, at: datetime, limits: Limits) -> Fault | None:
    """What is wrong with the time of something that happened."""
    if EARLIEST <= epoch_ms(at) <= limits.latest:
        return None
    if epoch_ms(at) < EARLIEST:
        return Fault(field, "too-old", f"thời điểm trước năm 2015; sớm nhất là {_said(EARLIEST)}")
    return Fault(field, "future", f"thời điểm nằm ở tương lai; muộn nhất là {_said(limits.latest)}")


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


Times = Sequence[tuple[str, datetime]]


def _given(*times: tuple[str, datetime | None]) -> list[tuple[str, datetime]]:
    return [(name, at) for name, at in times if at is not None]


def _happened(item: Item) -> Times:
    if isinstance(item, SnapshotItem):
        found = _given(
            ("received_at", item.received_at),
            ("completed_at", item.completed_at),
            ("returned_at", item.returned_at),
            ("observed_at", item.observed_at),
            ("reappointed.at", None if item.reappointed is None else item.reappointed.at),
        )
        for number, entry in enumerate(item.supplements):
            asked, came = f"supplements.{number}.requested_at", f"supplements.{number}.supplemented_at"
            found += _given((asked, entry.requested_at), (came, entry.supplemented_at))
        return found
    if isinstance(item, ProgressedItem):
        return _given(("at", item.at), ("started_at", item.started_at), ("observed_at", item.observed_at))
    return _given(("at", item.at), ("observed_at", item.observed_at))


def _promised(item: Item) -> Times:
    match item:
        case ReappointedItem():
            return [("new_due_at", item.new_due_at)]
        case ProgressedItem():
            return _given(("step_due_at", item.step_due_at))
        case SnapshotItem():
            marked = None if item.reappointed is None else item.reappointed.new_due_at
            rounds = (
                (f"supplements.{n}.{name}", getattr(entry, name))
                for n, entry in enumerate(item.supplements)
                for name in ("previous_due_at", "new_due_at")
            )
            return _given(("promised_at", item.promised_at), ("reappointed.new_due_at", marked), *rounds)
        case _:  # what a reception promises is held to it as it is when both are merged
            return ()


def _reception(item: Item, dossier: Dossier, limits: Limits) -> int:
    """When the dossier was received, as the item says or as is known; 0: neither says, or it is no moment that can be."""
    told = item.received_at if isinstance(item, SnapshotItem) else None
    known = dossier.facts.get("received/1")
    if told is not None:
        at = epoch_ms(told)
    elif known is not None and not known.retracted:
        at = known.at
    else:  # a new date is later than the moment at which it was given
        at = epoch_ms(item.at) if isinstance(item, ReappointedItem) else 0
    return at if at <= limits.latest else 0
