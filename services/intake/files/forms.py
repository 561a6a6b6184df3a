"""How the cells of a row become an item: by field names (one row per event), or as the register of Mẫu 07 (one per dossier)."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from contracts.codes import is_unit_code
from reference.phones import mobile
from runtime.guards import unguarded
from services.intake.domain import Fault, Json
from services.intake.files.encodings import spoilt
from services.intake.files.headings import Columns, Double, is_time
from services.intake.files.rows import Cell, Cells, DateCell, Head

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
CELL_WORDS: Mapping[str, Mapping[str, str]] = {
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
CODES = frozenset({"dossier", "procedure"})
AS_TEXT = "hãy định dạng cột là Văn bản (Text) rồi ghi lại mã"
_CONVERTED = re.compile(r"[\d.,]+E\+\d+|\d{1,4}[/-]\d{1,2}[/-]\d{1,4}(?: .*)?|\d{1,2}-[A-Za-z]{3}(?:-\d{2,4})?", re.ASCII)
_NUMBERS = re.compile(r"\+?[\d][\d .\-]{7,14}\d")


@dataclass(frozen=True, slots=True)
class Layout:
    """A table whose headings were understood: where each field stands, and how a row is read."""

    columns: Columns
    head: Head
    build: Callable[[Values], dict[str, Json]]

    @classmethod
    def of(cls, sheet: str, columns: Columns) -> "Layout":
        """The layout for headings that were understood."""
        head = Head(sheet, columns.headings, columns.names())
        return cls(columns, head, _snapshot if columns.register else lambda values: {**values})

    def item(self, cells: Cells) -> tuple[dict[str, Json], list[Fault]]:
        """The item of a row, and what is wrong with single cells."""
        values: Values = {}
        faults = []
        for field, place in self.columns.places.items():
            text, fault = _value(field, cells[place] if place < len(cells) else None)
            if fault is not None:
                faults.append(fault)
            elif text:
                values[field] = text
        faults += [fault for double in self.columns.doubles for fault in self._differing(double, cells)]
        return self.build(values), faults

    def _differing(self, double: Double, cells: Cells) -> list[Fault]:
        """Two columns for one field have to say the same in each row."""
        if not double.binding or double.place >= len(cells):
            return []
        place = self.columns.places[double.field]
        read, other = (_value(double.field, cell)[0] for cell in (cells[place], cells[double.place]))
        if read == other or not other:
            return []
        one, two = self.columns.headings[place], self.columns.headings[double.place]
        return [
            Fault(
                double.field,
                "double-column",
                f"hai cột “{one}” (cột thứ {place + 1}) và “{two}” (cột thứ {double.place + 1}) ghi khác nhau; hãy giữ một cột",
            )
        ]


def _value(field: str, cell: Cell) -> tuple[str, Fault | None]:
    """What a cell says of its field, or what is wrong with it."""
    if isinstance(cell, Fault):
        return "", Fault(field, cell.rule, cell.detail)
    text, fault = _text(field, cell)
    if fault is None and text and field in CODES and (isinstance(cell, DateCell) or _CONVERTED.fullmatch(text)):
        return "", Fault(field, "converted", f"Excel đã đổi mã thành ngày hoặc con số; {AS_TEXT}")
    if fault is None and not text.isascii() and (said := spoilt(text)):
        fault = Fault(field, "spoilt", said)
    return text, fault


def _text(field: str, cell: str | float | None) -> tuple[str, Fault | None]:
    """A cell as text, or what is wrong with it."""
    if cell is None:
        return "", None
    if not isinstance(cell, str):
        return _number(field, cell)
    text = unguarded(unicodedata.normalize("NFC", cell)).strip()
    if "\ufffd" in text or any("\udc80" <= letter <= "\udcff" for letter in text):
        return "", Fault(field, "not-utf-8", "có ký tự không đọc được (không phải UTF-8)")
    if any(unicodedata.category(letter) == "Cc" and letter not in "\n\t\r" for letter in text):
        return "", Fault(field, "control-character", "có ký tự điều khiển")
    return text, None


def _number(field: str, cell: float) -> tuple[str, Fault | None]:
    """A number as text, with what spreadsheets take away: the first 0 of a phone, the last 0 of a code."""
    if is_time(field):
        return "", Fault(field, "number", "là một con số; hãy định dạng ô là ngày giờ hoặc văn bản")
    if field in CODES and field != "procedure":
        return "", Fault(field, "converted", f"Excel đã đổi mã thành con số; {AS_TEXT}")
    if field == "procedure":
        return f"{cell:.6f}", None
    text = str(int(cell)) if float(cell).is_integer() else str(cell)
    return (f"0{text}" if field == "contact_phone" and len(text) == 9 else text), None


def _word(text: str) -> str:
    """A word of a closed list for comparing."""
    return " ".join(re.sub(r"[^\w\s]", " ", text.casefold()).split())


def _snapshot(values: Values) -> dict[str, Json]:
    """A row of the register as a snapshot."""
    for field, words in CELL_WORDS.items():
        if field in values:
            values[field] = words.get(_word(values[field]), values[field])
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
