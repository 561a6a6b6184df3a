"""Frozen periods of II.06a: freeze one, read one as it was frozen with what was restated since."""

from datetime import date

from fastapi import FastAPI, Response

from reference import OFFICE_TIME
from runtime.web import Problem, ProblemError, for_all_units, problem_answers
from services.changes import By
from services.reporting.domain import REPORT, Frozen, Sheet, sheet_of
from services.reporting.http.answers import Causes, FrozenPeriod, KnownPeriod
from services.reporting.http.common import (
    READING,
    TYPES,
    File,
    From,
    Reporter,
    Room,
    To,
    file,
    file_answers,
    not_backwards,
    problems,
)
from services.reporting.reports import Wanted, of_all_units
from services.reporting.store import causes_of


def add_frozen(app: FastAPI, room: Room) -> None:
    """Freezing and reading."""

    @app.post(
        "/v1/reports/II.06a/frozen",
        status_code=201,
        summary="Chốt số liệu một kỳ; kỳ đã chốt giữ nguyên",
        response_model=FrozenPeriod,
        responses=problem_answers(404, 409, 422, 503),
    )
    async def freeze(person: Reporter, first: From, last: To) -> FrozenPeriod:
        for_all_units(person)
        not_backwards(first, last)
        with problems(room):
            period = await room.periods.freeze(first, last, By(person.name, person.subject))
        return FrozenPeriod.of(period, _sheet(period, room))

    @app.get(
        "/v1/reports/II.06a/frozen",
        summary="Một kỳ đã chốt, như lúc chốt, và các bản chỉnh",
        response_model=FrozenPeriod,
        dependencies=[READING],
        responses=problem_answers(404, 422, 503),
    )
    async def frozen(first: From, last: To) -> FrozenPeriod:
        period = await known(room, first, last)
        return FrozenPeriod.of(period, _sheet(period, room))

    @app.get(
        "/v1/reports/II.06a/frozen/dossiers",
        summary="Mọi hồ sơ làm thay đổi một kỳ đã chốt, theo bản chỉnh",
        response_model=Causes,
        dependencies=[READING],
        responses=problem_answers(404, 422, 503),
    )
    async def causes(first: From, last: To, version: int) -> Causes:
        period = await known(room, first, last)
        if version not in {noted.version for noted in period.restated}:
            raise ProblemError(Problem("unknown-version", "Kỳ này không có bản chỉnh ấy", 404))
        found = await causes_of(room.parts.store, period.days.key, version)
        return Causes(version=version, number=len(found), dossiers=found)

    for kind in TYPES:
        _add_file(app, room, kind)

    @app.get(
        "/v1/periods",
        summary="Các kỳ báo cáo: danh mục, kỳ hiện tại và đã chốt chưa",
        response_model=list[KnownPeriod],
        dependencies=[READING],
        responses=problem_answers(503),
    )
    async def periods() -> list[KnownPeriod]:
        today = room.parts.clock.now().astimezone(OFFICE_TIME).date()
        found = []
        for kind in room.reference.periods.values():
            first, last = kind.around(today)
            known = await room.periods.get(first, last)
            found.append(KnownPeriod(kind=kind.code, name=kind.name, first=first, last=last, frozen=known is not None))
        return found


async def known(room: Room, first: date, last: date) -> Frozen:
    """A frozen period. Raises ProblemError."""
    period = await room.periods.get(first, last)
    if period is None:
        raise ProblemError(Problem("not-frozen", "Kỳ này chưa chốt", 404))
    return period


def _add_file(app: FastAPI, room: Room, kind: File) -> None:
    """The frozen sheet as a file."""

    @app.get(
        f"/v1/reports/II.06a/frozen/{kind}",
        name=f"frozen_{kind}",
        summary=f"Biểu đã chốt dạng {kind.upper()}",
        response_class=Response,
        dependencies=[READING],
        responses=file_answers(kind, 404, 422, 503),
    )
    async def frozen_file(first: From, last: To) -> Response:
        period = await known(room, first, last)
        return file(_sheet(period, room), room, "all", kind, period.standing, note_of(period, room))


def _sheet(period: Frozen, room: Room) -> Sheet:
    """As it was frozen, unit by unit."""
    form = room.form(REPORT)
    return of_all_units(sheet_of(form, period.days, period.lines), room.reference, Wanted(form, *period.days, unit="all"))


def note_of(period: Frozen, room: Room) -> str:
    """The sentence below a frozen sheet that books what became known of the one before."""
    if not period.adjustments:
        return ""
    listed = "; ".join(
        f"{room.reference.unit_name(c.unit)}, {c.field}, cột {c.column}: {c.after - c.before:+d}" for c in period.adjustments
    )
    return f"Gồm điều chỉnh của kỳ trước, biết sau khi chốt: {listed}."
