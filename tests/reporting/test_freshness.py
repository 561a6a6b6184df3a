"""Figures say how old and how final they are: silence does not look like zero, and zero is shown as zero."""

import csv
import io
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from pypdf import PdfReader

from contracts import Event
from runtime.pages import Pages
from services.reporting import store
from services.reporting.domain import Days
from services.reporting.files import as_file
from services.reporting.freshness import Freshness, freshness, silent_units, standing_of, unheard_of
from services.reporting.overview import overview
from services.reporting.reports import of_all_units, report
from tests.reporting.alone import FORMS, Reporting, reporting_alone
from tests.reporting.test_causes import of
from tests.reporting.test_periods import MARCH
from tests.reporting.test_reporting import deadline, settled
from tests.support.dossiers import at, received
from tests.support.reporting import merged


@pytest.mark.parametrize("form", ["II.06a", "07a"])
async def test_every_file_says_it_and_has_a_line_of_zeros_for_each_idle_unit(form: str, tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(10)) as reporting:
        await reporting.take(of(1, received()))
        await reporting.cells.flush()
        wanted = reporting.wanted(*MARCH, form=form)
        standing = await standing_of(reporting.parts.store, Days(*MARCH), reporting.cells.counted_at)
        filled = await report(reporting.parts.store, reporting.reference, wanted)
        sheet = of_all_units(filled, reporting.reference, wanted)
        files = {kind: as_file(sheet, kind, reporting.reference, "all", standing) for kind in ("csv", "xlsx", "pdf")}
    rows = list(csv.reader(files["csv"].decode("utf-8-sig").splitlines()))
    table = openpyxl.load_workbook(io.BytesIO(files["xlsx"])).active
    assert table is not None
    cells = [str(cell.value) for line in table.iter_rows() for cell in line if cell.value is not None]
    printed = " ".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(files["pdf"])).pages).split())
    in_use = {code for code, unit in reporting.reference.units.items() if unit.in_use(MARCH[1])}

    assert {row[0] for row in rows[1:-2]} == in_use
    assert set(next(row for row in rows if row[0] == "H37.13")[2:]) == {"0"}
    assert len({len(row) for row in rows}) == 1
    for words in (rows[-1][1], "\n".join(cells), printed):
        assert "Số liệu tính đến" in words
        assert "Kỳ chưa chốt" in words
    assert "UBND phường Kỳ Lâm" in cells
    assert "UBND phường Kỳ Lâm" in printed
    assert filled.total == sheet.total


async def test_a_unit_of_the_old_map_is_listed_as_of_the_day_that_is_asked_for(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(10)) as reporting:
        ended = reporting.reference.units["H37.13"].model_copy(update={"valid_to": at(5).date()})
        reporting.reference.units["H37.13"] = ended
        listed = {}
        for day in (at(5).date(), at(6).date()):
            wanted = reporting.wanted(*MARCH, units_as_of=day)
            sheet = of_all_units(await report(reporting.parts.store, reporting.reference, wanted), reporting.reference, wanted)
            listed[day.day] = "H37.13" in {row.unit for row in sheet.rows}

    assert listed == {5: True, 6: False}


async def test_a_unit_that_was_never_heard_of_is_told_from_one_with_nothing_to_do(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(20), merged()) as reporting:
        await reporting.take(of(1, received(at(2), competent_unit="H37.13", receiving_unit="H37.13")))
        await reporting.cells.flush()
        found = {day: await unheard_of(reporting.parts.store, reporting.reference, at(day).date()) for day in (10, 11)}
        one = await unheard_of(reporting.parts.store, reporting.reference, at(11).date(), "H37.14")

    assert ("UBND xã Hoàng Vân" in found[10], "UBND phường Kỳ Lâm" in found[10]) == (True, False)
    assert "UBND xã Mới" not in found[11]  # it was made from one that was heard of
    assert one == ("UBND xã Tân Sơn",)


async def test_the_dashboard_has_idle_units_too(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(10)) as reporting:
        await reporting.take(of(1, received()))
        await reporting.cells.flush()
        seen = await overview(reporting.parts.store, reporting.reference, FORMS["II.06a"], *MARCH)
    lines = {line.name: (line.columns[3], line.rate("in_time")) for line in seen.units}

    assert lines["UBND xã Hoàng Vân"] == (1, "-")
    assert lines["UBND phường Kỳ Lâm"] == (0, "-")


