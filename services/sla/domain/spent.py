"""Who used the time of a late dossier: the unit, the citizen, another body. The parts add up to the elapsed working time."""

from collections.abc import Iterable
from dataclasses import replace

from contracts.deadlines import TimeSpent
from contracts.facts import Facts
from reference import BeyondCalendarError, LimitError, Readings, Timeline, moment
from reference.timeline import to_minute
from services.sla.domain.promise import WAITING, Standing, promise_of, stretches

# Where waits overlap, the first in this order has them.
ORDER = ("force_majeure", "citizen", "body")
_WAITS_FOR = {"supplement": "citizen", "fee": "citizen", "agency": "body", "force_majeure": "force_majeure"}


def time_spent(facts: Facts, line: Timeline, start: int, end: int) -> TimeSpent:
    """Open minutes from reception to end by who had the dossier.

    Every wait counts here, whether or not the procedure lets it move the due date. `start` and `end` in ms.
    """
    first, last = line.position(to_minute(moment(start))), line.position(to_minute(moment(end)))
    elapsed = max(0, last - first)
    spent = dict.fromkeys(ORDER, 0)
    taken: list[tuple[int, int]] = []
    waits = [(kind, begin, until) for name in WAITING for kind, begin, until in stretches(facts, *name)]
    for who in ORDER:
        for kind, begin, until in waits:
            if _WAITS_FOR[kind] == who:
                a = max(first, line.position(to_minute(moment(begin))))
                b = min(last, line.position(to_minute(moment(until))) if until is not None else last)
                spent[who] += _free(a, b, taken)
    return TimeSpent(
        unit=elapsed - sum(spent.values()),
        citizen=spent["citizen"],
        body=spent["body"],
        force_majeure=spent["force_majeure"],
        elapsed=elapsed,
    )


def limit_used(standing: Standing, line: Timeline, rules: Readings, end: int) -> tuple[int, int] | None:
    """Open minutes that the procedure's limit gave, and how many of them were used by the end (ms): (limit, used).

    Used is what was given less what was left, so pauses that count are not in it, nor what went before a restart. A date that
    was printed or promised anew changes neither. None if it cannot be counted, or if the limit gave no minute.
    """
    plain = not standing.pauses and standing.promised_at is None and not standing.reappointed
    bare = standing if plain else replace(standing, pauses=(), promised_at=None, reappointed=())
    try:
        whole = promise_of(bare, line, rules).computed
        due = (
            promise_of(replace(bare, pauses=standing.pauses), line, rules, ended_at=end).computed if standing.pauses else whole
        )
    except (LimitError, BeyondCalendarError):
        return None
    if whole is None or due is None:
        return None
    limit = line.position(to_minute(whole)) - line.position(to_minute(moment(standing.received_at)))
    left = line.position(to_minute(due)) - line.position(to_minute(moment(end)))
    return (limit, max(0, limit - left)) if limit > 0 else None


def _free(begin: int, end: int, taken: list[tuple[int, int]]) -> int:
    """Minutes of a stretch that nobody has yet; takes them."""
    parts: Iterable[tuple[int, int]] = [(begin, end)] if begin < end else []
    for a, b in taken:
        parts = [piece for x, y in parts for piece in ((x, min(y, a)), (max(x, b), y)) if piece[0] < piece[1]]
    free = sum(y - x for x, y in parts)
    taken += parts
    return free
