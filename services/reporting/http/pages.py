"""The pages: the dashboard, the figures by procedure, and what is wrong with the figures, if anything."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import FastAPI, Query, Response
from fastapi.responses import HTMLResponse

from reference import OFFICE_TIME
from runtime.pages import Pages
from runtime.store import Document
from runtime.web import problem_answers
from services.reporting.checks import SHOWN, broken_forms, find_doubts
from services.reporting.domain import DEFINITION
from services.reporting.http.common import Room, not_backwards
from services.reporting.overview import by_procedure, overview
from services.reporting.periods import default_period

FirstDay = Annotated[date | None, Query(alias="from")]
LastDay = Annotated[date | None, Query(alias="to")]


def add_pages(app: FastAPI, room: Room) -> None:
    """The pages."""
    pages = Pages("services.reporting")

    def shown(template: str, **values: Any) -> Response:  # noqa: ANN401 - what the template needs
        common = {"province": room.reference.province, "rebuilding": room.rebuild.running}
        return pages.show(template, {**common, **values})

    def period(first: date | None, last: date | None) -> tuple[date, date]:
        usual = default_period(room.parts.clock.now())
        days = first or usual[0], last or usual[1]
        not_backwards(*days)
        return days

    @app.get("/", response_class=HTMLResponse, summary="Trang: bảng số liệu", responses=problem_answers(422, 503))
    async def dashboard(first: FirstDay = None, last: LastDay = None) -> Response:
        seen = await overview(room.parts.store, room.reference, room.form("II.06a"), *period(first, last))
        listed = [_with_times(known, room) for known in await room.periods.all()]
        names = {code: unit.name for code, unit in room.reference.units.items()}
        return shown("overview.html", o=seen, periods=listed, names=names)

    @app.get("/procedures", response_class=HTMLResponse, summary="Trang: từng thủ tục", responses=problem_answers(422, 503))
    async def procedures(first: FirstDay = None, last: LastDay = None, unit: str | None = None) -> Response:
        days = period(first, last)
        lines = await by_procedure(room.parts.store, room.reference, *days, unit)
        name = room.reference.units[unit].name if unit in room.reference.units else room.reference.province
        return shown("procedures.html", lines=lines, days=days, owner=name)

    @app.get("/checks", response_class=HTMLResponse, summary="Trang: số liệu có gì sai không", responses=problem_answers(503))
    async def checks() -> Response:
        today = room.parts.clock.now().astimezone(OFFICE_TIME).date()
        kinds = room.reference.periods.values()
        faults = await broken_forms(room.parts.store, room.reference, room.forms.values(), kinds, today)
        listed = [_with_times(known, room) for known in await room.periods.all()]
        doubts = await find_doubts(room.parts.store, room.reference)
        return shown(
            "checks.html",
            doubts=doubts,
            faults=faults[:SHOWN],
            more=max(0, len(faults) - SHOWN),
            unreconciled=room.cells.unreconciled,
            reconciled_at=room.cells.reconciled_at,
            periods=listed,
            definition=DEFINITION,
        )


def _with_times(period: Document, room: Room) -> dict[str, Any]:
    changes = [{**change, "at": datetime.fromisoformat(change["at"])} for change in period["changes"]]
    days = {name: f"{date.fromisoformat(period[name]):%d/%m/%Y}" for name in ("first", "last")}
    kind = room.reference.periods.get(period["kind"])
    iso = {"from": period["first"], "to": period["last"]}
    named = {"iso": iso, "name": kind.name if kind else period["kind"]}
    return {**period, **days, **named, "frozen_at": datetime.fromisoformat(period["frozen_at"]), "changes": changes}
