"""Units and their procedures as data, for the pages that citizens look through."""

from datetime import date

import pytest

from dunghen import PROVINCE
from reference import load_reference
from services.intake.contents import PAGE, has_words, look_through, units_named
from services.intake.posting import posted, units_on
from tests.intake.alone import Alone, intake_alone

REFERENCE = load_reference(PROVINCE)
DAY = date(2026, 3, 20)
COMMUNE = posted(REFERENCE, REFERENCE.units["H37.12"], DAY)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("", True),
        ("hoang van", True),
        ("HOÀNG VÂN", True),
        ("xa hoa", True),
        ("H37.12", True),
        ("đ", False),
        ("hoang ky", False),
        ("oang", False),
        ("<script>", False),
        ("; ' \"", True),  # no word
    ],
)
def test_words_are_found_with_and_without_accents_whole_or_as_beginnings(wanted: str, found: bool) -> None:
    assert has_words("UBND xã Hoàng Vân H37.12", wanted) == found


def test_units_are_found_by_name_and_by_code() -> None:
    units = units_on(REFERENCE, DAY)

    assert [unit.code for unit in units_named(units, "ky lam")] == ["H37.13"]
    assert [unit.code for unit in units_named(units, "so tu phap")] == ["H37.05"]
    assert units_named(units, "") == units
    assert units_named(units, "nowhere") == []


def test_procedures_come_a_page_at_a_time_each_once_and_a_page_too_far_is_the_last() -> None:
    pages = [look_through(COMMUNE, "", "", page) for page in (1, 2, 3, 999)]
    everything = [entry for _, _, entries in COMMUNE for entry in entries]
    last = pages[0].pages

    assert sum(pages[0].fields.values()) == len(everything) == pages[0].total
    assert [entry for page in pages[:last] for entry in page.entries] == everything
    assert all(len(page.entries) <= PAGE for page in pages)
    assert pages[3] == pages[last - 1]


def test_procedures_are_found_by_words_and_by_field_and_the_contents_stay_whole() -> None:
    marriage = look_through(COMMUNE, "dang ky ket hon", "", 1)
    civil = look_through(COMMUNE, "", "Hộ tịch", 1)
    neither = look_through(COMMUNE, "ket hon", "Đất đai", 1)

    assert "1.000894" in [entry.procedure.code for entry in marriage.entries]
    assert {entry.procedure.field for entry in civil.entries} == {"Hộ tịch"}
    assert (neither.total, neither.pages, neither.page, neither.entries) == (0, 1, 1, [])
    assert marriage.fields == civil.fields == neither.fields


async def test_anybody_reads_units_and_what_a_unit_posts(tmp_path: object) -> None:
    async with intake_alone(tmp_path) as intake:  # type: ignore[arg-type]
        await _read(intake)


async def _read(intake: Alone) -> None:
    listed = (await intake.client.get("/v1/units", params={"q": "hoang van"})).json()
    unit = (await intake.client.get("/v1/units/H37.12", params={"q": "khai sinh"})).json()
    refused = [
        (await intake.client.get(f"/v1/units/{path}")).status_code
        for path in ("H37.99", "x", "H37", "H37.12?page=0", "H37.12?q=" + "x" * 101)
    ]

    assert [item["code"] for item in listed["items"]] == ["H37.12"]
    assert listed["total"] > 1
    assert (unit["name"], unit["hotline"], unit["province_hotline"]) == ("UBND xã Hoàng Vân", "0205 000 0212", "0205 000 0100")
    assert unit["leaders"][1] == {"title": "Chủ tịch UBND", "phone": "0205 000 0412"}
    assert {"limit": "trong ngày", "online": "full"}.items() <= unit["items"][0].items()
    assert unit["items"][0]["fees"][1] == {"name": "Đăng ký quá hạn", "amount": 8000}
    assert "Giả Định" not in str(unit)  # who signs is no business of this page
    assert refused == [404, 404, 404, 422, 422]
