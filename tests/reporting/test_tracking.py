"""The tracking book (Mẫu 07): what a unit took in and when, a workbook with the columns of the form, and nobody's name."""

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from contracts import Event, fact_id
from contracts.deadlines import DeadlinePaused, DeadlineSet, DeadlineSettled
from contracts.notices import LetterSent
from services.reporting import tracking
from services.reporting.domain.tracking import TrackingLine, tracking_line
from services.reporting.reports import UnknownUnitError
from services.reporting.store import load
from services.reporting.tracking import Book, tracking_book
from services.reporting.tracking_xlsx import COLUMNS, HEADS, NOTE, render
from tests.reporting.alone import Reporting, reporting_alone
from tests.support.dossiers import DOSSIER, at, fact, received
from tests.support.reporting import REFERENCE, handle, merged

MARCH = date(2026, 3, 1), date(2026, 3, 31)


def stated(model: type[Any], version: int, **more: Any) -> Event:
    """What sla says."""
    base: dict[str, Any] = {"at": at(2), "version": version, "unit": "H37.12"}
    data = model.model_validate({**base, **more})
    return Event(f"{model.TYPE}{version}", "/sla", model.TYPE, DOSSIER, at(2), data)


def promise(version: int, due: datetime | None = None) -> Event:
    """A date, or none while the clock stands still."""
    model = DeadlineSet if due else DeadlinePaused
    return stated(model, version, basis="computed", calendar_version="x", **({"due_at": due} if due else {}))


def ended(state: int, end: datetime, outcome: str) -> Event:
    """An end."""
    return stated(DeadlineSettled, 1, state=state, ended_at=end, due_at=at(9), outcome=outcome)


def line_of(*events: Event, unit: str = "H37.12") -> TrackingLine | None:
    """The line of a dossier."""
    row: dict[str, Any] = {"_id": DOSSIER, "rev": 0}
    for event in events:
        row = handle(row, event)
    return tracking_line(load(row), [unit], REFERENCE)


def test_an_open_dossier_says_what_it_is_and_when_it_is_due() -> None:
    found = line_of(received(competent_unit="H37.13"), promise(1, at(9)))

    assert found == TrackingLine(DOSSIER, "Đăng ký kết hôn", REFERENCE.unit_name("H37.13"), at(2), at(9), None, "")


def test_the_remark_says_how_it_ended_whether_it_waits_and_has_a_letter() -> None:
    letter = LetterSent(at=at(8), unit="H37.12", draft=1, number=1, year=2026)
    sent = Event("l", "/notifier", LetterSent.TYPE, DOSSIER, at(8), letter)
    lines = [
        line_of(received(), promise(1, at(9)), promise(2)),
        line_of(received(), promise(1, at(9)), sent),
        line_of(received(), promise(1, at(9)), sent, ended(9, at(10, "10:05"), "late")),
        line_of(received(), promise(1, at(9)), ended(10, at(6), "early")),
        line_of(received(), promise(1, at(9)), ended(7, at(6), "early")),
    ]

    assert [(found.due_at, found.returned_at, found.remark) for found in lines if found is not None] == [
        (None, None, "Thời hạn đang tạm dừng"),
        (at(9), None, "Đã có văn bản xin lỗi"),
        (at(9), None, "Đã xử lý xong 10:05 10/03/2026, quá hạn; đã có văn bản xin lỗi"),
        (at(9), at(6), "Đã trả kết quả 09:00 06/03/2026, trước hạn"),
        (at(9), None, "Công dân rút hồ sơ 09:00 06/03/2026, trước hạn"),
    ]


def test_a_book_holds_what_its_unit_took_in_and_did_not_refuse() -> None:
    assert line_of(received(receiving_unit="H37.13")) is None
    assert line_of(received(receiving_unit="H37.13"), unit="H37.13") is not None
    assert line_of(received(), fact("refused", at(3))) is None
    assert line_of(fact("refused", at(3))) is None


def of(number: int, when: datetime, **more: Any) -> Event:
    """A reception of another dossier."""
    code = f"H37.12-260302-{number:04}"
    return replace(received(when, **more), subject=code, id=fact_id(code, "received", "1", 1))


async def filled(folder: Path, events: Sequence[Event], unit: str = "H37.12", days: tuple[date, date] = MARCH) -> Book:
    """The book after some events, once they are in the figures."""
    async with reporting_alone(folder, at(20)) as reporting:
        return await book_of(reporting, events, unit, days)


