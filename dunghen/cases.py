"""Due dates of anybody's own cases: one JSON object per line in, one answer per line out."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from reference import (
    BeyondCalendarError,
    LimitError,
    OpeningHours,
    Pause,
    Timeline,
    count_due,
    load_national_calendar,
)
from reference.hours import DEFAULT_HOURS
from reference.limits import ExactAmount, LimitUnit
from reference.worktime import PauseKind, stops_the_clock
from services.intake.domain import office_time


def _time(raw: object) -> datetime:
    """As at every door: text that means one time, never a number. Raises ValueError."""
    if not isinstance(raw, str):
        raise ValueError("a time is text, e.g. 2026-01-05T08:00+07:00, never a number")
    return office_time(raw)


CaseTime = Annotated[datetime, BeforeValidator(_time)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class CaseLimit(_Part):
    """ThoiGianGiaiQuyet and DonViTinh, exact. What cannot be counted is refused when it is counted (D8)."""

    value: ExactAmount = 1
    unit: LimitUnit


class CasePause(_Part):
    """A stretch in which the dossier waited; without `to` it still does."""

    kind: PauseKind
    start: CaseTime = Field(alias="from")
    end: CaseTime | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> "CasePause":
        if self.end is not None and self.end < self.start:
            raise ValueError("a pause must not end before it begins")
        return self


class CaseInput(_Part):
    """Everything a due date is counted from. `calendar_patch` changes single dates of the national calendar."""

    received: CaseTime
    limit: CaseLimit
    hours: OpeningHours = DEFAULT_HOURS
    pauses: tuple[CasePause, ...] = ()
    pause_on_fee: bool = False
    pause_on_agency: bool = False
    strategy: Literal["extend", "restart"] = "extend"
    calendar_patch: dict[date, Literal["work", "off"]] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CaseAnswer:
    """What is said of one case, under the id it was given with. `due_at`: ISO."""

    id: object = None
    state: Literal["due", "paused", "error"] = "error"
    due_at: str | None = None
    provisional: bool | None = None
    error: str | None = None


def answers(lines: Iterable[str]) -> Iterator[CaseAnswer]:
    """An answer per line that is not empty."""
    for line in lines:
        if line.strip():
            yield answer(line)


def answer(line: str) -> CaseAnswer:
    """The answer to one case; what cannot be counted is answered with an error."""
    identity: object = None
    try:
        raw = json.loads(line, parse_float=Decimal, object_pairs_hook=_once)  # 0.1 is a tenth
        identity = _plain(raw.get("id")) if isinstance(raw, dict) else None
        return _count(identity, CaseInput.model_validate(raw["input"]))
    except ValidationError as error:
        place = error.errors(include_url=False)[0]
        return CaseAnswer(identity, error=f"{'.'.join(str(part) for part in place['loc'])}: {place['msg']}")
    except (LimitError, BeyondCalendarError, DoubledError) as error:
        return CaseAnswer(identity, error=str(error))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        needs = 'needs {"id", "input": {"received", "limit"}}'
        return CaseAnswer(identity, error=f"not a case ({type(error).__name__}): {needs}")


class DoubledError(ValueError):
    """A name stands twice in an object, so nobody knows which value was meant."""


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise DoubledError(f"{next(name for name in names if names.count(name) > 1)}: stands twice")
    return found


def _plain(identity: object) -> object:
    return float(identity) if isinstance(identity, Decimal) else identity


def _count(identity: object, case: CaseInput) -> CaseAnswer:
    pauses = [
        Pause(pause.kind, pause.start, pause.end)
        for pause in case.pauses
        if stops_the_clock(pause.kind, pause_on_fee=case.pause_on_fee, pause_on_agency=case.pause_on_agency)
    ]
    line = _line(case.hours, tuple(sorted(case.calendar_patch.items())))
    result = count_due(line, case.received, (case.limit.value, case.limit.unit), pauses, restart=case.strategy == "restart")
    due = result.due_at.isoformat() if result.due_at else None
    return CaseAnswer(identity, result.state, due, result.provisional)


@lru_cache(maxsize=64)
def _line(hours: OpeningHours, patch: tuple[tuple[date, Literal["work", "off"]], ...]) -> Timeline:
    return Timeline(load_national_calendar().with_days(dict(patch)), hours)
