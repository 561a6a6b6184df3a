"""GET /v1/units/UNIT/on-time: the one figure that anybody may ask for."""

from datetime import date

from fastapi import FastAPI
from pydantic import BaseModel, Field

from runtime.web import open_to_all, problem_answers
from services.reporting.http.answers import Time
from services.reporting.http.common import Room, problems
from services.reporting.public import FEWEST, PublicFigures


class UnitOnTime(BaseModel):
    """Tỷ lệ giải quyết đúng hạn của một đơn vị, từ đầu tháng."""

    unit: str
    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    resolved: int | None = Field(description=f"Số hồ sơ đã giải quyết; null nếu ít hơn {FEWEST}.")
    share: float | None = Field(description=f"Phần trăm trước và đúng hạn; null nếu ít hơn {FEWEST} hồ sơ.")
    counted_at: Time | None = Field(description="When the figures were last counted completely.")


def add_public(app: FastAPI, room: Room) -> None:
    """Add it."""
    figures = PublicFigures(room.parts, room.reference)

    @app.get(
        "/v1/units/{unit}/on-time",
        summary="Tỷ lệ giải quyết đúng hạn của một đơn vị trong tháng này, công khai",
        response_model=UnitOnTime,
        dependencies=[open_to_all()],
        responses=problem_answers(404, 422, 503),
    )
    async def on_time(unit: str) -> UnitOnTime:
        with problems(room):
            room.known_unit(unit)
            counted = room.cells.counted_at
            found = await figures.of_unit(unit)
        share = None if found.share is None else float(found.share)
        at = None if counted is None else counted.isoformat()
        return UnitOnTime(unit=unit, first=found.first, last=found.last, resolved=found.resolved, share=share, counted_at=at)
