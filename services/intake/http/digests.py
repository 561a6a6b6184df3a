"""What the front asks intake for the digests that it sends to units (decision 25): how much is held for a person."""

from fastapi import FastAPI
from pydantic import BaseModel, Field

from runtime.web import by_duty, problem_answers
from services.intake.http.entrance import Entrance
from services.intake.store import count_held_for


class DigestHeld(BaseModel):
    """Số mục được giữ lại."""

    held: int = Field(description="Mục được giữ lại của các hồ sơ mang mã của đơn vị.")


def add_routes(app: FastAPI, entrance: Entrance) -> None:
    """Add it."""

    @app.get(
        "/v1/digests/{unit}",
        summary="Thư tổng hợp: số mục được giữ lại của một đơn vị",
        response_model=DigestHeld,
        dependencies=[by_duty("digests")],
        responses=problem_answers(422, 503),
    )
    async def held(unit: str) -> DigestHeld:
        return DigestHeld(held=await count_held_for(entrance.parts.store, unit))
