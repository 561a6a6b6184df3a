"""What units post in public, as data: the front makes the pages of units from it (decision 26)."""

from datetime import date
from typing import Annotated, Literal

from fastapi import FastAPI, Query
from pydantic import BaseModel, Field

from reference import OFFICE_TIME, Unit
from runtime.web import Problem, ProblemError, open_to_all, problem_answers
from services.intake import posting
from services.intake.contents import PAGE, Contents, look_through, units_named
from services.intake.http.entrance import Entrance

Words = Annotated[str, Query(alias="q", max_length=100, description="Từ cần tìm; có dấu hay không dấu đều được")]
MOST_PAGES = 1000


class PostedUnit(BaseModel):
    """Một đơn vị."""

    code: str
    name: str
    kind: Literal["province", "department", "commune"]


class PostedUnits(BaseModel):
    """Các đơn vị có thủ tục được niêm yết. `total`: of all, not only of those that were looked for."""

    province: str
    total: int
    items: list[PostedUnit]


class PostedFee(BaseModel):
    """Phí, lệ phí; `amount` in đồng, 0: miễn."""

    name: str
    amount: int


class PostedProcedure(BaseModel):
    """Một thủ tục như được niêm yết."""

    code: str
    name: str
    field: str
    limit: str = Field(description="Thời hạn giải quyết, bằng chữ.")
    fees: list[PostedFee]
    online: Literal["full", "partial"] | None


class PublicPhone(BaseModel):
    """Số điện thoại công khai của một chức vụ; no name of a person."""

    title: str
    phone: str


class FieldCount(BaseModel):
    """Một lĩnh vực và số thủ tục."""

    name: str
    count: int


class UnitContents(BaseModel):
    """Trang của một đơn vị: liên hệ, lĩnh vực, và một trang thủ tục."""

    province: str
    province_hotline: str
    code: str
    name: str
    hotline: str
    reception: str
    hours: list[str]
    leaders: list[PublicPhone]
    fields: list[FieldCount]
    total: int = Field(description="Số thủ tục tìm thấy.")
    page: int
    pages: int
    items: list[PostedProcedure]


def add_routes(app: FastAPI, entrance: Entrance) -> None:
    """Add them."""
    reference = entrance.context.reference

    def today() -> date:
        return entrance.context.clock.now().astimezone(OFFICE_TIME).date()

    @app.get(
        "/v1/units",
        summary="Các đơn vị có thủ tục được niêm yết",
        response_model=PostedUnits,
        dependencies=[open_to_all()],
        responses=problem_answers(422, 503),
    )
    async def units(wanted: Words = "") -> PostedUnits:
        listed = posting.units_on(reference, today())
        items = [PostedUnit(code=unit.code, name=unit.name, kind=unit.kind) for unit in units_named(listed, wanted)]
        return PostedUnits(province=reference.province, total=len(listed), items=items)

    @app.get(
        "/v1/units/{code}",
        summary=f"Một đơn vị: liên hệ và thủ tục được niêm yết, tối đa {PAGE} thủ tục một trang",
        response_model=UnitContents,
        dependencies=[open_to_all()],
        responses=problem_answers(404, 422, 503),
    )
    async def unit_contents(
        code: str,
        wanted: Words = "",
        field: Annotated[str, Query(max_length=200)] = "",
        page: Annotated[int, Query(ge=1, le=MOST_PAGES)] = 1,
    ) -> UnitContents:
        unit, day = reference.units.get(code), today()
        listed = [] if unit is None or not unit.in_use(day) else posting.posted(reference, unit, day)
        if unit is None or not listed:
            raise ProblemError(Problem("unknown-unit", "Mã đơn vị không có trong danh mục / unknown unit", 404))
        found = look_through(listed, wanted, field, page)
        hotline = next((each.hotline for each in reference.units.values() if each.kind == "province" and each.in_use(day)), "")
        return _contents(unit, found, reference.province, hotline)


def _contents(unit: Unit, found: Contents, province: str, province_hotline: str) -> UnitContents:
    return UnitContents(
        province=province,
        province_hotline=province_hotline,
        code=unit.code,
        name=unit.name,
        hotline=unit.hotline,
        reception=unit.reception,
        hours=posting.say_hours(unit.hours),
        leaders=[PublicPhone(title=leader.title, phone=leader.phone) for leader in unit.leaders],
        fields=[FieldCount(name=name, count=count) for name, count in found.fields.items()],
        total=found.total,
        page=found.page,
        pages=found.pages,
        items=[_procedure(entry) for entry in found.entries],
    )


def _procedure(entry: posting.Posted) -> PostedProcedure:
    return PostedProcedure(
        code=entry.procedure.code,
        name=entry.procedure.name,
        field=entry.procedure.field,
        limit=entry.limit,
        fees=[PostedFee(name=fee.name, amount=fee.amount) for fee in entry.version.fees],
        online=entry.version.online,
    )
