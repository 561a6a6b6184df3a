"""What became of a row: which cells it counts in now, and which of them have to be counted and published again."""

from dataclasses import replace
from datetime import timedelta

from services.reporting.domain.cells import contributions, day_in, doubts, flip_at
from services.reporting.domain.row import NOWHERE, Counted, Row


def taken(row: Row, now: int, future: timedelta) -> Row:
    """A row that something new was said of, counted anew. `now` in ms; `future`: see doubts."""
    return recount(row, now, doubts(row, future))


def flipped(row: Row, now: int) -> Row:
    """A row whose due moment passed, counted anew. `now` in ms."""
    return recount(row, now, row.doubts)


def recount(row: Row, now: int, doubtful: tuple[str, ...]) -> Row:
    """The row with the cells it counts in now, those that changed marked as touched; what counts nowhere is in no doubt."""
    found = contributions(row, now)
    counted, before = NOWHERE if found is None else found.counted(), row.counted or NOWHERE
    changed = () if counted == before else _changed(before, counted)
    return replace(
        row,
        counted=counted,
        touched=tuple(sorted({*row.touched, *changed})) if changed else row.touched,
        flip_at=flip_at(row, now),
        doubts=doubtful if counted.cells else (),
    )


def _changed(before: Counted, after: Counted) -> set[str]:
    """The cells in which the row counts otherwise."""
    return {key for key in {*before.cells, *after.cells} if _in(before, key) != _in(after, key)}


def _in(counted: Counted, key: str) -> object:
    return counted.days[day_in(key)] if key in counted.cells else None
