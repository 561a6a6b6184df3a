"""Who used the time of a late dossier: the unit, the citizen, another body. The parts add up to the elapsed working time."""

from collections.abc import Iterable

from contracts.deadlines import TimeSpent
from reference import BeyondCalendarError, LimitError, Readings, Timeline, moment
from reference.timeline import minute_of
from reference.worktime import PauseKind, apply_pauses, finish, start_clock
from services.facts import KnownFacts
from services.sla.domain.dossier import LimitUse
from services.sla.domain.promise import Standing, pauses_of, waits_of

# Where waits overlap, the first in this order has them.
ORDER: tuple[tuple[PauseKind, ...], ...] = (("force_majeure",), ("supplement", "fee"), ("agency",))


def time_spent(facts: KnownFacts, line: Timeline, start: int, end: int) -> TimeSpent:
    """Open minutes from reception to end by who had the dossier.

    Every wait counts here, whether or not the procedure lets it move the due date. `start` and `end` in ms.
    """
    first, last = line.position(minute_of(start)), line.position(minute_of(end))
    elapsed = max(0, last - first)
    taken: list[tuple[int, int]] = []
    waits = waits_of(facts)
    spent = []
    for kinds in ORDER:
        minutes = 0
        for kind, begin, until in waits:
            if kind in kinds:
                a = max(first, line.position(minute_of(begin)))
                b = min(last, line.position(minute_of(until)) if until is not None else last)
                minutes += _free(a, b, taken)
        spent.append(minutes)
    force_majeure, citizen, body = spent
    return TimeSpent(unit=elapsed - sum(spent), citizen=citizen, body=body, force_majeure=force_majeure, elapsed=elapsed)


def limit_used(standing: Standing, line: Timeline, rules: Readings, end: int) -> LimitUse | None:
    """Open minutes that the procedure's limit gave, and how many of them were used by the end (ms).

    Used is what was given less what was left, so pauses that count are not in it, nor what went before a restart. A date that
    was printed or promised anew changes neither. None if it cannot be counted, or if the limit gave no minute.
    """
    try:
        clock = start_clock(line, moment(standing.received_at), standing.limit, rules)
        whole = due = finish(line, clock.raw, standing.limit, rules)
        if standing.pauses:
            pauses = pauses_of(standing, end)
            applied = apply_pauses(line, clock.raw, standing.limit, pauses, rules, restart=standing.restart)
            if applied and applied[-1].end is None:
                return None
            if applied:
                due = finish(line, applied[-1].raw, standing.limit, rules)
    except (LimitError, BeyondCalendarError):
        return None
    limit = line.position(whole) - line.position(minute_of(standing.received_at))
    left = line.position(due) - line.position(minute_of(end))
    return LimitUse(limit, max(0, limit - left)) if limit > 0 else None


def _free(begin: int, end: int, taken: list[tuple[int, int]]) -> int:
    """Minutes of a stretch that nobody has yet; takes them."""
    parts: Iterable[tuple[int, int]] = [(begin, end)] if begin < end else []
    for a, b in taken:
        parts = [piece for x, y in parts for piece in ((x, min(y, a)), (max(x, b), y)) if piece[0] < piece[1]]
    free = sum(y - x for x, y in parts)
    taken += parts
    return free
