"""Forms and definitions are data: what a file may say, what it may not, and what the counters mean."""

from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError
from pypdf import PdfReader

from contracts.definitions import BEYOND, Definitions, load_definitions, used_class
from contracts.metrics import Counters
from dunghen import PROVINCE
from reference import OFFICE_TIME, load_reference
from services.reporting.domain import Form, load_forms, make_sheet
from services.reporting.domain.standing import Standing
from services.reporting.pdf import render
from services.reporting.printed import MISSING, printed
from services.reporting.reports import Wanted, lens_of
from services.reporting.xlsx import render as as_xlsx
from tests.reporting.alone import FORMS

REFERENCE = load_reference(PROVINCE)
DAYS = date(2026, 2, 15), date(2026, 3, 14)
DEFINITIONS = load_definitions()
FLOWS = {
    "received_online": 9,
    "received_direct": 3,
    "received_post": 2,
    "received_elsewhere": 1,
    "refused": 2,
    "resolved_early": 4,
    "resolved_on_time": 2,
    "resolved_late": 3,
    "resolved_late_lettered": 2,
    "overdue_opened": 5,
    "overdue_closed": 3,
    "overdue_opened_lettered": 3,
    "overdue_closed_lettered": 2,
    "withdrawn": 1,
}
EXTENDED = FORMS["07a"]
NOW = Standing(datetime(2026, 3, 15, 8, tzinfo=OFFICE_TIME))


def extended(online: str | None) -> dict[int, int]:
    procedure = REFERENCE.procedures["1.000894"]
    versions = tuple(version.model_copy(update={"online": online}) for version in procedure.versions)
    reference = load_reference(PROVINCE)
    reference.procedures["1.000894"] = procedure.model_copy(update={"versions": versions})
    wanted = Wanted(EXTENDED, *DAYS, unit="all")
    (row,) = make_sheet(EXTENDED, DAYS, {}, {("H37.12", "1.000894"): FLOWS}, lens_of(reference, wanted)).rows
    return dict(row.values)


def test_the_extended_form_splits_online_by_level_and_late_by_letter() -> None:
    """R36."""
    full = extended("full")

    assert (full[3], full[4], full[5], full[6], full[7], full[9]) == (14, 9, 0, 3, 2, 1)
    assert (extended("partial")[5], extended(None)[6]) == (9, 12)
    assert (full[10], full[13], full[14], full[15]) == (9, 2, 1, 1)
    assert (full[17], full[18], full[19], full[20], full[23]) == (5, 3, 1, 1, 2)
    assert EXTENDED.broken(full) == []
    assert EXTENDED.broken({**full, 13: 3}) == ["10 = 11 + 12 + 13 + 14"]


def test_a_column_without_a_source_is_neither_a_figure_nor_nothing() -> None:
    """R36."""
    assert 21 not in extended("full")
    sheet = make_sheet(EXTENDED, DAYS, {}, {("H37.12", "1.000894"): FLOWS}, lens_of(REFERENCE, Wanted(EXTENDED, *DAYS, "all")))
    page = printed(sheet, REFERENCE, "all", NOW)

    assert page.lines[0][1].count(MISSING) == 4
    assert "chưa báo hình thức thanh toán" in page.note
    assert as_xlsx(page)[:2] == b"PK"


def test_a_form_is_a_pdf_of_one_landscape_page_with_its_figures(tmp_path: Path) -> None:
    form = FORMS["II.06a"]
    sheet = make_sheet(form, DAYS, {}, {("H37.12", "1.000894"): FLOWS}, lens_of(REFERENCE, Wanted(form, *DAYS, "all")))
    page = printed(sheet, REFERENCE, "all", NOW, note="Gồm điều chỉnh của kỳ trước.")
    path = tmp_path / "form.pdf"
    path.write_bytes(render(page))
    (only,) = PdfReader(path).pages
    words = only.extract_text()

    assert only.mediabox.width > only.mediabox.height
    assert "Kỳ báo cáo: Tháng, từ ngày 15/02/2026 đến ngày 14/03/2026" in words
    assert "UBND xã Hoàng Vân: Hộ tịch" in words
    assert "Số liệu tính đến 08:00 ngày 15/03/2026. Kỳ chưa chốt" in words
    assert "Gồm điều chỉnh của kỳ trước." in words
    assert render(page) == path.read_bytes()


