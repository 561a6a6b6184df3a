"""/petitions/sheets: survey sheets for paper. Officers print them, and type in what came back; /v1/survey-sheets takes many.

A paper answer is judged as one of the web is, and belongs to nobody as one does (decision 46).
"""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from contracts.facts import epoch_ms
from reference import OFFICE_TIME
from runtime.pages import Pages
from runtime.web import Person, Role, also, by_role, problem_answers
from services.feedback import sheets
from services.feedback.domain import CannotAnswerError, FormError, SurveyForm
from services.feedback.domain.sheets import MOST_AT_ONCE, Asked, Sheet, Wanted, choices, wrong_with
from services.feedback.http.pages import given_of, words_of
from services.feedback.http.public import FORM
from services.feedback.printed import Wording, render
from services.feedback.responses import LONGEST_NOTE, WRITTEN, ResponseRoom, TooLongError

PAGES = Pages("services.feedback")
PDF = "application/pdf"
MOST_ROWS = 200
Printer = Annotated[Person, by_role(Role.OFFICER, Role.UNIT_HEAD)]
ANSWERED = also(problem_answers(400, 403, 413, 422, 503), 422, "text/html")
Became = Literal["accepted", "again", "refused"]
NO_SHEET = "Không có phiếu nào mang số này, phiếu đã hết hạn, hoặc không phải phiếu của đơn vị bạn"
USED = "Phiếu này đã được trả lời: mỗi phiếu chỉ tính một lần"


