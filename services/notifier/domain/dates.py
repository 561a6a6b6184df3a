"""The new date that the desk proposes to a signer, who may choose another."""

from dataclasses import dataclass
from datetime import datetime

from contracts.facts import epoch_ms
from reference import BeyondCalendarError, LimitError, ReferenceData, Timeline, count_due, moment
from reference.limits import Limit, say_limit
from services.notifier.domain.dossier import Dossier, Received
from services.notifier.domain.ground import Ground
from services.repromise import Window

USUAL: Limit = (5, "working_day")  # where the procedure's limit is not known


@dataclass(frozen=True, slots=True)
class Proposed:
    """A date that may be promised, why this one, and the first and the last that may."""

    at: datetime
    why: str
    first: datetime
    last: datetime


def propose(dossier: Dossier, unit: str, ground: Ground) -> Proposed | None:
    """One more limit of the procedure, from the old date, or from now if that has passed: what is left of the work is not known
    here, and it takes no longer than all of it. The nearest date that may be promised; None if none may.
    """
    due = None if dossier.promise is None else dossier.promise.due
    if due is None:
        return None
    reference, start = ground.reference, max(due, ground.now_ms)
    line = reference.timeline(unit)
    window = Window.of(line, ground.now_ms, due, reference.repromise_max_days(unit))
    limit = _limit_of(dossier, reference)
    found = window.nearest(_after(line, start, limit or USUAL))
    first, last = window.nearest(start), window.nearest(start + 366 * 86_400_000)
    if found is None or first is None or last is None:
        return None
    since = "ngày hẹn cũ" if start == due else "lúc này"
    named = f"thời hạn của thủ tục: {say_limit(limit)}" if limit else say_limit(USUAL)
    return Proposed(moment(found), f"{named}, tính từ {since}", moment(first), moment(last))


def _limit_of(dossier: Dossier, reference: ReferenceData) -> Limit | None:
    received = dossier.facts.first(Received)
    procedure = None if received is None else reference.procedures.get(received.procedure)
    version = None if procedure is None or received is None else procedure.version_at(moment(received.at))
    return None if version is None else version.limit.counted


def _after(line: Timeline, start: int, limit: Limit) -> int:
    try:
        due = count_due(line, moment(start), limit).due_at
    except (BeyondCalendarError, LimitError):
        due = None
    return start if due is None else epoch_ms(due)
