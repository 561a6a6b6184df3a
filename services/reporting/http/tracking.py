"""The tracking book of a unit (Mẫu 07) as a workbook. It names nobody."""

import asyncio
from typing import Annotated

from fastapi import FastAPI, Query, Response

from runtime.web import Problem, ProblemError
from services.reporting.domain import Days
from services.reporting.freshness import standing_of, unheard_of
from services.reporting.http.common import TYPES, From, Reader, Room, To, file_answers, problems
from services.reporting.tracking import tracking_book
from services.reporting.tracking_xlsx import render


def add_tracking(app: FastAPI, room: Room) -> None:
    """Add it."""

    @app.get(
        "/v1/tracking-book/xlsx",
        summary="Sổ theo dõi hồ sơ (Mẫu 07) của một đơn vị tiếp nhận trong một kỳ, không có tên người",
        response_class=Response,
        responses=file_answers("xlsx", 404, 422, 503),
    )
    async def book_xlsx(person: Reader, first: From, last: To, unit: Annotated[str, Query(max_length=40)]) -> Response:
        if not person.sees(unit):
            raise ProblemError(Problem("unknown-unit", "Mã đơn vị không có trong danh mục / unknown unit", 404))
        with problems(room):
            unheard = await unheard_of(room.parts.store, room.reference, last, unit)
            standing = await standing_of(room.parts.store, Days(first, last), room.cells.counted_at, unheard)
            book = await tracking_book(room.parts.store, room.reference, unit, first, last)
        made = await asyncio.to_thread(render, book, room.reference.unit_name(unit), standing.words)  # seconds for a large one
        headers = {
            "content-disposition": f'attachment; filename="mau-07_{unit}_{first}_{last}.xlsx"',
            "cache-control": "no-store",
        }
        return Response(made, media_type=TYPES["xlsx"], headers=headers)
