"""The share that anybody may see of a unit: of this month, of no fewer than five dossiers, counted once in a while."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from contracts import Event
from runtime.web.problems import answer_problems
from services.reporting import public
from services.reporting.figures import flows
from services.reporting.http.common import Room
from services.reporting.http.public import add_public
from services.reporting.public import FEWEST, PublicFigures
from tests.reporting.alone import FORMS, CaughtUp, Reporting, reporting_alone
from tests.reporting.test_causes import of
from tests.reporting.test_reporting import deadline, settled
from tests.support.dossiers import at, fact, received
from tests.support.reporting import merged


def life(number: int, outcome: str, end: int = 5, **more: Any) -> list[Event]:
    """A dossier that ended on a day of March."""
    start = received(**more)
    return of(number, start, deadline(1, at(9)), fact("completed", at(end)), settled(2, outcome, at(end), at(9), end_state=9))


async def resolved(reporting: Reporting, *outcomes: str, first: int = 1, **more: Any) -> None:
    """So many, from a number on."""
    await reporting.take([event for number, outcome in enumerate(outcomes, first) for event in life(number, outcome, **more)])
    await reporting.cells.flush()


async def test_a_share_is_said_of_five_dossiers_and_not_of_four(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(10)) as reporting:
        said = []
        for number, outcome in enumerate(("early", "on_time", "late", "early", "early"), 1):
            await resolved(reporting, outcome, first=number)
            said.append(await PublicFigures(reporting.parts, reporting.reference).of_unit("H37.12"))

    assert [(one.resolved, one.share) for one in said[:4]] == [(None, None)] * (FEWEST - 1)
    assert (said[4].resolved, str(said[4].share)) == (5, "80.00")
    assert (said[4].first, said[4].last) == (at(1).date(), at(10).date())


async def test_a_share_is_of_this_month_alone(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(10)) as reporting:
        await resolved(reporting, *["late"] * 6)
        reporting.clock.set(at(1, month=4))
        april = await PublicFigures(reporting.parts, reporting.reference).of_unit("H37.12")

    assert (april.resolved, april.first) == (None, at(1, month=4).date())


async def test_a_unit_answers_for_what_it_was_merged_from(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(20), merged()) as reporting:
        await resolved(reporting, *["early"] * 3)
        await resolved(reporting, *["late"] * 3, first=10, competent_unit="H37.13")
        found = await PublicFigures(reporting.parts, reporting.reference).of_unit("H37.99")

    assert (found.resolved, str(found.share)) == (6, "50.00")


async def test_who_asks_again_and_again_costs_one_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = []

    async def counting(*given: Any) -> Any:
        counted.append(given)
        return await flows(*given)

    monkeypatch.setattr("services.reporting.public.flows", counting)
    async with reporting_alone(tmp_path, at(10)) as reporting:
        figures = PublicFigures(reporting.parts, reporting.reference)
        for _ in range(100):
            await figures.of_unit("H37.12")
        reporting.clock.set(at(11))
        await figures.of_unit("H37.12")
        monkeypatch.setattr(public, "REMEMBERED", 0.0)
        await figures.of_unit("H37.12")

    assert len(counted) == 3


async def test_the_route_names_no_dossier_refuses_units_that_are_none_and_waits_for_a_rebuild(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(10)) as reporting:
        await resolved(reporting, *["early"] * 5)
        app, rebuild = FastAPI(), CaughtUp()
        given: Any = rebuild
        add_public(app, Room(reporting.parts, reporting.reference, FORMS, reporting.periods, reporting.cells, given, 3))
        answer_problems(app)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://reporting") as client:
            known = await client.get("/v1/units/H37.12/on-time")
            unknown = await client.get("/v1/units/H37.99/on-time")
            rebuild.running = True
            rebuilding = await client.get("/v1/units/H37.12/on-time")

    assert known.json() | {"counted_at": None} == {
        "unit": "H37.12",
        "from": "2026-03-01",
        "to": "2026-03-10",
        "resolved": 5,
        "share": 100.0,
        "counted_at": None,
    }
    assert (unknown.status_code, rebuilding.status_code) == (404, 503)
