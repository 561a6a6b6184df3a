"""Survey sheets on paper: each is answered once, on paper or by its QR code, by the judge of the web form."""

import asyncio
import io
import json
import re

import pypdf
import pytest

from runtime.web import Role
from services.feedback import sheets
from services.feedback.domain import digest, load_forms
from services.feedback.domain.sheets import choices
from services.feedback.printed import Wording, render
from tests.support.dossiers import at
from tests.support.identity import as_person
from tests.support.survey import Site, site

UNIT, OTHER, PROCEDURE = "H37.12", "H37.15", "1.000894"
CLERK = as_person(Role.OFFICER, units=(UNIT,), name="Cán bộ Mẫu")
STRANGER = as_person(Role.OFFICER, units=(OTHER,), name="Cán bộ Khác")
ANSWERS = {"attitude": "0", "waiting": "1", "appointment": "1", "facilities": "2"}
ON_PAPER = {"attitude": "1", "waiting": "2", "appointment": "2", "facilities": "3"}
SCORES = {"attitude": 100, "waiting": 75, "appointment": 75, "apology": None, "facilities": 50}
NO_SHEET, USED = "Không có phiếu nào mang số này", "mỗi phiếu chỉ tính một lần"


async def printed(own: Site, number: int = 2) -> list[str]:
    """Sheets that were printed: the numbers that stand on them."""
    fields = {"unit": UNIT, "procedure": PROCEDURE, "number": str(number)}
    made = await own.client.post("/petitions/sheets/print", data=fields, headers=CLERK)
    assert (made.status_code, made.headers["content-type"]) == (200, "application/pdf"), made.text
    assert "attachment" in made.headers["content-disposition"]
    words = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made.content)).pages]
    numbers = [re.search(r"Số phiếu\s+([A-Z2-7]{5})\s([A-Z2-7]{5})", text) for text in words]
    return [f"{one.group(1)} {one.group(2)}" for one in numbers if one is not None]


async def type_in(own: Site, number: str, person: dict[str, str] = CLERK, **more: str) -> tuple[int, str]:
    fields = {"sheet": number, "answers": "yes", **ANSWERS, **more}
    told = await own.client.post("/petitions/sheets", data=fields, headers=person)
    return told.status_code, told.text


async def many(own: Site, *rows: dict[str, object], person: dict[str, str] = CLERK) -> list[tuple[str, str]]:
    told = await own.client.post("/v1/survey-sheets", json={"sheets": list(rows)}, headers=person)
    assert told.status_code == 200, told.text
    return [(one["status"], one["why"]) for one in told.json()["items"]]


async def test_sheets_are_printed_each_with_a_number_and_the_store_holds_none_of_them() -> None:
    async with site() as own:
        numbers = await printed(own, 3)
        kept = json.dumps(await own.parts.store.find("sheets", {}))

        assert len(set(numbers)) == 3
        assert not any(part in kept for number in numbers for part in number.split())
        assert [sheets.plain(number.lower().replace(" ", "-")) for number in numbers] == [
            number.replace(" ", "") for number in numbers
        ]


async def test_an_answer_on_paper_is_one_of_the_web_and_belongs_to_nobody() -> None:
    async with site() as own:
        (number,) = await printed(own, 1)
        status, text = await type_in(own, number, CLERK, **{"y-kien-khac": "Ghế hỏng"})
        assert (status, "Đã nhập phiếu" in text) == (200, True)
        (answer,), (note,) = await own.kept(), await own.parts.store.find("notes", {})
        (sheet,) = await own.parts.store.find("sheets", {})
        mark = await own.mark()

    assert {name: answer[name] for name in ("unit", "procedure", "form", "month", "scores")} == {
        "unit": UNIT,
        "procedure": PROCEDURE,
        "form": "tthc-2026.2",
        "month": "2026-03",
        "scores": SCORES,
    }
    assert (sheet["used"], set(mark)) == ("paper", {"_id", "rev", "key"})
    assert mark["_id"] == sheet["_id"] == digest(number.replace(" ", ""))
    assert not {sheet["_id"], mark["key"]} & set(json.dumps([answer, note]).split('"'))


async def test_a_sheet_is_entered_once_whoever_enters_it_and_however() -> None:
    async with site() as own:
        first, second = await printed(own)
        assert "Đã nhập phiếu" in (await type_in(own, first))[1]
        assert "từ trước" in (await type_in(own, first.lower()))[1]  # a double click
        assert await many(own, {"number": first, "answers": ON_PAPER}) == [("again", "")]  # and the same from a file
        assert USED in (await type_in(own, first, attitude="4"))[1]
        assert USED in (await many(own, {"number": first, "answers": {**ON_PAPER, "attitude": "5"}}))[0][1]
        path = f"/y-kien/{first.replace(' ', '')}"
        assert [(await own.client.get(path)).status_code, (await own.client.post(path, data=ANSWERS)).status_code] == [404, 404]

        together = await asyncio.gather(*(type_in(own, second, attitude=str(place)) for place in range(5)))
        assert sorted(status for status, _ in together) == [200, 422, 422, 422, 422]
        assert len(await own.kept()) == 2


