"""How the cells of a row become an item: by field names (one row per event), or as the register of Mẫu 07 (one per dossier)."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from contracts.codes import is_unit_code
from reference.phones import mobile
from services.intake.domain import Fault, Json
from services.intake.files.encodings import ADVICE, old_font
from services.intake.files.rows import ERROR_COLUMN, Cell, Cells

EVENT_REQUIRED = ("dossier", "type", "at")
REGISTER_REQUIRED = ("dossier", "received_at")

# Headings of Mẫu 07 (TT 03/2025/TT-VPCP, and its ancestor of TT 01/2018), then the columns that registers add for contact
# and states. Written without capitals, marks of punctuation and double spaces.
_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "dossier": ("mã hồ sơ", "mã số hồ sơ", "số hồ sơ"),
    "procedure": ("mã tthc", "mã thủ tục", "mã thủ tục hành chính"),
    "procedure_name": ("tên tthc", "tên thủ tục", "tên thủ tục hành chính"),
    "contact_name": ("tên cá nhân tổ chức", "tên tổ chức cá nhân", "chủ hồ sơ", "họ và tên", "họ tên"),
    "address_and_phone": ("địa chỉ số điện thoại", "địa chỉ điện thoại"),
    "contact_address": ("địa chỉ",),
    "contact_phone": ("số điện thoại", "điện thoại"),
    "contact_email": ("email", "thư điện tử"),
    "competent": ("cơ quan chủ trì giải quyết", "cơ quan giải quyết", "đơn vị xử lý"),
    "receiving_unit": ("đơn vị tiếp nhận", "mã đơn vị tiếp nhận"),
    "received_at": ("ngày nhận", "ngày nhận hồ sơ", "ngày tiếp nhận", "ngày tháng năm nhận hồ sơ", "nhận hồ sơ"),
    "promised_at": ("ngày hẹn trả", "ngày hẹn trả kết quả", "ngày tháng năm hẹn trả kết quả", "hẹn trả kết quả"),
    "returned_at": ("ngày trả", "ngày trả kết quả", "trả kết quả ngày tháng năm", "ngày tháng năm trả kết quả"),
    "completed_at": ("ngày kết thúc xử lý", "ngày xử lý xong", "ngày có kết quả"),
    "return_method": ("phương thức nhận kết quả", "hình thức nhận kết quả", "trả kết quả phương thức nhận kết quả"),
    "channel": ("kênh thực hiện", "kênh", "hình thức nộp"),
    "state": ("trạng thái", "tình trạng"),
    "asked_1": ("ngày yêu cầu bổ sung", "ngày yêu cầu bổ sung lần 1"),
    "given_1": ("ngày bổ sung xong", "ngày bổ sung xong lần 1"),
    "asked_2": ("ngày yêu cầu bổ sung lần 2",),
    "given_2": ("ngày bổ sung xong lần 2",),
    "asked_3": ("ngày yêu cầu bổ sung lần 3",),
    "given_3": ("ngày bổ sung xong lần 3",),
    "reappointed_at": ("ngày xin lỗi hẹn lại", "ngày văn bản xin lỗi"),
    "new_due_at": ("ngày hẹn trả lại", "ngày hẹn lại"),
}
_BY_HEADING = {heading: field for field, headings in _HEADINGS.items() for heading in headings}
_STATES = (
    "mới đăng ký",
    "được tiếp nhận",
    "không được tiếp nhận",
    "đang xử lý",
    "yêu cầu bổ sung giấy tờ",
    "yêu cầu thực hiện nghĩa vụ tài chính",
    "công dân yêu cầu rút hồ sơ",
    "dừng xử lý",
    "đã xử lý xong",
    "đã trả kết quả",
)
_WORDS: Mapping[str, Mapping[str, str]] = {
    "state": {name: str(number) for number, name in enumerate(_STATES, start=1)},
    "channel": {"trực tiếp": "1", "trực tuyến": "2", "bưu chính": "3", "bưu chính công ích": "3"},
    "return_method": {
        "tại bộ phận một cửa": "counter",
        "trực tiếp": "counter",
        "tại trung tâm": "counter",
        "bưu chính": "post",
        "bưu chính công ích": "post",
        "trực tuyến": "online",
        "tại nhà": "home",
        "tại lễ trao": "ceremony",
    },
}
Values = dict[str, str]  # of the fields that have a column
_NUMBERS = re.compile(r"\+?[\d][\d .\-]{7,14}\d")


@dataclass(frozen=True, slots=True)
class Layout:
    """A table whose headings were understood: where each field stands, and how a row is read."""

    headings: tuple[str, ...]
    columns: Mapping[str, int]  # field -> place of its cell
    build: Callable[[Values], dict[str, Json]]

    @property
    def names(self) -> Mapping[str, str]:
        """The file's heading for each field of an item, for saying what is wrong."""
        names = {field: self.headings[place] for field, place in self.columns.items()}
        for field, other in _SAID_AS.items():
            if field in names:
                names.setdefault(other, names[field])
        return names

    def item(self, cells: Cells) -> tuple[dict[str, Json], list[Fault]]:
        """The item of a row, and what is wrong with single cells."""
        values: Values = {}
        faults = []
        for field, place in self.columns.items():
            cell = cells[place] if place < len(cells) else None
            if isinstance(cell, Fault):
                faults.append(Fault(field, cell.rule, cell.detail))
                continue
            text, fault = _text(field, cell)
            if fault is not None:
                faults.append(fault)
            elif text:
                values[field] = text
        for field, value in values.items():
            font = old_font(value)
            if font is not None:
                faults.append(Fault(field, "old-font", f"chữ viết bằng phông {font}; {ADVICE.format(font=font)}"))
        return self.build(values), faults


