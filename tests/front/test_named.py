"""Forms with names: for clerks and heads of units, with a purpose, in the journal before they are opened, and kept nowhere."""

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import openpyxl
import pytest
from fastapi import Response
from fastapi.responses import JSONResponse
from pypdf import PdfReader

from runtime.errors import Unavailable
from services.control_sheet import SheetLine, SheetWords
from services.front.domain import What
from services.front.named import NOTE, SHUT, Applicant, Book
from services.front.store import JOURNAL, SESSIONS
from services.reporting.domain.tracking import TrackingLine
from services.reporting.tracking import Book as Lines
from services.reporting.tracking_xlsx import COLUMNS, HEADS
from services.reporting.tracking_xlsx import render as render_book
from tests.support.dossiers import at
from tests.support.front import FORM, Front, form_token

CODES = ("H37.12-260302-0001", "H37.12-260302-0002", "H37.12-260302-0003")
LAN: dict[str, Any] = {"roles": ["officer"], "units": ["H37.12"]}
NAME, PHONE, PLACE = "Nông Thị Mẫu", "0912 000 007", "Tổ 3, xã Thử"
PURPOSE = "kèm hồ sơ giấy chuyển phòng chuyên môn"
DAYS = {"unit": "H37.12", "from": "2026-03-01", "to": "2026-03-31"}
SHEET = f"/dossiers/{CODES[0]}/control-sheet"
WORDS = SheetWords(
    code=CODES[0],
    body="UBND xã Thử",
    procedure="Đăng ký kết hôn (1.000894)",
    received="09 giờ 00 phút, ngày 02/03/2026",
    due="09 giờ 00 phút, ngày 09/03/2026",
    made="Lập lúc 10:00 ngày 10/03/2026, theo dữ liệu hệ thống đã nhận đến lúc đó.",
    dated=(2026, 3, 10),
    hands=[SheetLine(place="UBND xã Thử", at="09 giờ 00 phút, ngày 02/03/2026", result="", what="Tiếp nhận hồ sơ")],
)


def book_of(codes: tuple[str, ...] = CODES) -> bytes:
    """A book as reporting makes it."""
    lines = tuple(TrackingLine(code, "Đăng ký kết hôn", "UBND xã Thử", at(2), at(9), None, "") for code in codes)
    return render_book(Lines("H37.12", date(2026, 3, 1), date(2026, 3, 31), lines), "UBND xã Thử", "Số liệu lúc 10:00")


def person(code: str, **more: str) -> dict[str, str]:
    return {"dossier": code, "state": "open", "name": NAME, "phone": PHONE, "address": PLACE, **more}


def opens(front: Front, *people: dict[str, str], book: bytes | None = None) -> None:
    """What the services answer."""
    made = book_of() if book is None else book
    front.behind.answers["notifier"] = lambda: JSONResponse({"people": list(people)})
    front.behind.answers["reporting"] = lambda: Response(made)
    front.behind.answers["sla"] = lambda: JSONResponse(WORDS.model_dump())


def questions(front: Front) -> list[str]:
    """What notifier was asked for names."""
    return [asked.body.decode() for asked in front.behind.asked if asked.path == "/v1/names"]


async def test_a_sheet_carries_name_and_phone_and_only_the_journal_knows_who_had_it(front: Front) -> None:
    opens(front, person(CODES[0]))
    lan = await front.log_in("lan", **LAN)
    answer = await lan.post(SHEET, headers=FORM, data={"form_token": await form_token(lan), "purpose": PURPOSE})
    text = PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["cache-control"] == "no-store"
    assert NAME in text
    assert PHONE in text
    [line] = await front.store.find(JOURNAL, {"what": What.NAMES.value})
    assert (line["name"], line["path"], line["why"], line["status"]) == ("lan", SHEET, PURPOSE, 200)
    assert NAME not in str([await front.store.find(name, {}) for name in (JOURNAL, SESSIONS)])


async def test_a_book_carries_names_addresses_and_phones_and_nothing_that_a_program_calculates(front: Front) -> None:
    people = (
        person(CODES[0]),
        person(CODES[1], name='=HYPERLINK("http://evil.test")'),
        person(CODES[2], state="locked", name=""),
    )
    opens(front, *people)
    lan = await front.log_in("lan", **LAN)
    answer = await lan.post(
        "/tracking-book", headers=FORM, data={"form_token": await form_token(lan), "purpose": PURPOSE, **DAYS}
    )
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]

    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert [row[4] for row in rows[HEADS + 1 : HEADS + 4]] == [NAME, '\'=HYPERLINK("http://evil.test")', SHUT]
    assert rows[HEADS + 1][5] == f"{PLACE}, {PHONE}"
    assert NOTE in [row[0] for row in rows]
    assert not any("để trống để ghi tay: số liệu" in str(row[0]) for row in rows)
    assert [row[1] for row in rows[HEADS + 1 : HEADS + 4]] == list(CODES)
    [line] = await front.store.find(JOURNAL, {"what": What.NAMES.value})
    assert line["path"] == "/tracking-book?unit=H37.12&from=2026-03-01&to=2026-03-31"
    assert NAME not in str(await front.store.find(JOURNAL, {}))


