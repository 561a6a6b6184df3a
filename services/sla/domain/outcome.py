"""How a promise ended: readings D10 and D11 (docs/decisions/0005-outcomes.md)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from contracts.deadlines import Outcome
from contracts.facts import Facts, first_standing
from reference import OFFICE_TIME

# State 9 wins over 10 (waiting for pick-up is never late), 10 over 7 and 8.
_END_STATES: tuple[tuple[str, Literal[7, 8, 9, 10]], ...] = (
    ("completed", 9),
    ("returned", 10),
    ("withdrawn", 7),
    ("stopped", 8),
)


@dataclass(frozen=True, slots=True)
class End:
    """The state that ended the clock (TrangThaiHoSo) and when, in ms."""

    state: Literal[7, 8, 9, 10]
    at: int
    also: tuple[Literal[7, 8, 9, 10], ...] = ()  # other ends that stand and contradict this one


def end_of(facts: Facts) -> End | None:
    """The end of an accepted dossier: state 9, else 10, else the earlier of 7 and 8 (D10); None while it is open."""
    ends = [End(state, fact["at"]) for kind, state in _END_STATES if (fact := first_standing(facts, kind)) is not None]
    if not ends:
        return None
    by_state = {end.state: end for end in ends}
    found = by_state.get(9) or by_state.get(10) or min(ends, key=lambda end: end.at)
    contradicting = tuple(state for state in by_state if {state, found.state} - {9, 10} and state != found.state)
    return replace(found, also=contradicting) if contradicting else found


def outcome_of(end: datetime, due: datetime, early_by: Literal["date", "time"]) -> Outcome:
    """Late: after the due moment. Early: on an earlier date (setting: earlier at all). Else on time (D11)."""
    if end > due:
        return "late"
    if early_by == "time":
        return "early" if end < due else "on_time"
    return "early" if end.astimezone(OFFICE_TIME).date() < due.astimezone(OFFICE_TIME).date() else "on_time"
