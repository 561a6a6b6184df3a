"""The control sheet of a dossier (Mẫu 06) as PDF/A-2b."""

from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

from contracts.deadlines import Outcome
from reference import OFFICE_TIME, ReferenceData, moment
from runtime.typeset import typeset
from services.sla.domain.control import ControlSheet, Hand

_LAYOUT = files("services.sla").joinpath("templates/control.typ").read_bytes()
RESULTS: dict[Outcome, str] = {"early": "Trước hạn", "on_time": "Đúng hạn", "late": "Quá hạn"}
BLANK = "........................................................"


@dataclass(frozen=True, slots=True)
class Made:
    """When a sheet is made, and the reference data that name what it speaks of."""

    now: datetime
    reference: ReferenceData


def render(sheet: ControlSheet, made: Made) -> bytes:
    """The sheet as one document; equal sheets made at one time give equal bytes."""
    known = sheet.procedure in made.reference.procedures
    name, body = made.reference.procedure_name(sheet.procedure), made.reference.unit_name(sheet.unit)
    now = made.now.astimezone(OFFICE_TIME)
    words = {
        "code": sheet.code,
        "body": body,
        "procedure": f"{name} ({sheet.procedure})" if known else name,
        "received": _clock(sheet.received_at),
        "due": BLANK if sheet.due is None else _clock(sheet.due),
        "blank": BLANK,
        "made": f"Lập lúc {now:%H:%M} ngày {now:%d/%m/%Y}, theo dữ liệu hệ thống đã nhận đến lúc đó.",
        "dated": (now.year, now.month, now.day),
        "hands": [_line(hand, body) for hand in sheet.hands],
    }
    return typeset(_LAYOUT, sheet=words)


def _line(hand: Hand, body: str) -> tuple[str, str, str, str]:
    """Cơ quan, thời gian giao nhận, kết quả giải quyết, ghi chú."""
    place = f"{hand.place}, {body}" if hand.place else body
    return place, _clock(hand.at), RESULTS[hand.result] if hand.result is not None else "", hand.what


def _clock(ms: int) -> str:
    at = moment(ms)
    return f"{at:%H} giờ {at:%M} phút, ngày {at:%d/%m/%Y}"
