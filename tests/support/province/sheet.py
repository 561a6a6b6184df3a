"""II.06a counted plainly from what happened to each dossier: no cell, no book, no event."""

from datetime import date, datetime, time, timedelta

from tests.support.province.counting import unit
from tests.support.province.truth import NOW, Truth

Line = dict[int, int]
COLUMNS = range(3, 14)
ONLINE = 2  # KenhThucHien


def due_of(truth: Truth) -> datetime | None:
    """The date in force at the end: the one that the sender gave last, moved by what began after it; else our own count."""
    ended = None if truth.end is None else truth.end[1]
    waits = [wait if wait.end is not None else wait._replace(end=ended) for wait in truth.waits]
    body, limit = unit(truth.competent), truth.procedure.limit
    if truth.dates:
        return body.printed(*truth.dates[-1], limit, waits)
    return body.due(truth.received, limit, waits)


def outcome_of(truth: Truth) -> str | None:
    """early, on_time, late; None while it is open."""
    due = due_of(truth)
    if truth.end is None or due is None:
        return None
    if truth.end[1] > due:
        return "late"
    return "early" if truth.end[1].date() < due.date() else "on_time"


def sheet(truths: list[Truth], first: date, last: date) -> dict[tuple[str, str], Line]:
    """The lines of the period by unit and field, those of zeros left out."""
    lines: dict[tuple[str, str], Line] = {}
    for truth in truths:
        if not truth.counts or (truth.end is not None and truth.end[0] == 3) or truth.received.date() > last:
            continue
        line = lines.setdefault((truth.competent, truth.procedure.field), dict.fromkeys(COLUMNS, 0))
        for column in _columns(truth, first, last):
            line[column] += 1
    return {place: line for place, line in lines.items() if any(line.values())}


def _columns(truth: Truth, first: date, last: date) -> list[int]:
    """In which columns a dossier is that was received by the last day."""
    ended = None if truth.end is None else max(truth.end[1].date(), truth.received.date())
    if ended is not None and ended < first:
        return []
    found = [3, 6] if truth.received.date() < first else [3, 4] if truth.channel == ONLINE else [3, 5]
    if ended is not None and ended <= last:
        return [*found, 7, {"early": 8, "on_time": 9, "late": 10}[outcome_of(truth) or ""]]
    due = due_of(truth)
    seen_until = min(NOW, datetime.combine(last + timedelta(days=1), time()))
    late = due is not None and due < seen_until and (truth.end is None or truth.end[1] > due)
    return [*found, 11, 13 if late else 12]
