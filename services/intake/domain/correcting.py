"""What of a held item a person may correct, how a field is shown, and what was typed as changes of the item."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from reference import OFFICE_TIME
from services.intake.domain.dossier import Json
from services.intake.domain.held import Fields
from services.intake.domain.problems import Fault, FaultError
from services.intake.domain.times import office_time

Kind = Literal["text", "time", "state", "own-unit", "unit"]
Options = Mapping[Kind, Sequence[tuple[str, str]]]  # of a kind that is chosen from a list: value and words


@dataclass(frozen=True, slots=True)
class Field:
    """A field as people know it. `official`: its name in the portal's payloads."""

    name: str
    words: str
    official: str
    kind: Kind


_AT = Field("at", "Thời điểm", "ThoiDiemXuLy", "time")
_STATE = Field("state", "Trạng thái hồ sơ", "TrangThaiHoSo", "state")
_PLACE = (
    Field("procedure", "Mã thủ tục hành chính", "MaTTHC", "text"),
    Field("receiving_unit", "Đơn vị tiếp nhận", "madonvi", "own-unit"),
    Field("competent_unit", "Đơn vị xử lý", "DonViXuLy", "unit"),
)
_PROMISED = Field("promised_at", "Ngày hẹn trả", "NgayHenTra", "time")
_OF_SNAPSHOT = (
    _STATE,
    *_PLACE,
    Field("submitted_at", "Ngày nộp hồ sơ", "NgayNopHoSo", "time"),
    Field("received_at", "Ngày tiếp nhận", "NgayTiepNhan", "time"),
    _PROMISED,
    Field("completed_at", "Ngày kết thúc xử lý", "NgayKetThucXuLy", "time"),
    Field("returned_at", "Ngày trả kết quả", "NgayTra", "time"),
)
_OF_STEP = (
    Field("state", "Trạng thái sau bước này", "TrangThai", "state"),
    _AT,
    Field("started_at", "Ngày bắt đầu", "NgayBatDau", "time"),
    Field("step_due_at", "Hạn của bước", "NgayKetThucTheoQuyDinh", "time"),
)
FIELDS: Mapping[str, tuple[Field, ...]] = {
    "snapshot": _OF_SNAPSHOT,
    "submitted": (*_PLACE, Field("at", "Ngày nộp hồ sơ", "NgayNopHoSo", "time")),
    "received": (*_PLACE, _AT, _PROMISED),
    "progressed": _OF_STEP,
    "reappointed": (_AT, Field("new_due_at", "Ngày hẹn trả mới", "NgayHenTraMoi", "time")),
}
# What an item is, for people.
KINDS: Mapping[str, str] = {
    "snapshot": "Toàn bộ hồ sơ",
    "submitted": "Mới đăng ký",
    "received": "Tiếp nhận",
    "progressed": "Bước xử lý",
    "reappointed": "Hẹn lại ngày trả",
    "suspended": "Tạm dừng",
    "resumed": "Tiếp tục xử lý",
    "supplement-requested": "Yêu cầu bổ sung",
    "supplemented": "Đã bổ sung",
    "fee-requested": "Yêu cầu nộp phí, lệ phí",
    "fee-paid": "Đã nộp phí, lệ phí",
    "completed": "Xử lý xong",
    "returned": "Trả kết quả",
    "refused": "Không tiếp nhận",
    "withdrawn": "Rút hồ sơ",
    "stopped": "Dừng xử lý",
    "retracted": "Thu hồi một sự kiện đã gửi",
}
# Fields that are shown in a list and corrected by their sender alone.
_OTHERS: Mapping[str, str] = {
    "dossier": "Mã hồ sơ",
    "occasion": "Lần",
    "supplements": "Các lần bổ sung",
    "linked": "Liên thông",
}


def fields_of(item: Fields) -> tuple[Field, ...]:
    """What may be corrected in an item of its kind."""
    return FIELDS.get(str(item.get("type")), (_AT,))


def words_of(item: Fields, name: str) -> str:
    """A field of an item by its name for people, with the official one in brackets; "" for none."""
    first = name.partition(".")[0]
    known = next((field for field in fields_of(item) if field.name == first), None)
    return _OTHERS.get(first, first) if known is None else f"{known.words} ({known.official})"


def name_of(name: str) -> str:
    """A field that may be corrected, by its name for people, whatever it was a field of."""
    return next((field.words for own in FIELDS.values() for field in own if field.name == name), name)


def shown(item: Fields, field: Field) -> str:
    """A value as people read and write it: times of the office to the minute, `09:00 19/03/2026`. A date of which a browser
    would show the month first, to whoever has set it to English, is no help to anybody: so it is text."""
    value = item.get(field.name)
    if value is None:
        return ""
    if field.kind != "time":
        return str(value)
    try:
        return f"{office_time(str(value)).astimezone(OFFICE_TIME):%H:%M %d/%m/%Y}"
    except ValueError:
        return str(value)


def changed(item: Fields, typed: Mapping[str, str], options: Options) -> dict[str, Json]:
    """What was typed and differs from what is kept. Nothing typed takes a value away.

    Raises FaultError for a value that is in no list of its field: a unit of others, a state that the sender's table lacks.
    """
    found: dict[str, Json] = {}
    faults: list[Fault] = []
    for field in fields_of(item):
        text = typed.get(field.name, shown(item, field)).strip()
        if text == shown(item, field):
            continue
        if text and field.kind in options and text not in _values(options[field.kind]):
            faults.append(Fault(field.name, "not-listed", "không có trong danh sách để chọn"))
        found[field.name] = text
    if faults:
        raise FaultError(faults)
    return found


def _values(listed: Iterable[tuple[str, str]]) -> set[str]:
    return {value for value, _ in listed}