async def book_of(reporting: Reporting, events: Sequence[Event], unit: str, days: tuple[date, date]) -> Book:
    """The same of one that runs."""
    await reporting.take(events)
    await reporting.cells.flush()
    return await tracking_book(reporting.parts.store, reporting.reference, unit, *days)


async def test_a_book_has_the_receptions_of_its_period_in_their_order(tmp_path: Path) -> None:
    events = [
        of(1, at(31, "23:59")),
        of(2, at(1, "00:00")),
        of(3, at(28, "23:59", month=2)),
        of(4, at(2), receiving_unit="H37.13"),
        of(5, at(2), competent_unit="H37.13"),
        of(6, at(2)),
    ]
    book = await filled(tmp_path, events)

    assert [line.code[-4:] for line in book.lines] == ["0002", "0005", "0006", "0001"]


async def test_the_book_of_a_merged_unit_has_what_the_units_before_it_took_in(tmp_path: Path) -> None:
    """R39: the units of the last day of the book."""
    async with reporting_alone(tmp_path, at(20), merged()) as reporting:
        events = [of(1, at(2)), of(2, at(3), receiving_unit="H37.13"), of(3, at(12), receiving_unit="H37.99")]
        whole = await book_of(reporting, events, "H37.99", MARCH)
        before = [await book_of(reporting, [], unit, (MARCH[0], date(2026, 3, 10))) for unit in ("H37.12", "H37.13", "H37.99")]

    assert [line.code[-4:] for line in whole.lines] == ["0001", "0002", "0003"]
    assert [[line.code[-4:] for line in book.lines] for book in before] == [["0001"], ["0002"], []]


async def test_a_period_that_is_none_or_too_long_and_a_unit_that_nobody_knows_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with reporting_alone(tmp_path, at(20)) as reporting:
        for days in ((MARCH[1], MARCH[0]), (date(2026, 1, 1), date(2026, 4, 3))):
            with pytest.raises(ValueError, match="kỳ phải từ 1 đến 92 ngày"):
                await book_of(reporting, [], "H37.12", days)
        assert (await book_of(reporting, [], "H37.12", (date(2026, 1, 1), date(2026, 4, 2)))).lines == ()
        with pytest.raises(UnknownUnitError):
            await book_of(reporting, [], "H37.99", MARCH)
        monkeypatch.setattr(tracking, "MOST_LINES", 2)
        assert len((await book_of(reporting, [of(1, at(2)), of(2, at(3))], "H37.12", MARCH)).lines) == 2
        with pytest.raises(ValueError, match="hãy chọn kỳ ngắn hơn"):
            await book_of(reporting, [of(3, at(4))], "H37.12", MARCH)


def test_the_workbook_has_the_columns_of_the_form_and_calculates_nothing() -> None:
    lines = (
        TrackingLine(DOSSIER, "=HYPERLINK(1)", "UBND xã Hoàng Vân", at(2), at(9), None, "+84"),
        TrackingLine(DOSSIER, "Đăng ký kết hôn", "UBND xã Hoàng Vân", at(3), None, at(6), ""),
    )
    made = render(Book("H37.12", *MARCH, lines), "UBND xã Hoàng Vân", "Số liệu tính đến 09:00 ngày 20/03/2026.")
    sheet: Any = openpyxl.load_workbook(io.BytesIO(made)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]

    assert sheet.title == "Sổ theo dõi hồ sơ"
    assert [row[0] for row in rows[:3]] == [
        "UBND xã Hoàng Vân",
        "SỔ THEO DÕI HỒ SƠ",
        "(Từ ngày 01/03/2026 đến ngày 31/03/2026)",
    ]
    assert rows[HEADS - 1] == [heading for heading, _ in COLUMNS]
    assert rows[HEADS] == [f"({number})" for number in range(1, 14)]
    first, second = rows[HEADS + 1 : HEADS + 3]
    assert first[:3] == [1, DOSSIER, "'=HYPERLINK(1)"]
    assert first[6:] == ["UBND xã Hoàng Vân", "09:00 02/03/2026", "09:00 09/03/2026", None, None, None, "'+84"]
    assert second[7:10] == ["09:00 03/03/2026", None, "09:00 06/03/2026"]
    assert [row[0] for row in rows[HEADS + 4 :]] == [NOTE, "Số liệu tính đến 09:00 ngày 20/03/2026."]
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert sheet.print_title_rows == f"${HEADS}:${HEADS + 1}"
