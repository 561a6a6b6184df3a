"""Which field a column is: the headings of the register (Mẫu 07) in the spellings of offices, or the fields' own names."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from services.intake.domain import Contact, Fault, Item
from services.intake.files.rows import ERROR_COLUMN, Cell, Cells

EVENT_REQUIRED = ("dossier", "type", "at")
MOST_HEADING = 300  # characters
MOST_HEADING_ROWS = 3  # of merged heads one above the other
REGISTER_REQUIRED = ("dossier", "received_at")

# Headings of Mẫu 07 (TT 03/2025/TT-VPCP, and its ancestor of TT 01/2018), then the columns that registers add for contact
# and states. The first of each field is its official name; if two columns mean one field, the one named first is read.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "dossier": ("Mã hồ sơ", "Mã số hồ sơ", "Mã hồ sơ TTHC", "Mã hồ sơ DVC", "Mã hồ sơ DVCQG", "Số hồ sơ"),
    "procedure": ("Mã TTHC", "Mã thủ tục", "Mã thủ tục hành chính"),
    "procedure_name": ("Tên TTHC", "Tên thủ tục", "Tên thủ tục hành chính", "Thủ tục hành chính"),
    "contact_name": (
        "Tên cá nhân, tổ chức", "Tên tổ chức, cá nhân", "Chủ hồ sơ", "Tên chủ hồ sơ", "Họ và tên", "Họ tên", "Người nộp",
        "Người nộp hồ sơ", "Họ tên người nộp", "Họ và tên người nộp", "Tên người nộp", "Cá nhân, tổ chức", "Tổ chức, cá nhân",
    ),
    "address_and_phone": ("Địa chỉ, số điện thoại", "Địa chỉ, điện thoại"),
    "contact_address": ("Địa chỉ", "Địa chỉ liên hệ"),
    "contact_phone": ("Số điện thoại", "Điện thoại", "Số điện thoại liên hệ", "Điện thoại liên hệ", "Số di động", "Di động"),
    "contact_email": ("Email", "Thư điện tử", "Địa chỉ email"),
    "competent": ("Cơ quan chủ trì giải quyết", "Cơ quan giải quyết", "Đơn vị xử lý", "Cơ quan xử lý", "Đơn vị giải quyết"),
    "receiving_unit": ("Đơn vị tiếp nhận", "Mã đơn vị tiếp nhận", "Cơ quan tiếp nhận"),
    "received_at": (
        "Ngày nhận", "Ngày nhận hồ sơ", "Ngày tiếp nhận", "Ngày tiếp nhận hồ sơ", "Ngày, tháng, năm nhận hồ sơ", "Nhận hồ sơ",
        "Ngày, tháng, năm tiếp nhận", "Ngày giờ tiếp nhận", "Ngày giờ nhận", "Thời gian tiếp nhận", "Thời điểm tiếp nhận",
        "Ngày giờ nhận hồ sơ", "Ngày giờ tiếp nhận hồ sơ", "Giờ, ngày nhận", "Thời gian nhận", "Thời gian nhận hồ sơ",
        "Thời gian tiếp nhận hồ sơ", "Thời điểm nhận hồ sơ", "Thời điểm tiếp nhận hồ sơ",
    ),
    "promised_at": (
        "Ngày hẹn trả", "Ngày hẹn trả kết quả", "Ngày, tháng, năm hẹn trả kết quả", "Hẹn trả kết quả", "Hẹn trả", "Ngày hẹn",
        "Ngày giờ hẹn trả", "Thời gian hẹn trả", "Thời gian hẹn trả kết quả", "Ngày hẹn trả hồ sơ", "Hạn trả",
        "Hạn trả kết quả", "Ngày giờ hẹn trả kết quả", "Thời điểm hẹn trả", "Thời điểm hẹn trả kết quả",
        "Ngày hẹn trả kết quả giải quyết", "Ngày hẹn trả kết quả giải quyết TTHC", "Ngày phải trả kết quả",
    ),
    "returned_at": (
        "Ngày trả", "Ngày trả kết quả", "Trả kết quả ngày, tháng, năm", "Ngày, tháng, năm trả kết quả", "Ngày giờ trả",
        "Thời gian trả kết quả", "Ngày trả kết quả thực tế",
    ),
    "completed_at": (
        "Ngày kết thúc xử lý", "Ngày xử lý xong", "Ngày có kết quả", "Ngày giải quyết xong", "Ngày hoàn thành",
        "Ngày hoàn thành xử lý", "Thời gian kết thúc xử lý", "Thời điểm kết thúc xử lý", "Ngày giờ kết thúc xử lý",
    ),
    "return_method": ("Phương thức nhận kết quả", "Hình thức nhận kết quả", "Trả kết quả phương thức nhận kết quả"),
    "channel": ("Kênh thực hiện", "Kênh", "Hình thức nộp", "Kênh tiếp nhận", "Hình thức tiếp nhận"),
    "state": ("Trạng thái", "Tình trạng", "Trạng thái hồ sơ", "Tình trạng hồ sơ"),
    "asked_1": ("Ngày yêu cầu bổ sung", "Ngày yêu cầu bổ sung lần 1"),
    "given_1": ("Ngày bổ sung xong", "Ngày bổ sung xong lần 1"),
    "asked_2": ("Ngày yêu cầu bổ sung lần 2",),
    "given_2": ("Ngày bổ sung xong lần 2",),
    "asked_3": ("Ngày yêu cầu bổ sung lần 3",),
    "given_3": ("Ngày bổ sung xong lần 3",),
    "reappointed_at": ("Ngày xin lỗi, hẹn lại", "Ngày văn bản xin lỗi"),
    "new_due_at": ("Ngày hẹn trả lại", "Ngày hẹn lại"),
}  # fmt: skip
_SHORT = {
    "kq": "ketqua", "hs": "hoso", "sdt": "sodienthoai", "dt": "dienthoai", "dtdd": "didong", "dc": "diachi",
    "cq": "coquan", "dv": "donvi", "bs": "bosung", "yc": "yeucau", "ycbs": "yeucaubosung", "mail": "email",
}  # fmt: skip
EVENT_FIELDS = frozenset(name for model in get_args(Item) for name in model.model_fields) | {
    f"contact_{name}" for name in Contact.model_fields
}
# Where a register's column stands for a field of another name or inside another.
SAID_AS = {
    "competent": "competent_unit",
    "address_and_phone": "contact_phone",
    "reappointed_at": "reappointed.at",
    "new_due_at": "reappointed.new_due_at",
    **{f"asked_{n}": f"supplements.{n - 1}.requested_at" for n in (1, 2, 3)},
    **{f"given_{n}": f"supplements.{n - 1}.supplemented_at" for n in (1, 2, 3)},
}


def is_time(field: str) -> bool:
    """Whether a column of this field holds times."""
    return field.endswith("_at") or field == "at" or field.startswith(("asked_", "given_"))


def shown(cell: Cell) -> str:
    """A cell of a heading as one line; what is longer than a heading is cut."""
    if cell is None or isinstance(cell, Fault):
        return ""
    return " ".join(unicodedata.normalize("NFC", str(cell)[:MOST_HEADING]).split())


def heading_key(text: str) -> str:
    """A heading for comparing: `NGÀY  HẸN TRẢ KQ (*):` is `ngayhentraketqua`, with or without its marks.

    Brackets explain, but for the ones that say which time it is: `(lần 2)`.
    """
    marked = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    bare = "".join(letter for letter in marked if not unicodedata.combining(letter))
    words = re.sub(r"[\W_]+", " ", re.sub(r"\((?!\s*lan\s*\d)[^)]*\)|^\s*\d+[.)]\s", " ", bare)).split()
    return "".join(_SHORT.get(word, word) for word in words)


_RANKS = {heading_key(name): (field, rank) for field, names in HEADINGS.items() for rank, name in enumerate(names)}


# Merged heads that say nothing of which time or whose name stands below. One that does (`Trả kết quả`) is never left out:
# the day on which a result was fetched would be read as the day of the reception.
_KINDS = {
    heading_key(name)
    for name in (
        "Thời gian", "Thời hạn", "Ngày tháng", "Ngày, tháng, năm", "Ngày giờ", "Hồ sơ", "Thông tin hồ sơ", "Thông tin chung",
        "Thông tin", "Thủ tục", "Thủ tục hành chính", "Người nộp", "Người nộp hồ sơ", "Thông tin người nộp",
        "Thông tin liên hệ", "Liên hệ", "Cá nhân, tổ chức", "Tổ chức, cá nhân", "Thông tin cá nhân, tổ chức", "Công dân",
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Double:
    """Two columns for one field: where the one that is not read stands, and whether it must not differ."""

    field: str
    place: int
    binding: bool


@dataclass(frozen=True, slots=True)
class Columns:
    """Headings that were understood: where each field stands, and what else there is."""

    headings: tuple[str, ...]
    places: Mapping[str, int]  # field -> place of its cell
    doubles: tuple[Double, ...] = ()
    register: bool = False

    def names(self) -> dict[str, str]:
        """What to call each field of an item: by its official name, with the file's heading where that is another."""
        names = {field: official[0] for field, official in HEADINGS.items()} if self.register else {}
        names |= {field: self._name(field, place) for field, place in self.places.items()}
        for field, other in SAID_AS.items():
            if field in self.places and other not in self.places:
                names[other] = names[field]
            elif field in names:
                names.setdefault(other, names[field])
        return names

    def _name(self, field: str, place: int) -> str:
        heading = self.headings[place]
        official = HEADINGS[field][0] if self.register else field
        return official if heading_key(heading) == heading_key(official) else f"{official} (cột “{heading}”)"

    def read(self) -> list[str]:
        """Headings of the columns that are read."""
        return [self.headings[place] for field, place in self.places.items() if self.register or field in EVENT_FIELDS]

    def unread(self) -> list[str]:
        """Headings of the columns that are not read."""
        said = {*self.read(), *(self.headings[double.place] for double in self.doubles), ERROR_COLUMN, ""}
        return [name for name in self.headings if name not in said]

    def notes(self) -> Iterator[str]:
        """What is said of two columns for one field."""
        for double in self.doubles:
            read, other = self.headings[self.places[double.field]], self.headings[double.place]
            places = f"cột thứ {self.places[double.field] + 1}"
            if heading_key(read) == heading_key(other):
                yield f"đầu cột “{other}” có hai lần (cột thứ {double.place + 1} không đọc); đã đọc {places}"
            else:
                yield f"cột “{other}” cùng nghĩa với cột “{read}” nên không đọc; đã đọc {places}"


