"""The pages: the dashboard, the figures by procedure, and what is wrong with the figures, if anything."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import FastAPI, Query, Response
from fastapi.responses import HTMLResponse

from reference import OFFICE_TIME, ReferenceData
from runtime.pages import Pages
from runtime.web import Person, problem_answers
from services.reporting.checks import SHOWN, broken_forms, find_doubts
from services.reporting.domain import DEFINITION, Days, Frozen
from services.reporting.freshness import standing_of
from services.reporting.http.common import Reader, Room, not_backwards
from services.reporting.overview import by_procedure, overview

FirstDay = Annotated[date | None, Query(alias="from")]
LastDay = Annotated[date | None, Query(alias="to")]


def add_pages(app: FastAPI, room: Room) -> None:
    """The pages."""
    pages = Pages("services.reporting")

    def shown(template: str, person: Person, **values: object) -> Response:
        all_show = {"province": room.reference.province, "rebuilding": room.rebuild.running}
        return pages.show(template, {**all_show, **values}, person=person)

    def period(first: date | None, last: date | None) -> tuple[date, date]:
        usual = default_period(room.parts.clock.now())
        days = first or usual[0], last or usual[1]
        not_backwards(*days)
        return days

    @app.get("/figures", response_class=HTMLResponse, summary="Trang: bảng số liệu", responses=problem_answers(422, 503))
    async def dashboard(person: Reader, first: FirstDay = None, last: LastDay = None) -> Response:
        days = Days(*period(first, last))
        standing = await standing_of(room.parts.store, days, room.cells.counted_at)
        seen = await overview(room.parts.store, room.reference, room.form("II.06a"), *days)
        listed = [PeriodLine.of(known, room.reference) for known in await room.periods.all()]
        names = {code: unit.name for code, unit in room.reference.units.items()}
        return shown(
            "overview.html", person, o=seen, periods=listed, names=names, standing=standing, fresh=await room.freshness()
        )

    @app.get(
        "/figures/procedures", response_class=HTMLResponse, summary="Trang: từng thủ tục", responses=problem_answers(422, 503)
    )
    async def procedures_page(
        person: Reader, first: FirstDay = None, last: LastDay = None, unit: str | None = None
    ) -> Response:
        days = period(first, last)
        lines = await by_procedure(room.parts.store, room.reference, *days, unit)
        name = room.reference.units[unit].name if unit in room.reference.units else room.reference.province
        standing = await standing_of(room.parts.store, Days(*days), room.cells.counted_at)
        return shown("procedures.html", person, lines=lines, days=days, owner=name, standing=standing)

    @app.get(
        "/figures/checks", response_class=HTMLResponse, summary="Trang: số liệu có gì sai không", responses=problem_answers(503)
    )
    async def checks(person: Reader) -> Response:
        today = room.parts.clock.now().astimezone(OFFICE_TIME).date()
        kinds = room.reference.periods.values()
        faults = await broken_forms(room.parts.store, room.reference, room.forms.values(), kinds, today)
        listed = [PeriodLine.of(known, room.reference) for known in await room.periods.all()]
        doubts = await find_doubts(room.parts.store, room.reference)
        return shown(
            "checks.html",
            person,
            doubts=doubts,
            fresh=await room.freshness(),
            faults=faults[:SHOWN],
            more=max(0, len(faults) - SHOWN),
            unreconciled=room.cells.unreconciled,
            reconciled_at=room.cells.reconciled_at,
            periods=listed,
            definition=DEFINITION,
        )


@dataclass(frozen=True, slots=True)
class PeriodLine:
    """A frozen period as the pages show it."""

    name: str
    frozen: Frozen

    @classmethod
    def of(cls, frozen: Frozen, reference: ReferenceData) -> "PeriodLine":
        """With the name of its kind, or its code if it left the list."""
        kind = reference.periods.get(frozen.kind)
        return cls(kind.name if kind else frozen.kind, frozen)


def default_period(now: datetime) -> tuple[date, date]:
    """The last thirty days up to today."""
    today = now.astimezone(OFFICE_TIME).date()
    return today - timedelta(days=29), today
