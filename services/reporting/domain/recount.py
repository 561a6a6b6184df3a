"""What became of a row: which cells it counts in now, and which of them have to be counted and published again."""

from datetime import timedelta

from services.reporting.domain.cells import contributions, day_in, doubts, flip_at
from services.reporting.domain.row import NOWHERE, Add, Counted, Known, Row


def taken(row: Row, known: Known, now: int, future: timedelta) -> Row:
    """A row of which more is known, counted anew. `now` in ms; `future`: see doubts."""
    return _recounted(row, known, now, doubts(known, future))


def flipped(row: Row, now: int) -> Row:
    """A row whose due moment passed, counted anew. `now` in ms."""
    return _recounted(row, row.known, now, row.doubts)


def _recounted(row: Row, known: Known, now: int, doubtful: tuple[str, ...]) -> Row:
    """With the cells it counts in now, those that changed marked as touched; what counts nowhere is in no doubt."""
    found, before = contributions(known, now), row.counted or NOWHERE
    counted, touched = NOWHERE if found is None else found.counted(), row.touched
    if counted != before and (changed := _changed(before, counted)):
        touched = tuple(sorted({*touched, *changed}))
    since = (row.touched_at if row.touched and row.touched_at else now) if touched else None
    return Row(row.code, known, counted, touched, flip_at(known, now), doubtful if counted.cells else (), since)


def _changed(before: Counted, after: Counted) -> list[str]:
    """The cells in which a row counts otherwise."""
    old, new = _by_key(before), _by_key(after)
    return [key for key in {**old, **new} if old.get(key) != new.get(key)]


def _by_key(counted: Counted) -> dict[str, Add]:
    return {key: counted.days[day_in(key)] for key in counted.cells}