async def test_by_its_qr_code_a_sheet_is_answered_on_a_phone_and_then_not_on_paper() -> None:
    async with site() as own:
        (number,) = await printed(own, 1)
        path = f"/y-kien/{number.replace(' ', '')}"
        page = await own.client.get(path)
        once = re.search(r'name="once" value="([^"]+)"', page.text)
        assert once is not None
        sent = [await own.client.post(path, data={**ANSWERS, "once": once.group(1)}) for _ in range(2)]

        assert "không cần nộp phiếu giấy" in page.text
        assert [("Cảm ơn" in one.text, one.status_code) for one in sent] == [(True, 200)] * 2
        assert USED in (await type_in(own, number))[1]
        assert len(await own.kept()) == 1
        assert "Trả lời bằng điện thoại" in (await own.client.get("/petitions/sheets", headers=CLERK)).text
        assert await sheets.counted(own.parts.store, [UNIT]) == [sheets.Counted(UNIT, 1, 0, 1)]


async def test_a_number_nobody_printed_one_of_another_unit_and_an_old_one_are_answered_alike() -> None:
    async with site() as own:
        (number,) = await printed(own, 1)
        for given, person in (("ABCDE FGHIJ", CLERK), (number, STRANGER), ("", CLERK), ("x" * 5000, CLERK), ("<b>", CLERK)):
            status, text = await type_in(own, given, person)
            assert (status, NO_SHEET in text, "<b>" in text) == (422, True, False)
        assert (await many(own, {"number": number, "answers": ON_PAPER}, person=STRANGER))[0][1].startswith(NO_SHEET)
        own.clock.set(at(6).replace(year=2027))
        assert NO_SHEET in (await type_in(own, number))[1]
        await own.forget()
        assert await own.parts.store.find("sheets", {}) == []


@pytest.mark.parametrize(
    ("answers", "note", "why"),
    [
        ({"attitude": "1"}, "", "câu 2 (waiting), 3 (appointment), 5 (facilities)"),
        ({**ON_PAPER, "attitude": "6"}, "", "câu 1 (attitude)"),
        ({**ON_PAPER, "attitude": "0"}, "", "câu 1 (attitude)"),
        ({**ON_PAPER, "attitude": "１"}, "", "câu 1 (attitude)"),
        ({**ON_PAPER, "appointment": "4"}, "", "câu 4 (apology)"),  # who says it was late is asked
        ({**ON_PAPER, "attitud": "1"}, "", "không có câu attitud"),
        (ON_PAPER, "a" * 1001, "dài quá 1000 ký tự"),
    ],
    ids=["missing", "high", "zero", "wide", "late", "unknown", "long"],
)
async def test_what_the_web_form_would_refuse_paper_is_refused_for_and_can_be_mended(
    answers: dict[str, str], note: str, why: str
) -> None:
    async with site() as own:
        (number,) = await printed(own, 1)
        ((status, said),) = await many(own, {"number": number, "answers": answers, "note": note})

        assert (status, why in said) == ("refused", True), said
        assert await many(own, {"number": number, "answers": ON_PAPER}) == [("accepted", "")]


async def test_a_form_that_asks_for_sheets_names_what_is_wrong_and_others_may_not_ask() -> None:
    async with site() as own:
        right = {"unit": UNIT, "procedure": PROCEDURE, "number": "2"}
        for field, value in (("unit", "H99"), ("unit", OTHER), ("procedure", "x"), ("number", "51"), ("number", "9" * 5000)):
            told = await own.client.post("/petitions/sheets/print", data={**right, field: value}, headers=CLERK)
            assert (told.status_code, told.text.count('class="late"')) == (422, 1)
        assert await own.parts.store.find("sheets", {}) == []
        inspector = as_person(Role.INSPECTOR, units=(UNIT,), name="Thanh tra Mẫu")
        asked = [await own.client.get("/petitions/sheets", headers=person) for person in ({}, inspector, CLERK)]
        assert [one.status_code for one in asked] == [401, 403, 200]


def test_a_sheet_shows_every_question_every_answer_and_who_is_asked() -> None:
    form = load_forms()["tthc-2026.2"]
    wording = Wording("Ủy ban nhân dân xã Hoàng Vân", "Đăng ký kết hôn", at(2).date())
    made = render(form, wording, [("WWWWWMMMMM", "https://example.org/y-kien/WWWWWMMMMM")])
    (page,) = pypdf.PdfReader(io.BytesIO(made)).pages
    words = " ".join(page.extract_text().split())

    for question in form.questions:
        assert question.text in words
        assert all(f"{place}. {text}" in words for place, (text, _) in enumerate(question.answers, 1))
    assert "Chỉ trả lời nếu ở câu 3" in words
    assert "WWWWW MMMMM" in words
    assert [round(float(side) / 72 * 25.4) for side in page.mediabox[2:]] == [210, 297]
    assert render(form, wording, [("WWWWWMMMMM", "https://example.org/y-kien/WWWWWMMMMM")]) == made


def test_answers_by_the_numbers_on_paper_are_those_of_the_form() -> None:
    assert choices({"a": "1", "b": " 5 ", "c": "", "d": "-1", "e": "9" * 5000}) == {
        "a": "0",
        "b": "4",
        "c": "",
        "d": "",
        "e": "",
    }