def understand(rows: Sequence[Cells]) -> tuple[Columns, int] | None:
    """The headings that begin with the first of these rows, and how many of them they take: rows under merged heads belong to
    them (at most MOST_HEADING_ROWS). None if it is no row of headings."""
    events = _events(rows[0])
    if events is not None:
        return events, 1
    for count in range(1, min(len(rows), MOST_HEADING_ROWS) + 1):
        columns = _register(rows[:count])
        if columns is not None:
            return columns, count
    return None


def _events(cells: Cells) -> Columns | None:
    """Columns that no item has are in the items all the same: intake counts them as fields that nobody knows."""
    headings = tuple(shown(cell) for cell in cells)
    folded = [name.casefold() if name.casefold() in EVENT_FIELDS else name for name in headings]
    found = [(place, name, 0) for place, name in enumerate(folded) if name and name != ERROR_COLUMN]
    columns = _columns(headings, found, register=False)
    return columns if all(name in columns.places for name in EVENT_REQUIRED) else None


def _register(rows: Sequence[Cells]) -> Columns | None:
    headings = tuple(_heading(heads) for heads in _heads(rows))
    found = [(place, *_RANKS[key]) for place, name in enumerate(headings) if (key := heading_key(name)) in _RANKS]
    columns = _columns(headings, found, register=True)
    return columns if all(name in columns.places for name in REGISTER_REQUIRED) else None


