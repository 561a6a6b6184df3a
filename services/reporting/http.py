"""GET /v1/reports/II.06a: request -> report -> response. No rules here."""

from datetime import date
from typing import Annotated, Literal

from fastapi import FastAPI, Query, Response
from fastapi.responses import JSONResponse

from reference import ReferenceData
from runtime.documents import Documents
from runtime.web import Problem, ProblemError
from services.reporting.reports import ReportRefusedError, UnknownUnitError, as_json, ii06a
from services.reporting.xlsx import render

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def add_routes(app: FastAPI, store: Documents, reference: ReferenceData) -> None:
    """The routes of reporting."""

    @app.get("/v1/reports/II.06a", summary="Biểu II.06a của một đơn vị, tất cả đơn vị hoặc toàn tỉnh")
    async def report(
        first: Annotated[date, Query(alias="from")],
        last: Annotated[date, Query(alias="to")],
        unit: str = "province",
        format: Literal["json", "xlsx"] = "json",  # noqa: A002 - the name on the wire
    ) -> Response:
        try:
            sheet = await ii06a(store, reference, first=first, last=last, unit=unit)
        except UnknownUnitError:
            raise ProblemError(Problem("unknown-unit", "Mã đơn vị không có trong danh mục", 404)) from None
        except ValueError as error:
            raise ProblemError(Problem("invalid", "Kỳ báo cáo không hợp lệ", 422, str(error))) from None
        except ReportRefusedError as error:
            errors = [{"pointer": "", "rule": "R35", "detail": rule} for rule in error.rules]
            raise ProblemError(
                Problem("figures-contradict", "Số liệu mâu thuẫn, không xuất báo cáo", 409, errors=errors)
            ) from None
        if format == "json":
            return JSONResponse(as_json(sheet))
        headers = {"content-disposition": f'attachment; filename="II.06a_{unit}_{first}_{last}.xlsx"'}
        return Response(render(sheet, reference, unit), media_type=XLSX, headers=headers)
