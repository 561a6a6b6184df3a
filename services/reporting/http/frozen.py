"""Frozen periods of II.06a: freeze one, read one as it was frozen with what was restated since."""

from datetime import date
from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse

from reference import OFFICE_TIME
from runtime.store import Document
from runtime.web import Problem, ProblemError, problem_answers
from services.reporting.http.answers import FrozenPeriod, KnownPeriod
from services.reporting.http.common import Format, From, Room, To, answer, not_backwards, problems, sheet_answers
from services.reporting.periods import REPORT, place_of
from services.reporting.reports import sheet_of


def add_frozen(app: FastAPI, room: Room) -> None:
    """Freezing and reading."""

    @app.post(
        "/v1/reports/II.06a/frozen",
        status_code=201,
        summary="Chốt số liệu một kỳ; kỳ đã chốt giữ nguyên",
        response_model=FrozenPeriod,
        response_model_exclude_unset=True,
        responses=problem_answers(404, 409, 422, 503),
    )
    async def freeze(first: From, last: To) -> dict[str, Any]:
        not_backwards(first, last)
        with problems(room):
            return _shown(await room.periods.freeze(first, last))

    @app.get(
        "/v1/reports/II.06a/frozen",
        summary="Một kỳ đã chốt, như lúc chốt, và các bản chỉnh",
        response_model=None,
        responses=sheet_answers(FrozenPeriod, 404, 422, 503),
    )
    async def frozen(first: From, last: To, format: Format = "json") -> Response:  # noqa: A002 - the name on the wire
        period = await room.periods.get(first, last)
        if period is None:
            raise ProblemError(Problem("not-frozen", "Kỳ này chưa chốt", 404))
        if format == "json":
            return JSONResponse(_shown(period))
        sheet = sheet_of(room.form(REPORT), (first, last), period["lines"])
        return answer(sheet, room, "all", format, note=note_of(period, room))

    @app.get(
        "/v1/periods",
        summary="Các kỳ báo cáo: danh mục, kỳ hiện tại và đã chốt chưa",
        response_model=list[KnownPeriod],
        responses=problem_answers(503),
    )
    async def periods() -> list[dict[str, Any]]:
        today = room.parts.clock.now().astimezone(OFFICE_TIME).date()
        found = []
        for kind in room.reference.periods.values():
            first, last = kind.around(today)
            known = await room.periods.get(first, last)
            found.append({"kind": kind.code, "name": kind.name, "from": first, "to": last, "frozen": known is not None})
        return found


def note_of(period: Document, room: Room) -> str:
    """The sentence below a frozen sheet."""
    at = date.fromisoformat(period["frozen_at"][:10])
    words = f"Số liệu chốt ngày {at:%d/%m/%Y}."
    if period["adjustments"]:
        listed = "; ".join(
            f"{room.reference.unit_name(c['unit'])}, {c['field']}, cột {c['column']}: {c['after'] - c['before']:+d}"
            for c in period["adjustments"]
        )
        words += f" Gồm điều chỉnh của kỳ trước, biết sau khi chốt: {listed}."
    return words


def _shown(period: Document) -> dict[str, Any]:
    lines = [{**place_of(key), **columns} for key, columns in period["lines"].items()]
    names = ("kind", "first", "last", "version", "definition", "frozen_at", "adjustments", "changes")
    return {"report": REPORT, **{name: period[name] for name in names}, "rows": lines}