COLUMN: dict[str, Any] = {"number": 3, "group": "Nhóm", "heading": "Tổng", "of": [{"during": ["received"]}]}


@pytest.mark.parametrize(
    ("columns", "rules", "words"),
    [
        ([{**COLUMN, "of": [{"during": ["recieved"]}]}], [], "column 3: no such counter: recieved"),
        ([{**COLUMN, "of": []}], [], "column 3: no such counter"),
        ([COLUMN], ["3 = 4"], "must be like '3 = 4 \\+ 5' and name columns"),
        ([COLUMN], ["3 < 4"], "must be like"),
        ([{**COLUMN, "formula": "1+1"}], [], "formula"),
    ],
)
def test_a_form_that_names_what_does_not_exist_is_refused(
    columns: list[dict[str, Any]], rules: list[str], words: str, tmp_path: Path
) -> None:
    form = {"code": "X", "label": "X", "title": "X", "columns": columns, "rules": rules}
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(form), "utf-8")

    with pytest.raises(ValueError, match=f"(?s)^x.yaml: .*{words}"):
        load_forms(tmp_path)


def test_a_form_of_another_file_is_loaded_beside_the_others(tmp_path: Path) -> None:
    form = {"code": "X", "label": "X", "title": "X", "columns": [COLUMN], "rules": []}
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(form), "utf-8")

    assert load_forms(tmp_path) == {"X": Form.model_validate(form)}


def test_every_counter_is_a_field_of_the_wire_and_says_its_words_and_source() -> None:
    assert list(Counters.model_fields) == [counter.name for counter in DEFINITIONS.counters]
    assert all(counter.words and counter.when and counter.source for counter in DEFINITIONS.counters)


def test_a_formula_that_names_what_does_not_exist_is_refused() -> None:
    raw = DEFINITIONS.model_dump()
    raw["totals"]["received"] = ("received_onlin",)

    with pytest.raises(ValidationError, match="received: there is no counter or total received_onlin"):
        Definitions.model_validate(raw)


@pytest.mark.parametrize(
    ("part", "whole", "rate"),
    [(0, 0, None), (1, 3, "33.33"), (2, 3, "66.67"), (1, 1, "100.00"), (1, 800, "0.13")],
)
def test_rates_have_two_decimals_half_up_and_none_without_a_whole(part: int, whole: int, rate: str | None) -> None:
    """D14."""
    flows = {"resolved_early": part, "resolved_late": whole - part}

    assert DEFINITIONS.rate("in_time", flows) == (None if rate is None else Decimal(rate))


@pytest.mark.parametrize(
    ("used", "limit", "counter"),
    [
        (0, 100, "used_5"),
        (5, 100, "used_5"),
        (501, 10000, "used_10"),
        (100, 100, "used_100"),
        (1001, 1000, "used_125"),
        (200, 100, "used_200"),
        (201, 100, "used_more"),
    ],
)
def test_a_share_of_the_limit_falls_into_one_class(used: int, limit: int, counter: str) -> None:
    assert used_class(used, limit) == counter


def test_percentiles_are_the_upper_bound_of_the_class_that_reaches_them() -> None:
    flows = Counter({"used_20": 50, "used_60": 40, "used_125": 10})

    assert DEFINITIONS.percentile("limit_used_p50", flows) == 20
    assert DEFINITIONS.percentile("limit_used_p90", flows) == 60
    assert DEFINITIONS.percentile("limit_used_p90", {"used_more": 1}) == BEYOND
    assert DEFINITIONS.percentile("limit_used_p90", {}) is None