async def test_idle_units_are_no_difference_to_what_was_frozen(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(16)) as reporting:
        await reporting.take(of(1, received()))
        await reporting.cells.flush()
        await reporting.periods.freeze(*MARCH)
        await reporting.take(of(2, received(at(16, "07:30"))))
        await reporting.cells.flush()
        period = await reporting.periods.get(*MARCH)

    assert period is not None
    assert [key.unit for key in period.lines] == ["H37.12"]
    assert period.restated == ()


SILENCE: dict[str, tuple[list[Event], datetime, list[str]]] = {
    "of today": (of(1, received(at(12))), at(12, "16:00"), []),
    "over a weekend": (of(1, received(at(12))), at(16, "07:00"), []),  # a Monday: Friday was quiet
    "for three working days": (of(1, received(at(10))), at(16, "16:00"), ["UBND xã Hoàng Vân"]),
    "for seven weeks": (of(1, received(at(2))), at(2) + timedelta(weeks=7), ["UBND xã Hoàng Vân"]),
    "nothing is open": (of(1, received(at(2)), deadline(1, at(9)), settled(1, "early", at(6), at(9))), at(31), []),
    "another unit goes on": (
        of(1, received(at(2))) + of(2, received(at(30), competent_unit="H37.13", receiving_unit="H37.13")),
        at(30, "16:00"),
        ["UBND xã Hoàng Vân"],
    ),
    "nothing was ever heard": ([], at(31), []),
}


@pytest.mark.parametrize(("events", "now", "silent"), SILENCE.values(), ids=SILENCE)
async def test_a_unit_with_open_dossiers_and_no_news_is_named(
    events: list[Event], now: datetime, silent: list[str], tmp_path: Path
) -> None:
    async with reporting_alone(tmp_path, now) as reporting:
        await reporting.take(events)
        await reporting.cells.flush()
        found = await silent_units(reporting.parts.store, reporting.reference, now, 3)

    assert [unit.name for unit in found] == silent


async def fresh(reporting: Reporting) -> Freshness:
    counted = reporting.cells.counted_at
    return await freshness(reporting.parts.store, reporting.reference, reporting.clock.now(), counted, 3)


def shown(found: Freshness) -> str:
    """The part of the page."""
    given = {"province": "", "rebuilding": False, "doubts": [], "faults": [], "more": 0, "unreconciled": []}
    rest: dict[str, object] = {"reconciled_at": None, "periods": [], "definition": ""}
    return Pages("services.reporting").text("checks.html", {**given, **rest, "fresh": found})


async def test_checks_turn_amber_on_old_figures_and_say_since_when(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(2)) as reporting:
        await reporting.take(of(1, received(at(2))))
        await reporting.cells.flush()
        good = shown(await fresh(reporting))
        reporting.clock.set(at(2) + timedelta(weeks=7))
        await reporting.cells.flush()
        old = shown(await fresh(reporting))

    assert 'class="note good">Số liệu tính đến 08:00 02/03/2026' in good or "note good" in good
    assert "note old" not in good.replace(".note.old", "")
    assert "Số liệu đã cũ: 1 đơn vị còn hồ sơ đang giải quyết mà quá 3 ngày làm việc không có tin gì" in old
    assert "UBND xã Hoàng Vân: 1 hồ sơ đang giải quyết, không có tin từ" in old
    assert "02/03/2026" in old
    assert "Đơn vị chưa gửi hồ sơ nào: " in old
    assert "UBND phường Kỳ Lâm" in old


async def test_checks_turn_amber_when_counting_stands_still(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(2, "09:00")) as reporting:
        never = shown(await fresh(reporting))
        await reporting.cells.flush()
        await reporting.take(of(1, received(at(2))))
        reporting.clock.set(at(2, "09:05"))
        early = await fresh(reporting)
        reporting.clock.set(at(2, "10:00"))
        late = await fresh(reporting)
        words = shown(late)

    assert "Số liệu chưa được tính lần nào từ khi khởi động" in never
    assert (early.stopped, late.stopped, late.waiting) == (False, True, 1)
    assert "Số liệu chỉ tính đến 09:00 02/03/2026: 1 hồ sơ có thay đổi chưa vào số liệu, chờ từ 09:00 02/03/2026" in words


async def test_books_of_an_older_release_are_dated_once(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(10)) as reporting:
        await reporting.take(of(1, received(at(2))))
        await reporting.cells.flush()
        books = await reporting.parts.store.find(store.BOOKS, {})
        older = [{name: value for name, value in book.items() if name != "recency"} for book in books]
        await reporting.parts.store.save_many(store.BOOKS, older)
        before = await store.newest_of(reporting.parts.store)
        await reporting.cells.say_again()

        assert before is None
        assert await store.newest_of(reporting.parts.store) == books[0]["days"]["2026-03-02"]["as_of"]
