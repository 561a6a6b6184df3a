"""R26: what people write into a cell for a phone number, and the number in it that an SMS reaches."""

import pytest

from reference.phones import Phones, mobile, read

ONE = "+84912000013"
TWO = "+84987000014"


@pytest.mark.parametrize(
    "cell",
    [
        "0912000013",
        " 0912000013 ",
        "0912 000 013",
        "0912.000.013",
        "0912-000-013",
        "0912–000–013",  # en dash
        "0912—000—013",  # em dash
        "0912‑000‑013",  # the dash that does not break
        "0912−000−013",  # minus
        "0912－000－013",  # full width
        "0912\u00ad000\u00ad013",  # soft hyphen
        "09 12 00 00 13",
        "0 912 000 013",
        "(0912) 000 013",
        "(091) 200-0013",
        "0912,000,013",
        "0912_000_013",
        "0912*000*013",
        "0912·000·013",
        "0912\u00a0000\u00a0013",  # NBSP
        "0912\u2009000\u2009013",  # thin space
        "0912\u200b000\u200b013",  # zero width
        "\u200e0912000013\u202c",  # marks of direction
        "０９１２０００013",  # full-width digits
        "'0912000013",  # a spreadsheet's sign of text
        "0912000013.",
        "0912OOo013",
        "O912000013",
        "84912000013",
        "+84912000013",
        "+84 912 000 013",
        "+ 84 912 000 013",
        "＋84912000013",
        "(+84) 912 000 013",
        "(84)912000013",
        "+84(0)912000013",
        "+84 (0) 912.000.013",
        "+840912000013",
        "0084912000013",
        "00 84 912 000 013",
        "0084 (0)912 000 013",
        "084912000013",
        "084 912 0000 13",
        "+0912000013",
        "tel:+84-912-000-013",
        "912000013",  # the zero is lost
        "912 000 013",
        "912,000,013",
        "912000013.0",
        "ĐT: 0912000013",
        "ĐT0912000013",
        "SĐT liên hệ : 0912.000.013",
        "Di động: 0912 000 013 (Zalo)",
        "0912000013 (chị Mẫu)",
        "0912000013 - con trai",
        "0912000013, gọi sau 17h ngày 17/11/2026",
        "17/11/2026 0912000013",
        "1) 0912000013",
        "①0912000013",
        "0912000013 (2)",
        "0912000013/79",
        "0912000013 CCCD 001091234567",
        "CCCD 001091234567 - 0912000013",
        "CMND số 912345678, ĐT 0912000013",
        "Nhà riêng 0205 381 2345, di động 0912.000.013",
        "(0205) 3812345; 0912000013",
        "02053812345 - 0912000013",
        "0205 3812 345 0912 000 013",
        "Fax 0205 3812 345; 0912000013",
    ],
)
def test_a_cell_with_one_mobile_number_is_that_number(cell: str) -> None:
    """R26."""
    assert read(cell) == Phones((ONE,))


@pytest.mark.parametrize(
    "cell",
    [
        "0912000013; 0987000014",
        "0912000013;0987000014",
        "0912.000.013 / 0987 000 014",
        "0912000013/0987000014",
        "0912000013, 0987000014",
        "0912000013 - 0987000014",
        "0912000013-0987000014",
        "0912000013 0987000014",
        "0912 000 013 0987 000 014",
        "0912000013\n0987000014",
        "0912000013\t0987000014",
        "0912000013|0987000014",
        "0912000013+0987000014",
        "09120000130987000014",  # their line break is lost
        "0912 000 013 hoặc 0987 000 014",
        "0912000013 và 0987000014",
        "SĐT1: 0912000013, SĐT2: 0987000014",
        "1. 0912000013 2. 0987000014",
        "84 912000013, 84 987000014",
        "+84912000013; +84987000014",
        "912000013; 987000014",
        "912000013 - 987000014",
        "0912000013; 0912000013; 0987000014",
        "0912000013; 0205 3812 345; 0987000014",
    ],
)
def test_of_several_numbers_the_first_is_taken_and_the_rest_kept(cell: str) -> None:
    """R26."""
    assert read(cell) == Phones((ONE, TWO))
    assert mobile(cell) == ONE


@pytest.mark.parametrize(
    "cell",
    ["01662000013", "0166 200 0013", "(016) 6200 0013", "0166.200.0013", "+84 166 200 0013", "841662000013", "1662000013"],
)
def test_a_number_of_eleven_digits_is_the_one_it_became(cell: str) -> None:
    """R26."""
    assert read(cell) == Phones(("+84362000013",))


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("", "empty"),
        ("  \u200b ", "empty"),
        ("0205 3812 345", "landline"),
        ("(024) 3812 3456", "landline"),
        ("+84 24 3812 3456", "landline"),
        ("0203 812 345", "landline"),  # of before the area codes changed
        ("Máy bàn: 0205.381.2345 (12)", "landline"),
        ("+1 415 555 2671", "foreign"),
        ("+856 20 9123 4567", "foreign"),
        ("+855 912 345 678", "no-number"),  # its tail is nobody's number
        ("+0", "no-number"),
        ("không có", "no-number"),
        ("x", "no-number"),
        ("0123456789", "no-number"),
        ("1234567890", "no-number"),
        ("01112345678", "no-number"),
        ("0000000000", "no-number"),
        ("0912", "no-number"),
        ("0912 000 01", "no-number"),
        ("0912 000 0134", "no-number"),
        ("09120000013", "no-number"),
        ("9.12E+08", "no-number"),
        ("113", "no-number"),
        ("19001234", "no-number"),
        ("CCCD 001091234567", "no-number"),
        ("001091234567", "no-number"),
        ("001 091 234 567", "no-number"),
        ("CMND: 912345678", "no-number"),
        ("MST 0100109106", "no-number"),
        ("H37.12-260302-0001", "no-number"),
        ("17/11/2026", "no-number"),
        ("٠٩١٢٠٠٠٠١٣", "no-number"),
    ],
)
def test_where_no_sms_reaches_anybody_it_is_said_why(cell: str, reason: str) -> None:
    """R26: what is no mobile number goes to a letter or to the counter."""
    assert read(cell) == Phones(reason=reason)  # type: ignore[arg-type]
    assert mobile(cell) is None


@pytest.mark.parametrize("cell", ["1;" * 200_000, "1 " * 200_000, "(" * 400_000, "+" * 400_000, "CCCD 1;" * 60_000])
def test_a_cell_that_somebody_made_endless_is_read_as_far_as_a_cell_goes(cell: str) -> None:
    assert read(cell) == Phones(reason="no-number")
    assert read(f"0912000013 {cell}").first == ONE
