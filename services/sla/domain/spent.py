"""Who used the time of a late dossier: the unit, the citizen, another body. The parts add up to the elapsed working time."""

from collections.abc import Iterable

from contracts.facts import Facts
from reference import Timeline, moment
from reference.timeline import to_minute
from services.sla.domain.promise import WAITING, stretches

# Where waits overlap, the first in this order has them.
ORDER = ("force_majeure", "citizen", "body")
_WAITS_FOR = {"supplement": "citizen", "fee": "citizen", "agency": "body", "force_majeure": "force_majeure"}


def time_spent(facts: Facts, line: Timeline, start: int, end: int) -> dict[str, int]:
    """Open minutes from reception to end by who had the dossier: {unit, citizen, body, force_majeure, elapsed}.

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
    return {"unit": elapsed - sum(spent.values()), **spent, "elapsed": elapsed}


def _free(begin: int, end: int, taken: list[tuple[int, int]]) -> int:
    """Minutes of a stretch that nobody has yet; takes them."""
    parts: Iterable[tuple[int, int]] = [(begin, end)] if begin < end else []
    for a, b in taken:
        parts = [piece for x, y in parts for piece in ((x, min(y, a)), (max(x, b), y)) if piece[0] < piece[1]]
    free = sum(y - x for x, y in parts)
    taken += parts
    return free