# Where a register's column stands for a field of another name or inside another.
_SAID_AS = {
    "competent": "competent_unit",
    "address_and_phone": "contact_phone",
    "reappointed_at": "reappointed.at",
    "new_due_at": "reappointed.new_due_at",
    **{f"asked_{n}": f"supplements.{n - 1}.requested_at" for n in (1, 2, 3)},
    **{f"given_{n}": f"supplements.{n - 1}.supplemented_at" for n in (1, 2, 3)},
}


def _text(field: str, cell: Cell) -> tuple[str, Fault | None]:
    """A cell as text, or what is wrong with it."""
    if cell is None:
        return "", None
    if isinstance(cell, int | float):
        return _number(field, cell)
    text = unicodedata.normalize("NFC", str(cell)).strip()
    if "\ufffd" in text or any("\udc80" <= letter <= "\udcff" for letter in text):
        return "", Fault(field, "not-utf-8", "có ký tự không đọc được (không phải UTF-8)")
    if any(unicodedata.category(letter) == "Cc" and letter not in "\n\t\r" for letter in text):
        return "", Fault(field, "control-character", "có ký tự điều khiển")
    return text, None


def _number(field: str, cell: float) -> tuple[str, Fault | None]:
    """A number as text, with what spreadsheets take away: the first 0 of a phone, the last 0 of a code."""
    if field.endswith("_at") or field == "at" or field.startswith(("asked_", "given_")):
        return "", Fault(field, "number", "là một con số; hãy định dạng ô là ngày giờ hoặc văn bản")
    if field == "procedure":
        return f"{cell:.6f}", None
    text = str(int(cell)) if float(cell).is_integer() else str(cell)
    return (f"0{text}" if field == "contact_phone" and len(text) == 9 else text), None


def plain_heading(text: Cell) -> str:
    """A heading for comparing."""
    words = re.sub(r"[^\w\s]", " ", unicodedata.normalize("NFC", str(text or "")).casefold())
    return " ".join(words.split())


def understand(upper: Cells, lower: Cells = ()) -> Layout | None:
    """The form whose headings a row holds, perhaps with a second row under merged heads; None if it is none."""
    return _events(upper) or _register(upper, ()) or (_register(upper, lower) if lower else None)


def _events(cells: Cells) -> Layout | None:
    headings = tuple(str(cell or "").strip() for cell in cells)
    columns = {name: place for place, name in enumerate(headings) if name and name != ERROR_COLUMN}
    if any(name not in columns for name in EVENT_REQUIRED):
        return None
    return Layout(headings, columns, lambda values: {**values})


def _register(upper: Cells, lower: Cells) -> Layout | None:
    headings, group = [], ""
    for place in range(max(len(upper), len(lower))):
        head = str(upper[place] or "").strip() if place < len(upper) else ""
        sub = str(lower[place] or "").strip() if place < len(lower) else ""
        group = head or group
        headings.append(f"{group} {sub}".strip() if sub else head)
    columns: dict[str, int] = {}
    for place, heading in enumerate(headings):
        field = _BY_HEADING.get(plain_heading(heading))
        if field is not None:
            columns.setdefault(field, place)
    if any(name not in columns for name in REGISTER_REQUIRED):
        return None
    return Layout(tuple(headings), columns, _snapshot)


def _snapshot(values: Values) -> dict[str, Json]:
    """A row of the register as a snapshot."""
    for field, words in _WORDS.items():
        if field in values:
            values[field] = words.get(plain_heading(values[field]), values[field])
    _split_address(values)
    competent = values.pop("competent", None)
    if competent:
        values["competent_unit" if is_unit_code(competent) else "competent_unit_name"] = competent
    rounds = []
    for number in (1, 2, 3):
        asked, given = values.pop(f"asked_{number}", None), values.pop(f"given_{number}", None)
        if asked or given:
            rounds.append({k: v for k, v in (("requested_at", asked), ("supplemented_at", given)) if v})
    more: dict[str, Json] = {"supplements": [{**each} for each in rounds]} if rounds else {}
    marked = {"at": values.pop("reappointed_at", None), "new_due_at": values.pop("new_due_at", None)}
    if any(marked.values()):
        more["reappointed"] = {key: value for key, value in marked.items() if value}
    values.setdefault("state", _state_of(values, rounds))
    return {"type": "snapshot", **values, **more}


def _split_address(values: Values) -> None:
    """`Bản Lũng, 0912 000 007`: the number that can be a phone is the phone."""
    both = values.pop("address_and_phone", None)
    if both is None:
        return
    for found in _NUMBERS.findall(both):
        if mobile(found) is not None:
            values.setdefault("contact_phone", found.strip())
            both = both.replace(found, "")
            break
    values.setdefault("contact_address", both.strip(" ,;-\n"))


def _state_of(values: Values, rounds: Sequence[Mapping[str, str]]) -> str:
    """The state that a register without such a column implies."""
    if "returned_at" in values:
        return "10"
    if "completed_at" in values:
        return "9"
    return "5" if rounds and "supplemented_at" not in rounds[-1] else "4"
