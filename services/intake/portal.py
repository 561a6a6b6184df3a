"""The national portal's payloads as field systems send them (DongBoHoSoMC, CapNhatTienDoHoSoMC), and its form of answers.

Only names and shapes change here; what a payload means is decided in the domain.
"""

from collections.abc import Callable, Mapping, Sequence

from pydantic import BaseModel

from contracts.codes import is_unit_code
from services.intake.domain import HELD, Accepted, Answer, Doubled, Json, Quarantined, Refused

OK, PARTLY, BAD_REQUEST, NO_SESSION = "00", "01", "02", "03"
_RETURN_METHODS = {"0": "counter", "1": "post"}  # HinhThuc

# Our field <- its official name in DongBoHoSoMC. Names of people and officers, files and fees are not taken.
_SNAPSHOT = {
    "dossier": "MaHoSo",
    "state": "TrangThaiHoSo",
    "procedure": "MaTTHC",
    "channel": "KenhThucHien",
    "submitted_at": "NgayNopHoSo",
    "received_at": "NgayTiepNhan",
    "promised_at": "NgayHenTra",
    "completed_at": "NgayKetThucXuLy",
    "returned_at": "NgayTra",
}
_CONTACT = {"name": "ChuHoSo", "phone": "SoDienThoai", "email": "Email"}
_SUPPLEMENT = {
    "occasion": "HoSoBoSungId",
    "requested_at": "NgayBoSung",
    "supplemented_at": "NgayTiepNhanBoSung",
    "previous_due_at": "NgayHenTraTruoc",
    "new_due_at": "NgayHenTraMoi",
}
_STEP = {
    "dossier": "MaHoSo",
    "at": "ThoiDiemXuLy",
    "step": "NoiDungXuLy",
    "department": "PhongBanXuLy",
    "started_at": "NgayBatDau",
    "step_due_at": "NgayKetThucTheoQuyDinh",
    "state": "TrangThai",
}
# Of the official items, what is known and left behind: people and officers, files, fees, papers.
_LEFT_OF_SNAPSHOT = (
    "TenTTHC",
    "MaLinhVuc",
    "TenLinhVuc",
    "SoBienNhan",
    "LoaiDoiTuong",
    "MaDoiTuong",
    "ThongTinKhac",
    "Email",
    "Fax",
    "SoDienThoai",
    "ChuHoSo",
    "TrichYeuHoSo",
    "ThongTinTra",
    "HinhThuc",
    "DonViXuLy",
    "GhiChu",
    "TaiLieuNop",
    "DanhSachLePhi",
    "DanhSachTepDinhKemKhac",
    "DanhSachHoSoBoSung",
    "DanhSachGiayToKetQua",
    "DuocThanhToanTrucTuyen",
    "TaiKhoanDuocXacThucVoiVNeID",
    "HoSoCoThanhPhanSoHoa",
    "MaCSDL",
    "ThoiGianGiaiQuyet",
    "DonViTinh",
)
_LEFT_OF_STEP = ("NguoiXuLy", "ChucDanh")
MOST_NAMES, LONGEST_NAME = 20, 60  # of unread fields, in an answer
_OFFICIAL = (
    {f"contact.{ours}": theirs for ours, theirs in _CONTACT.items()}
    | _SNAPSHOT
    | {"competent_unit": "DonViXuLy", "receiving_unit": "madonvi", "return_method": "HinhThuc", "procedure_name": "TenTTHC"}
)


def snapshot_of(given: Json, unit: str | None) -> Json:
    """A DongBoHoSoMC item as a snapshot; `unit` is the madonvi it came under."""
    if not isinstance(given, dict) or isinstance(given, Doubled):
        return given
    item: dict[str, Json] = {"type": "snapshot", "receiving_unit": unit, **_renamed(given, _SNAPSHOT)}
    if "procedure" not in item:
        item["procedure_name"] = given.get("TenTTHC")
    body = given.get("DonViXuLy")
    if body:
        item["competent_unit" if isinstance(body, str) and is_unit_code(body) else "competent_unit_name"] = body
    method = given.get("HinhThuc")
    if method not in (None, ""):
        item["return_method"] = _RETURN_METHODS.get(str(method), method)
    contact = _renamed(given, _CONTACT)
    if contact:
        item["contact"] = contact
    rounds = given.get("DanhSachHoSoBoSung")
    if rounds:
        item["supplements"] = [_renamed(r, _SUPPLEMENT) if isinstance(r, dict) else r for r in _listed(rounds)]
    return item