class SheetAnswers(BaseModel):
    """Một phiếu giấy đã trả lời."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(max_length=40, description="Số phiếu in dưới mã QR.")
    answers: dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=20)]] = Field(
        max_length=30, description="Mã câu hỏi: số thứ tự của câu trả lời như in trên phiếu, từ 1; câu bỏ trống thì không ghi."
    )
    note: str = Field(default="", max_length=10 * LONGEST_NOTE, description="Ý kiến khác.")


class SheetsAnswered(BaseModel):
    """Các phiếu giấy, nhiều nhất 200."""

    model_config = ConfigDict(extra="forbid")

    sheets: list[SheetAnswers] = Field(min_length=1, max_length=MOST_ROWS)


class SheetBecame(BaseModel):
    """Một phiếu ra sao. `again`: đã nhập đúng như vậy từ trước, không tính thêm."""

    status: Became
    why: str = Field(default="", description="Vì sao bị từ chối.")


class SheetsBecame(BaseModel):
    """Các phiếu ra sao, theo thứ tự gửi lên."""

    items: list[SheetBecame]


def add_sheets(app: FastAPI, room: ResponseRoom) -> None:
    """The routes of paper."""
    _add_page(app, room)
    _add_print(app, room)
    _add_many(app, room)


def _add_page(app: FastAPI, room: ResponseRoom) -> None:
    @app.get(
        "/petitions/sheets",
        response_class=HTMLResponse,
        summary="Trang: phiếu khảo sát giấy, in và nhập",
        responses=problem_answers(403, 422, 503),
    )
    async def paper(person: Printer) -> Response:
        return await _page(room, person, {})

    @app.post(
        "/petitions/sheets",
        response_class=HTMLResponse,
        summary="Trang: nhập một phiếu giấy theo số phiếu",
        openapi_extra={"requestBody": FORM},
        responses=ANSWERED,
    )
    async def type_in(person: Printer, request: Request) -> Response:
        given = await given_of(request)
        number = given.get("sheet", "")
        sheet = await _sheet(room, number, person)
        asked = None if sheet is None else _asked(room, sheet)
        if sheet is None or asked is None:
            return await _page(room, person, given, {"sheet": NO_SHEET})
        if given.get("answers") == "yes":
            return await _typed_in(room, person, sheet, given)
        if await room.is_answered(sheet):
            return await _page(room, person, given, {"sheet": USED})
        return _questions(room, person, asked, given)


async def _typed_in(room: ResponseRoom, person: Person, sheet: Sheet, given: Mapping[str, str]) -> Response:
    try:
        became = await _take(room, sheet, given.get("sheet", ""), given)
    except FormError as error:
        return _questions(room, person, room.asked(sheet), given, error.missing)
    except TooLongError:
        return _questions(room, person, room.asked(sheet), given, (WRITTEN,))
    if became == "refused":
        return await _page(room, person, given, {"sheet": USED})
    return await _page(room, person, {}, done=became)


def _add_print(app: FastAPI, room: ResponseRoom) -> None:
    @app.post(
        "/petitions/sheets/print",
        response_class=Response,
        summary="Tệp PDF: in phiếu khảo sát giấy, mỗi tờ một số",
        openapi_extra={"requestBody": FORM},
        responses=also(ANSWERED, 200, PDF),
    )
    async def print_sheets(person: Printer, request: Request) -> Response:
        given, context = await given_of(request), room.context
        wanted = Wanted(given.get("unit", ""), given.get("procedure", ""), given.get("number", "").strip())
        faults = wrong_with(wanted, context.reference)
        if "unit" not in faults and not person.sees(wanted.unit):
            faults = {**faults, "unit": "Bạn không được giao đơn vị này"}
        if faults:
            return await _page(room, person, given, faults)
        now, form = context.clock.now(), context.forms[context.settings.form]
        of_each = [(wanted.unit, wanted.procedure, form.id)] * int(wanted.number)
        numbers = await sheets.enter(room.parts.store, of_each, epoch_ms(now))
        named = context.reference.unit_name(wanted.unit), context.reference.procedures[wanted.procedure].name
        wording = Wording(*named, now.astimezone(OFFICE_TIME).date())
        addresses = [(number, f"{context.settings.public_url}/{number}") for number in numbers]
        made = await asyncio.to_thread(render, form, wording, addresses)
        headers = {"content-disposition": 'attachment; filename="phieu-khao-sat.pdf"', "cache-control": "no-store"}
        return Response(made, media_type=PDF, headers=headers)


def _add_many(app: FastAPI, room: ResponseRoom) -> None:
    @app.post(
        "/v1/survey-sheets",
        response_model=SheetsBecame,
        summary="Nhập nhiều phiếu giấy một lần",
        responses=problem_answers(400, 403, 413, 422, 503),
    )
    async def type_in_many(person: Printer, answered: SheetsAnswered) -> SheetsBecame:
        return SheetsBecame(items=[await _enter(room, person, one) for one in answered.sheets])


async def _enter(room: ResponseRoom, person: Person, one: SheetAnswers) -> SheetBecame:
    sheet = await _sheet(room, one.number, person)
    asked = None if sheet is None else _asked(room, sheet)
    if sheet is None or asked is None:
        return SheetBecame(status="refused", why=NO_SHEET)
    unknown = sorted(one.answers.keys() - {question.id for question in asked.form.questions})
    if unknown:
        return SheetBecame(status="refused", why=f"phiếu {asked.form.id} không có câu {', '.join(unknown)}")
    try:
        became = await _take(room, sheet, one.number, {**choices(one.answers), WRITTEN: one.note})
    except FormError as error:
        named = ", ".join(f"{asked.form.number(name)} ({name})" for name in error.missing)
        return SheetBecame(status="refused", why=f"chưa có câu trả lời, hoặc không có câu trả lời mang số này: câu {named}")
    except TooLongError:
        return SheetBecame(status="refused", why=f"ý kiến khác dài quá {LONGEST_NOTE} ký tự")
    return SheetBecame(status=became, why=USED if became == "refused" else "")


async def _sheet(room: ResponseRoom, number: str, person: Person) -> Sheet | None:
    """A sheet of a unit that the person works for; any other is not there."""
    sheet = await sheets.find(room.parts.store, number)
    return None if sheet is None or not person.sees(sheet.unit) else sheet


def _asked(room: ResponseRoom, sheet: Sheet) -> Asked | None:
    try:
        return room.asked(sheet)
    except CannotAnswerError:
        return None


async def _take(room: ResponseRoom, sheet: Sheet, number: str, given: Mapping[str, str]) -> Became:
    """Take the answers of a sheet. The sheet's own number stands in the place of a page's: typed in again, by a double click or
    from a file, they are the same. Raises FormError, TooLongError, Unavailable."""
    asked = room.asked(sheet)
    own = {name: value for name, value in given.items() if value and name in {WRITTEN, *_names(asked.form)}}
    try:
        form = await room.take(sheet, {**own, "once": f"sheet/{sheets.plain(number)}"})
    except CannotAnswerError:
        return "refused"
    await sheets.note_use(room.parts.store, sheet, "paper")
    if form is None:
        return "again"
    room.parts.telemetry.count("ratings", form=form)
    return "accepted"


def _names(form: SurveyForm) -> list[str]:
    return [question.id for question in form.questions]


def _questions(
    room: ResponseRoom, person: Person, asked: Asked, given: Mapping[str, str], missing: tuple[str, ...] = ()
) -> Response:
    reference = room.context.reference
    procedure = reference.procedures.get(asked.procedure)
    words = {
        **words_of(asked.form, given, missing, ""),
        "sheet": given.get("sheet", ""),
        "unit": reference.unit_name(asked.unit),
        "procedure": asked.procedure if procedure is None else procedure.name,
        "province": reference.province,
    }
    return PAGES.show("sheet_answers.html", words, 422 if missing else 200, person)


async def _page(
    room: ResponseRoom, person: Person, given: Mapping[str, str], faults: Mapping[str, str] | None = None, done: str = ""
) -> Response:
    reference, today = room.context.reference, room.context.clock.now().astimezone(OFFICE_TIME).date()
    known = {code: unit.name for code, unit in reference.units.items() if unit.in_use(today) and person.sees(code)}
    words = {
        "given": given,
        "faults": faults or {},
        "done": done,
        "units": known,
        "procedures": {code: procedure.name for code, procedure in sorted(reference.procedures.items())},
        "most": MOST_AT_ONCE,
        "days": room.context.settings.sheet_days,
        "counts": [(reference.unit_name(one.unit), one) for one in await sheets.counted(room.parts.store, person.units_of())],
        "province": reference.province,
    }
    return PAGES.show("sheets.html", words, 422 if faults else 200, person)
