"""What the routes share: the parts they ask, problems in the words of the reader, a sheet as a file."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from fastapi import Query, Response

from contracts import Event
from reference import ReferenceData
from runtime.parts import Parts
from runtime.recovery import Anchor
from runtime.web import Answers, Person, Problem, ProblemError, Role, also, by_role, problem_answers
from services.reporting.domain import CannotFreezeError, Form, Sheet
from services.reporting.domain.standing import Standing
from services.reporting.files import as_file
from services.reporting.freshness import Freshness, freshness
from services.reporting.jobs import Cells
from services.reporting.periods import Periods
from services.reporting.reports import Breach, ReportRefusedError, UnknownUnitError

From = Annotated[date, Query(alias="from")]
To = Annotated[date, Query(alias="to")]
READING = by_role(*Role)  # figures name nobody: everybody with a role reads them, of all units
Reader = Annotated[Person, READING]
Reporter = Annotated[Person, by_role(Role.REPORTER)]
File = Literal["csv", "xlsx", "pdf"]
TYPES: Mapping[File, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def file_answers(kind: File, *statuses: int) -> Answers:
    """A sheet as a file, which has a route of its own: one route, one media type. And what may forbid it."""
    return also(problem_answers(*statuses), 200, TYPES[kind].partition(";")[0])


@dataclass(frozen=True, slots=True)
class Room:
    """What the routes are made of."""

    parts: Parts
    reference: ReferenceData
    forms: Mapping[str, Form]
    periods: Periods
    cells: Cells
    rebuild: Anchor[Event]
    silent_days: int

    def known_unit(self, unit: str | None) -> None:
        """Raises UnknownUnitError for a code in no list: its zeros would say that nothing happened there."""
        if unit is not None and unit not in self.reference.units:
            raise UnknownUnitError(unit)

    async def freshness(self) -> Freshness:
        """How fresh the figures are now."""
        parts = self.parts
        return await freshness(parts.store, self.reference, parts.clock.now(), self.cells.counted_at, self.silent_days)

    def form(self, code: str) -> Form:
        """A form by its code. Raises ProblemError."""
        if code not in self.forms:
            raise ProblemError(Problem("unknown-form", f"Không có biểu này; có {', '.join(self.forms)}", 404))
        return self.forms[code]


def not_backwards(first: date, last: date) -> None:
    """Raises ProblemError for a period that ends before it begins."""
    if last < first:
        raise ProblemError(Problem("invalid", "Kỳ báo cáo không hợp lệ", 422, "the period ends before it begins"))


@contextmanager
def problems(room: Room) -> Iterator[None]:
    """What forbids a report, as problems."""
    if room.rebuild.running:
        raise ProblemError(Problem("rebuilding", "Số liệu đang được dựng lại từ nhật ký", 503), {"Retry-After": "30"})
    try:
        yield
    except UnknownUnitError:
        raise ProblemError(Problem("unknown-unit", "Mã đơn vị không có trong danh mục", 404)) from None
    except CannotFreezeError as error:
        status = 422 if error.rule == "unknown-period" else 409
        raise ProblemError(Problem(error.rule, "Chưa chốt được kỳ này", status, str(error))) from None
    except ValueError as error:
        raise ProblemError(Problem("invalid", "Kỳ báo cáo không hợp lệ", 422, str(error))) from None
    except ReportRefusedError as error:
        errors = [_broken(fault) for fault in error.faults]
        raise ProblemError(Problem("figures-contradict", "Số liệu mâu thuẫn, không xuất báo cáo", 409, errors=errors)) from None


def _broken(fault: Breach) -> Mapping[str, str | Sequence[str]]:
    return {"pointer": "", "rule": "R35", "detail": fault.text, "dossiers": fault.dossiers}


def file(sheet: Sheet, room: Room, unit: str, kind: File, standing: Standing, note: str = "") -> Response:
    """A sheet as a file. `note`: a sentence below the table."""
    name = f"{sheet.form.code}_{unit}_{sheet.first}_{sheet.last}.{kind}"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(as_file(sheet, kind, room.reference, unit, standing, note), media_type=TYPES[kind], headers=headers)