def _heads(rows: Sequence[Cells]) -> Iterator[list[str]]:
    """What stands above each column, from the top. A merged head stands in the first of its cells and holds for those after it,
    until another one begins beside or above it."""
    groups = [""] * len(rows)
    for place in range(max(len(cells) for cells in rows)):
        own = [shown(cells[place]) if place < len(cells) else "" for cells in rows]
        for level, head in enumerate(own):
            if head:
                groups[level:] = [head, *[""] * (len(rows) - level - 1)]
        lowest = max((level for level, head in enumerate(own) if head), default=None)
        yield [] if lowest is None else [head for head in groups[: lowest + 1] if head]


def _heading(heads: Sequence[str]) -> str:
    """All heads of a column together, without the upper ones where those say only of what kind it is."""
    for first in range(len(heads)):
        heading = " ".join(heads[first:])
        if heading_key(heading) in _RANKS:
            return heading
        if heading_key(heads[first]) not in _KINDS:
            break
    return " ".join(heads)


def _columns(headings: tuple[str, ...], found: list[tuple[int, str, int]], *, register: bool) -> Columns:
    """Of two columns for one field, the one with the more official name is read, else the first."""
    places: dict[str, int] = {}
    doubles = []
    for place, field, _ in sorted(found, key=lambda each: (each[2], each[0])):
        if field not in places:
            places[field] = place
            continue
        same = heading_key(headings[place]) == heading_key(headings[places[field]])
        doubles.append(Double(field, place, binding=same or is_time(field)))
    in_order = dict(sorted(places.items(), key=lambda each: each[1]))
    return Columns(headings, in_order, tuple(doubles), register)
