"""`dunghen sms check` as somebody tries it who does not know how it is made: what is expected was written by hand."""

import json

import pytest
from typer.testing import CliRunner

from dunghen.__main__ import make_app

RUN, app = CliRunner(), make_app("sms")
ONE, OLD = "+84912000013", "+84362000013"

PHONES: tuple[tuple[str, str | None], ...] = (
    ("Đt: 0912 000 013 (gọi giờ hành chính)", ONE),
    ("số điện thoại liên hệ là 0912.000.013.", ONE),
    ("Zalo 0912000013 hoặc gọi 0987000014", ONE),
    ("anh Mẫu 0912000013 chị Thử 0987000014", ONE),
    ("+84 912000013 +84 987000014", ONE),
    ("Nhà: 0205.381.2345; DĐ: 0912.000.013", ONE),
    ("09 12000013 (Zalo), 0205 3812345", ONE),
    ("số 12, đường 3/2; 0912000013", ONE),
    ("ngày 12/03/2026 0912000013", ONE),
    ("CCCD 001091234567, ĐT 0912000013", ONE),
    ("0912000013 (vợ)", ONE),
    ("0912000013 ext 12", ONE),
    ("0912 000 013 📱", ONE),
    ("＋８４９１２０００\uff10１３", ONE),
    ("0\u00ad912000013", ONE),
    ("0912\t000\t013", ONE),
    ("o912000013", ONE),
    ("ĐT:O912000013", ONE),
    ("+84O912000013", ONE),
    ("0912OOO013", ONE),
    ("(+84)0912000013", ONE),
    ("84-0912000013", ONE),
    ("(84-91)2000013", ONE),
    ("+84.912.000.013", ONE),
    ("+84+84912000013", ONE),
    ('="0912000013"', ONE),
    ("841662000013", OLD),
    ("ĐT cũ 0166 200 0013", OLD),
    ("+84(0)1662000013", OLD),
    ("01242000013", "+84842000013"),
    ("01992000013", "+84592000013"),
    ("01712000013", None),  # a prefix that never was
    ("Đt bàn (0205) 3812345", None),
    ("1900 1009", None),
    ("113", None),
    ("9029", None),
    ("+66 81 234 5678", None),
    ("+1 415 555 2671", None),
    ("091200001", None),  # a digit too few
    ("09120000133", None),  # a digit too many
)

TEXTS: tuple[tuple[str, str, int, str, int], ...] = (
    ("Hồ sơ đã quá hạn", "UCS-2", 1, "Ho so da qua han", 1),
    ("Ho\u0302\u0300 so\u031b đa\u0303 qua\u0301 ha\u0323n", "UCS-2", 1, "Ho so da qua han", 1),  # in pieces
    ("ĐƯỜNG ĐỘC LẬP", "UCS-2", 1, "DUONG DOC LAP", 1),
    ("Ðường ðộc", "UCS-2", 1, "Duong doc", 1),  # eth for đ
    ("Hồ\u00adsơ", "UCS-2", 1, "Hoso", 1),
    ("Hồ\tsơ", "UCS-2", 1, "Ho so", 1),
    ("Ho\tso", "UCS-2", 1, "Ho so", 1),
    ("Ho\u200bso", "UCS-2", 1, "Hoso", 1),
    ("\ufeffChao", "UCS-2", 1, "Chao", 1),
    ("a\u202fb", "UCS-2", 1, "a b", 1),
    ("Xong 😀 rồi", "UCS-2", 1, "Xong roi", 1),
    ("😀" * 36, "UCS-2", 2, "", 1),
    ("ạ" * 66 + "😀" + "a" * 66, "UCS-2", 3, "a" * 132, 1),  # no pair is cut
    ("ạ" * 65 + "😀" + "a" * 66, "UCS-2", 2, "a" * 131, 1),
    ("👨\u200d👩\u200d👧 nhà", "UCS-2", 1, "nha", 1),  # no blank stays at an end
    ("“Khai sinh” – bản sao…", "UCS-2", 1, '"Khai sinh" - ban sao...', 1),
    ("Nghị định 61/2018/NĐ‑CP", "UCS-2", 1, "Nghi dinh 61/2018/ND-CP", 1),
    ("Œuvre œuvre", "UCS-2", 1, "OEuvre oeuvre", 1),
    ("Þór Ŋa ŋa", "UCS-2", 1, "THor NGa nga", 1),
    ("Łódź Ƀình", "UCS-2", 1, "Lodz Binh", 1),
    ("ﬁle ﬃ", "UCS-2", 1, "file ffi", 1),
    ("Ａ１ m²", "UCS-2", 1, "A1 m2", 1),
    ("100₫", "UCS-2", 1, "100d", 1),
    ("Số № 5", "UCS-2", 1, "So No 5", 1),
    ("`x`", "UCS-2", 1, "'x'", 1),
    ("à è é ì ò ù É", "GSM-7", 1, "a e e i o u E", 1),
    ("ÀÈÌ", "UCS-2", 1, "AEI", 1),  # capitals that the alphabet lacks
    ("[x]{y}|~^\\", "GSM-7", 1, "[x]{y}|~^\\", 1),
    ("€" * 80, "GSM-7", 1, "€" * 80, 1),
    ("€" * 81, "GSM-7", 2, "€" * 81, 2),
    ("a" * 152 + "€" + "a" * 10, "GSM-7", 2, "a" * 152 + "€" + "a" * 10, 2),
    ("[" * 153, "GSM-7", 3, "[" * 153, 3),  # 76 in a part
    ("[" * 152, "GSM-7", 2, "[" * 152, 2),
    ("a" * 160, "GSM-7", 1, "a" * 160, 1),
    ("a" * 161, "GSM-7", 2, "a" * 161, 2),
    ("ệ" * 70, "UCS-2", 1, "e" * 70, 1),
    ("ệ" * 161, "UCS-2", 3, "e" * 161, 2),
    ("Nguyễn Thị Thùy Dương Ánh Nguyệt " * 5, "UCS-2", 3, "Nguyen Thi Thuy Duong Anh Nguyet " * 5, 2),
    ("Tan\r\nLoc", "GSM-7", 1, "Tan\r\nLoc", 1),
    ("ỡ ữ\u0303", "UCS-2", 1, "o u", 1),
)


def asked(field: str, value: str) -> dict[str, object]:
    """The answer to one line, as the command prints it."""
    done = RUN.invoke(app, ["sms", "check", "-"], input=json.dumps({"id": "v", field: value}).encode())
    assert done.exit_code == 0
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize(("cell", "e164"), PHONES, ids=[f"phone-{n}" for n in range(len(PHONES))])
def test_a_cell_as_clerks_write_it_is_read_by_the_command(cell: str, e164: str | None) -> None:
    """R26, D18."""
    answer = asked("phone", cell)

    assert (answer["e164"], answer["reason"] is None) == (e164, e164 is not None)


@pytest.mark.parametrize(
    ("text", "encoding", "parts", "plain", "plain_parts"), TEXTS, ids=[f"text-{n}" for n in range(len(TEXTS))]
)
def test_a_text_as_people_write_it_is_measured_by_the_command(
    text: str, encoding: str, parts: int, plain: str, plain_parts: int
) -> None:
    """R25, D18."""
    assert asked("text", text) == {
        "id": "v",
        "encoding": encoding,
        "parts": parts,
        "unaccented": plain,
        "unaccented_parts": plain_parts,
    }