def step_of(given: Json, _: str | None) -> Json:
    """A CapNhatTienDoHoSoMC item as a step with the state after it. The officer's name is left behind."""
    if not isinstance(given, dict) or isinstance(given, Doubled):
        return given
    return {"type": "progressed", **_renamed(given, _STEP)}


KNOWN = {
    "DongBoHoSoMC": frozenset((*_SNAPSHOT.values(), *_LEFT_OF_SNAPSHOT)),
    "CapNhatTienDoHoSoMC": frozenset((*_STEP.values(), *_LEFT_OF_STEP)),
}
SERVICES: Mapping[str, tuple[Callable[[Json, str | None], Json], Mapping[str, str]]] = {
    "DongBoHoSoMC": (snapshot_of, _OFFICIAL),
    "CapNhatTienDoHoSoMC": (step_of, _STEP),
}


def _renamed(given: dict[str, Json], names: Mapping[str, str]) -> dict[str, Json]:
    if isinstance(given, Doubled):
        return given
    return {ours: given[theirs] for ours, theirs in names.items() if given.get(theirs) not in (None, "")}


def _listed(value: Json) -> list[Json]:
    """A list, as it should be, or what the model will refuse."""
    return value if isinstance(value, list) else [value]


def unread(given: Json, service: str) -> list[str]:
    """Fields of an item that no specification of the service knows, such as a misspelt one."""
    names = [name for name in given if name not in KNOWN[service]] if isinstance(given, dict) else []
    return [name[:LONGEST_NAME] for name in names[:MOST_NAMES]]


def official_name(field: str, names: Mapping[str, str]) -> str:
    """A field of ours under its official name, for answers."""
    if field.startswith("supplements."):
        _, number, name = (*field.split(".", 2), "")[:3]
        return f"DanhSachHoSoBoSung/{number}/{_SUPPLEMENT.get(name, name)}"
    return names.get(field, field)


class PortalEntry(BaseModel):
    """What became of one dossier of a call. `MaHoSo`: as it was sent."""

    MaHoSo: Json
    error_code: str | None = None
    message: str | None = None


class PortalAnswer(BaseModel):
    """The portal's answer to a call: 00 done, 01 partly, 02 not readable, 03 no session."""

    error_code: str
    message: str
    data: list[PortalEntry] | None = None


def answer_of(items: Sequence[Json], answers: Sequence[Answer], service: str) -> PortalAnswer:
    """The portal's answer form: 00 if everything was taken (or is held for a person), else 01 and which items and why."""
    names = SERVICES[service][1]
    data = [_entry(item, answer, names) for item, answer in zip(items, answers, strict=True)]
    for item, entry in zip(items, data, strict=True):
        strange = unread(item, service)
        if strange:
            entry.message = f"{entry.message}; không đọc: {', '.join(strange)}"
    refused = sum(entry.error_code != OK for entry in data)
    if not refused:
        return PortalAnswer(error_code=OK, message="Thành công", data=data)
    return PortalAnswer(error_code=PARTLY, message=f"{refused} trên {len(data)} hồ sơ bị từ chối", data=data)


def _entry(item: Json, answer: Answer, names: Mapping[str, str]) -> PortalEntry:
    dossier = item.get("MaHoSo") if isinstance(item, dict) else None
    match answer:
        case Accepted():
            return PortalEntry(MaHoSo=dossier, error_code=OK, message="Thành công")
        case Quarantined(reason, field):
            place = f"{official_name(field, names)}: " if field else ""
            message = f"Được giữ lại chờ kiểm tra: {place}{HELD[reason]}"
            return PortalEntry(MaHoSo=dossier, error_code=OK, message=message)
        case Refused(faults):
            message = "; ".join(f"{official_name(fault.field, names)}: {fault.detail}" for fault in faults)
            return PortalEntry(MaHoSo=dossier, error_code=PARTLY, message=message)


def failure(code: str, message: str) -> PortalAnswer:
    """An answer to a request that could not be read at all."""
    return PortalAnswer(error_code=code, message=message)
