"""Figures beside the forms: by day with their stocks, by procedure with the plans' rates, and what all of them mean."""

from datetime import date, timedelta

from fastapi import FastAPI

from contracts.definitions import Definitions, load_definitions
from reference import OFFICE_TIME
from runtime.web import problem_answers
from services.reporting.figures import Asked, flows, flows_by_day
from services.reporting.http.answers import DayFigures, ProcedureFigures
from services.reporting.http.common import READING, From, Room, To, problems
from services.reporting.overview import by_procedure

STOCKS = ("received", "resolved", "open", "overdue")


def add_figures(app: FastAPI, room: Room) -> None:
    """By day, by procedure, definitions."""

    @app.get(
        "/v1/days",
        summary="Mỗi ngày: tồn đầu, tiếp nhận, giải quyết, tồn cuối, quá hạn; cả ngày không có gì",
        response_model=list[DayFigures],
        dependencies=[READING],
        responses=problem_answers(404, 422, 503),
    )
    async def days(first: From, last: To, unit: str | None = None) -> list[DayFigures]:
        with problems(room):
            if last < first or (last - first).days > 370:
                raise ValueError("a period of at most a year, that does not end before it begins")
            room.known_unit(unit)
            return await _days(room, first, last, unit)

    @app.get(
        "/v1/procedures",
        summary="Mỗi thủ tục: thời hạn đã dùng (p50, p90), giờ rút ngắn, bổ sung, thư xin lỗi",
        response_model=list[ProcedureFigures],
        dependencies=[READING],
        responses=problem_answers(404, 422, 503),
    )
    async def procedures(first: From, last: To, unit: str | None = None) -> list[ProcedureFigures]:
        with problems(room):
            room.known_unit(unit)
            found = await by_procedure(room.parts.store, room.reference, first, last, unit)
            return [ProcedureFigures.of(line) for line in found]

    @app.get(
        "/v1/definitions",
        summary="Định nghĩa từng chỉ tiêu: tên, cách tính, căn cứ; theo phiên bản",
        response_model=Definitions,
        dependencies=[READING],
        responses=problem_answers(503),
    )
    async def definitions() -> Definitions:
        return load_definitions()


async def _days(room: Room, first: date, last: date, unit: str | None) -> list[DayFigures]:
    """Up to today: a day that has not come has no closing stock."""
    definitions = load_definitions()
    names = tuple(sorted(definitions.linear(STOCKS)))
    asked = Asked(names, units=None if unit is None else [unit])
    last = min(last, room.parts.clock.now().astimezone(OFFICE_TIME).date())
    earlier = await flows(room.parts.store, asked, None, first - timedelta(days=1))
    opening, overdue = (
        sum(definitions.sum([total], counters) for counters in earlier.values()) for total in ("open", "overdue")
    )
    listed = []
    for day, counters in (await flows_by_day(room.parts.store, asked, first, last)).items() if first <= last else ():
        received, resolved = (definitions.sum([total], counters) for total in ("received", "resolved"))
        closing, overdue = opening + received - resolved, overdue + definitions.sum(["overdue"], counters)
        figures = {"opening": opening, "received": received, "resolved": resolved, "closing": closing, "overdue": overdue}
        listed.append(DayFigures(day=day, **figures))
        opening = closing
    return listed
