"""The control sheet of a dossier (Mẫu 06) in words. It names nobody."""

from dataclasses import dataclass
from datetime import datetime

from contracts.deadlines import Outcome
from reference import OFFICE_TIME, ReferenceData, moment
from services.control_sheet import BLANK, SheetLine, SheetWords
from services.sla.domain.control import ControlSheet, Hand

RESULTS: dict[Outcome, str] = {"early": "Trước hạn", "on_time": "Đúng hạn", "late": "Quá hạn"}


@dataclass(frozen=True, slots=True)
class Made:
    """When a sheet is made, and the reference data that name what it speaks of."""

    now: datetime
    reference: ReferenceData


def words_of(sheet: ControlSheet, made: Made) -> SheetWords:
    """What stands in it; equal sheets made at one time give equal words."""
    known = sheet.procedure in made.reference.procedures
    name, body = made.reference.procedure_name(sheet.procedure), made.reference.unit_name(sheet.unit)
    now = made.now.astimezone(OFFICE_TIME)
    return SheetWords(
        code=sheet.code,
        body=body,
        procedure=f"{name} ({sheet.procedure})" if known else name,
        received=_clock(sheet.received_at),
        due=BLANK if sheet.due is None else _clock(sheet.due),
        made=f"Lập lúc {now:%H:%M} ngày {now:%d/%m/%Y}, theo dữ liệu hệ thống đã nhận đến lúc đó.",
        dated=(now.year, now.month, now.day),
        hands=[_line(hand, body) for hand in sheet.hands],
    )


def _line(hand: Hand, body: str) -> SheetLine:
    place = f"{hand.place}, {body}" if hand.place else body
    result = RESULTS[hand.result] if hand.result is not None else ""
    return SheetLine(place=place, at=_clock(hand.at), result=result, what=hand.what)


def _clock(ms: int) -> str:
    at = moment(ms)
    return f"{at:%H} giờ {at:%M} phút, ngày {at:%d/%m/%Y}"
