"""Mẫu 06 and Mẫu 07 with names, for clerks and heads of units: asked for with a purpose, written down, sent, and forgotten."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import parse_qs, quote

import httpx
from fastapi import FastAPI, Query, Request, Response
from pydantic import BaseModel

from contracts.codes import check_dossier_code
from runtime.web import Role
from services.control_sheet import SheetWords, render
from services.front.domain import Session
from services.front.http.access import logged_in
from services.front.http.asking import Nothing, Silent, ask
from services.front.http.pages import page
from services.front.http.room import Room, Visit, visit_of
from services.front.http.said import BROKEN, NOT_HERE, Words, away, say
from services.front.http.services import Away, do
from services.front.named import Applicant, Book

NAMES = (Role.OFFICER, Role.UNIT_HEAD)
AT_ONCE = 500  # dossiers of one question to notifier
MOST = 2_000  # dossiers of a book with names
SHORTEST, LONGEST = 5, 200  # characters of a purpose
BOOK_SECONDS = 60.0
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NO_PURPOSE = f"Hãy ghi mục đích, từ {SHORTEST} đến {LONGEST} ký tự."
NO_DAYS = "Hãy chọn đơn vị và hai ngày; ngày đầu không được sau ngày cuối."
TOO_MANY = f"Kỳ này có hơn {MOST} hồ sơ, hãy chọn kỳ ngắn hơn."


class Names(BaseModel):
    """What notifier opens."""

    people: list[Applicant]


@dataclass(frozen=True, slots=True)
class Form:
    """What somebody typed."""

    purpose: str
    unit: str = ""
    first: str = ""
    last: str = ""

    @classmethod
    def of(cls, body: bytes) -> "Form":
        """From a form; what is not there is empty."""
        given = parse_qs(body.decode("utf-8", "replace"))
        purpose, unit, first, last = (given.get(name, [""])[0].strip() for name in ("purpose", "unit", "from", "to"))
        return cls(purpose, unit, first, last)

    @property
    def fault(self) -> str:
        """What is wrong with the purpose; empty if nothing is."""
        return "" if SHORTEST <= len(self.purpose) <= LONGEST else NO_PURPOSE

    @property
    def days_fault(self) -> str:
        """What is wrong with unit and days; empty if nothing is."""
        try:
            in_order = date.fromisoformat(self.first) <= date.fromisoformat(self.last)
        except ValueError:
            in_order = False
        return "" if in_order and self.unit else NO_DAYS


def add_routes(app: FastAPI, room: Room) -> None:
    """Add them."""
    _add_sheet(app, room)
    _add_book(app, room)


def _add_sheet(app: FastAPI, room: Room) -> None:
    @app.get("/dossiers/{code}/control-sheet", dependencies=[logged_in(*NAMES)])
    async def sheet_form(request: Request, code: str) -> Response:
        session = visit_of(request).somebody()
        return _form(session, Form(""), code) if _is_code(code) else say(NOT_HERE, session)

    @app.post("/dossiers/{code}/control-sheet", dependencies=[logged_in(*NAMES)])
    async def sheet(request: Request, code: str) -> Response:
        visit = visit_of(request)
        session, form = visit.somebody(), Form.of(visit.body)
        if not _is_code(code):
            return say(NOT_HERE, session)
        if form.fault:
            return _form(session, form, code, form.fault)
        words = await ask(room, session, "sla", f"/v1/control-sheets/{quote(code)}", SheetWords)
        if isinstance(words, Silent):
            return say(away("sla"), session)
        if isinstance(words, Nothing):
            return say(NOT_HERE, session)
        people = await _opened(room, visit, form, [code])
        if isinstance(people, Response):
            return people
        person = next(iter(people), Applicant(dossier=code, state="none"))
        made = await asyncio.to_thread(render, words, person.called, person.phone)
        return _file(made, "application/pdf", f"mau-06-{code}.pdf")


def _add_book(app: FastAPI, room: Room) -> None:
    @app.get("/tracking-book", dependencies=[logged_in(*NAMES)])
    async def book_form(request: Request, unit: Annotated[str, Query(max_length=40)] = "") -> Response:
        session = visit_of(request).somebody()
        own = sorted(session.person.units)
        return _form(session, Form("", unit or (own[0] if len(own) == 1 and own[0] != "*" else "")))

    @app.post("/tracking-book", dependencies=[logged_in(*NAMES)])
    async def book(request: Request) -> Response:
        visit = visit_of(request)
        session, form = visit.somebody(), Form.of(visit.body)
        fault = form.days_fault or form.fault
        if fault:
            return _form(session, form, fault=fault)
        made = await _without_names(room, session, form)
        if isinstance(made, Response):
            return made
        try:
            found = await asyncio.to_thread(Book, made)
        except ValueError as error:
            room.parts.log.error("the tracking book cannot be filled in", reason=str(error))
            return say(BROKEN, session)
        if len(found.codes) > MOST:
            return _form(session, form, fault=TOO_MANY)
        people = await _opened(room, visit, form, found.codes)
        if isinstance(people, Response):
            return people
        named = await asyncio.to_thread(found.with_names, people)
        return _file(named, XLSX, f"mau-07-co-ten_{form.unit}_{form.first}_{form.last}.xlsx")


def _is_code(code: str) -> bool:
    try:
        check_dossier_code(code)
    except ValueError:
        return False
    return True


def _form(session: Session, form: Form, code: str = "", fault: str = "") -> Response:
    """The page that asks what for; with what was typed and what is wrong with it."""
    values = {"form": form, "code": code, "fault": fault, "shortest": SHORTEST, "longest": LONGEST}
    return page("named.html", session, values, 422 if fault else 200)


async def _without_names(room: Room, session: Session, form: Form) -> bytes | Response:
    """The book as reporting makes it, or what is said instead."""
    asked = {"unit": form.unit, "from": form.first, "to": form.last}
    try:
        async with asyncio.timeout(BOOK_SECONDS):
            got = await room.services["reporting"].get("/v1/tracking-book/xlsx", params=asked, headers=room.headers(session))
    except (httpx.HTTPError, TimeoutError) as error:
        room.parts.telemetry.count("services_away", to="reporting")
        room.parts.log.warning("a service does not answer", to="reporting", reason=type(error).__name__)
        return say(away("reporting"), session)
    if got.status_code in (403, 404):
        return _form(session, form, fault="Mã đơn vị không có trong danh mục, hoặc không thuộc phần của bạn.")
    if got.status_code == 422:
        return _form(session, form, fault="Không lập được sổ cho kỳ này: tối đa 92 ngày, hoặc kỳ có quá nhiều hồ sơ.")
    return got.content if got.is_success else say(away("reporting"), session)


async def _opened(room: Room, visit: Visit, form: Form, codes: Sequence[str]) -> list[Applicant] | Response:
    """Whom dossiers are of, written down before; or what is said instead."""
    session = visit.somebody()
    about = f"{visit.path}?unit={form.unit}&from={form.first}&to={form.last}" if form.unit else visit.path
    entry = await room.journal.named(session.person, about, form.purpose)
    people: list[Applicant] = []
    for first in range(0, len(codes), AT_ONCE):
        wanted = {"purpose": form.purpose, "dossiers": codes[first : first + AT_ONCE]}
        answer = await do(room, session, "notifier", "/v1/names", Names, wanted)
        if isinstance(answer, Away):
            if answer.status:
                await room.journal.complete(entry, answer.status)
            return say(Words(503, "Chưa lấy được tên người nộp", f"Phần Thư và tin nhắn: {answer.why}."), session)
        people += answer.people
    await room.journal.complete(entry, 200)
    return people


def _file(made: bytes, kind: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(made, media_type=kind, headers=headers)