@pytest.mark.parametrize("path", [SHEET, "/tracking-book"])
@pytest.mark.parametrize("purpose", ["", "  a ", "x" * 201], ids=["none", "short", "long"])
async def test_without_a_purpose_nothing_is_opened_and_what_was_typed_stays(front: Front, path: str, purpose: str) -> None:
    opens(front, person(CODES[0]))
    lan = await front.log_in("lan", **LAN)
    answer = await lan.post(path, headers=FORM, data={"form_token": await form_token(lan), "purpose": purpose, **DAYS})

    assert (answer.status_code, "Hãy ghi mục đích" in answer.text) == (422, True)
    assert path == SHEET or 'value="2026-03-31"' in answer.text
    assert questions(front) == []
    assert await front.store.find(JOURNAL, {"what": What.NAMES.value}) == []


@pytest.mark.parametrize("path", [SHEET, "/tracking-book"])
@pytest.mark.parametrize("role", ["signer", "inspector", "reporter", "supervisor", "operator", "administrator"])
async def test_forms_with_names_are_for_clerks_and_heads_of_units_alone(front: Front, path: str, role: str) -> None:
    opens(front, person(CODES[0]))
    other = await front.log_in("minh", roles=[role], units=["*"])
    answer = await other.post(path, headers=FORM, data={"form_token": await form_token(other), "purpose": PURPOSE, **DAYS})

    assert ((await other.get(path)).status_code, answer.status_code, questions(front)) == (403, 403, [])


async def test_names_stay_shut_while_the_journal_cannot_be_written(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    opens(front, person(CODES[0]))
    lan = await front.log_in("lan", **LAN)
    token = await form_token(lan)

    async def away(*_: object) -> None:
        raise Unavailable("store")

    monkeypatch.setattr("services.front.store.add_entry", away)
    answer = await lan.post(SHEET, headers=FORM, data={"form_token": token, "purpose": PURPOSE})

    assert (answer.status_code, questions(front)) == (503, [])


async def test_a_book_of_too_many_dossiers_is_asked_for_in_shorter_periods(front: Front) -> None:
    opens(front, book=book_of(tuple(f"H37.12-260302-{number:04}" for number in range(2_001))))
    lan = await front.log_in("lan", **LAN)
    answer = await lan.post(
        "/tracking-book", headers=FORM, data={"form_token": await form_token(lan), "purpose": PURPOSE, **DAYS}
    )

    assert (answer.status_code, "chọn kỳ ngắn hơn" in answer.text, questions(front)) == (422, True, [])


async def test_a_large_book_is_asked_for_in_parts(front: Front) -> None:
    opens(front, book=book_of(tuple(f"H37.12-260302-{number:04}" for number in range(1_100))))
    lan = await front.log_in("lan", **LAN)
    answer = await lan.post(
        "/tracking-book", headers=FORM, data={"form_token": await form_token(lan), "purpose": PURPOSE, **DAYS}
    )

    assert (answer.status_code, [asked.count("H37.12-") for asked in questions(front)]) == (200, [500, 500, 100])


@pytest.mark.parametrize("part", ["notifier", "sla"])
async def test_a_part_that_is_away_is_said_and_no_form_is_made_without_names(front: Front, part: str) -> None:
    opens(front, person(CODES[0]))
    lan = await front.log_in("lan", **LAN)
    token = await form_token(lan)
    front.behind.away.add(part)
    answer = await lan.post(SHEET, headers=FORM, data={"form_token": token, "purpose": PURPOSE})

    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")


@pytest.mark.parametrize("wrong", [{"from": "2026-03-31", "to": "2026-03-01"}, {"unit": " "}, {"to": "31/03/2026"}], ids=str)
async def test_a_period_that_is_none_is_said_beside_what_was_typed(front: Front, wrong: dict[str, Any]) -> None:
    opens(front)
    lan = await front.log_in("lan", **LAN)
    data = {"form_token": await form_token(lan), "purpose": PURPOSE, **DAYS, **wrong}
    answer = await lan.post("/tracking-book", headers=FORM, data=data)

    assert (answer.status_code, PURPOSE in answer.text, questions(front)) == (422, True, [])


def _other_book() -> bytes:
    workbook, out = openpyxl.Workbook(), io.BytesIO()
    workbook.save(out)
    return out.getvalue()


@pytest.mark.parametrize("made", [lambda: b"<html>", lambda: b"", _other_book], ids=["page", "nothing", "other"])
def test_what_is_no_tracking_book_is_not_filled_in(made: Callable[[], bytes]) -> None:
    with pytest.raises(ValueError, match=r"no workbook|not the columns"):
        Book(made())


def test_the_headings_are_those_of_the_form() -> None:
    assert Book(book_of()).codes == list(CODES)
    assert len(COLUMNS) == 13
    assert Applicant(dossier="x", state="none").called == ""
