"""Reports, frozen periods and the dashboard: request -> report -> response. No rules here."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Response
from fastapi.responses import JSONResponse

from reference import ReferenceData
from runtime.documents import Document
from runtime.pages import Pages
from runtime.parts import Parts
from runtime.web import Problem, ProblemError
from services.reporting.overview import overview
from services.reporting.periods import CannotFreezeError, Periods, default_period, place_of
from services.reporting.reports import Figure, ReportRefusedError, UnknownUnitError, as_csv, as_json, behind, ii06a
from services.reporting.xlsx import render

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
From = Annotated[date, Query(alias="from")]
To = Annotated[date, Query(alias="to")]


@contextmanager
def _problems() -> Iterator[None]:
    """What forbids a report, as problems."""
    try:
        yield
    except UnknownUnitError:
        raise ProblemError(Problem("unknown-unit", "Mã đơn vị không có trong danh mục", 404)) from None
    except CannotFreezeError as error:
        raise ProblemError(Problem("cannot-freeze", "Chưa chốt được kỳ này", 409, str(error))) from None
    except ValueError as error:
        raise ProblemError(Problem("invalid", "Kỳ báo cáo không hợp lệ", 422, str(error))) from None
    except ReportRefusedError as error:
        errors = [{"pointer": "", "rule": "R35", "detail": rule} for rule in error.rules]
        raise ProblemError(Problem("figures-contradict", "Số liệu mâu thuẫn, không xuất báo cáo", 409, errors=errors)) from None


def add_routes(app: FastAPI, parts: Parts, reference: ReferenceData, periods: Periods) -> None:
    """The routes of reporting."""
    _add_reports(app, parts, reference)
    _add_periods(app, periods)
    _add_page(app, parts, reference, periods)


def _add_reports(app: FastAPI, parts: Parts, reference: ReferenceData) -> None:
    @app.get("/v1/reports/II.06a", summary="Biểu II.06a của một đơn vị, tất cả đơn vị hoặc toàn tỉnh")
    async def report(
        first: From,
        last: To,
        unit: str = "province",
        format: Literal["json", "xlsx", "csv"] = "json",  # noqa: A002 - the name on the wire
    ) -> Response:
        with _problems():
            sheet = await ii06a(parts.store, reference, first=first, last=last, unit=unit)
        if format == "json":
            return JSONResponse(as_json(sheet))
        headers = {"content-disposition": f'attachment; filename="II.06a_{unit}_{first}_{last}.{format}"'}
        if format == "csv":
            return Response(as_csv(sheet), media_type="text/csv; charset=utf-8", headers=headers)
        return Response(render(sheet, reference, unit), media_type=XLSX, headers=headers)

    @app.get("/v1/reports/II.06a/dossiers", summary="Các hồ sơ làm nên một con số: mã hồ sơ, không có dữ liệu cá nhân")
    async def dossiers(
        first: From,
        last: To,
        unit: str,
        column: Annotated[int, Query(ge=3, le=13)],
        field: str | None = None,
    ) -> dict[str, Any]:
        with _problems():
            found = await behind(parts.store, reference, Figure(column, field), first=first, last=last, unit=unit)
        return {"column": column, "figure": len(found), "dossiers": found}


def _add_periods(app: FastAPI, periods: Periods) -> None:
    @app.post("/v1/reports/II.06a/frozen", status_code=201, summary="Chốt số liệu một kỳ; kỳ đã chốt giữ nguyên")
    async def freeze(first: From, last: To) -> dict[str, Any]:
        if last < first:
            raise ProblemError(Problem("invalid", "Kỳ báo cáo không hợp lệ", 422, "the period ends before it begins"))
        with _problems():
            return _shown(await periods.freeze(first, last))

    @app.get("/v1/reports/II.06a/frozen", summary="Một kỳ đã chốt, như lúc chốt, và các bản chỉnh")
    async def frozen(first: From, last: To) -> dict[str, Any]:
        period = await periods.get(first, last)
        if period is None:
            raise ProblemError(Problem("not-frozen", "Kỳ này chưa chốt", 404))
        return _shown(period)


def _shown(period: Document) -> dict[str, Any]:
    lines = [{**place_of(key), **columns} for key, columns in period["lines"].items()]
    names = ("first", "last", "version", "frozen_at", "changes")
    return {"report": "II.06a", **{name: period[name] for name in names}, "rows": lines}


def _add_page(app: FastAPI, parts: Parts, reference: ReferenceData, periods: Periods) -> None:
    pages = Pages("services.reporting")
    names = {code: unit.name for code, unit in reference.units.items()}

    @app.get("/", include_in_schema=False)
    async def dashboard(
        first: Annotated[date | None, Query(alias="from")] = None, last: Annotated[date | None, Query(alias="to")] = None
    ) -> Response:
        usual = default_period(parts.clock.now())
        seen = await overview(parts.store, reference, first or usual[0], last or usual[1])
        listed = [_with_times(period) for period in await periods.all()]
        return pages.show("overview.html", {"o": seen, "periods": listed, "names": names, "province": reference.province})


def _with_times(period: Document) -> dict[str, Any]:
    changes = [{**change, "at": datetime.fromisoformat(change["at"])} for change in period["changes"]]
    days = {name: f"{date.fromisoformat(period[name]):%d/%m/%Y}" for name in ("first", "last")}
    return {**period, **days, "frozen_at": datetime.fromisoformat(period["frozen_at"]), "changes": changes}
