"""A line of the tracking book (Sổ theo dõi hồ sơ, Mẫu 07), as far as it names nobody."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from contracts.deadlines import Outcome
from reference import ReferenceData, moment, moment_or_none
from services.reporting.domain.facts import Received, Refused
from services.reporting.domain.row import Ended, Promised, Row, Waiting

OUTCOMES: dict[Outcome, str] = {"early": "trước hạn", "on_time": "đúng hạn", "late": "quá hạn"}
ENDS = {7: "Công dân rút hồ sơ", 8: "Dừng xử lý", 9: "Đã xử lý xong", 10: "Đã trả kết quả"}


@dataclass(frozen=True, slots=True)
class TrackingLine:
    """One dossier. `due_at`: the date in force, or the one that its end was measured against; None while the clock stands
    still. `returned_at`: where the hand-over is what ended it; reporting is told of no other."""

    code: str
    procedure: str
    competent: str
    received_at: datetime
    due_at: datetime | None
    returned_at: datetime | None
    remark: str


def tracking_line(row: Row, units: Collection[str], reference: ReferenceData) -> TrackingLine | None:
    """The line of a dossier in the book of these units; None if none of them took it in, or it was refused after all."""
    known = row.known
    received = known.facts.first(Received)
    if received is None or received.receiving_unit not in units or known.facts.first(Refused) is not None:
        return None
    ended = known.settled if isinstance(known.settled, Ended) else None
    promised = known.promise.due if isinstance(known.promise, Promised) else None
    return TrackingLine(
        code=row.code,
        procedure=reference.procedure_name(received.procedure),
        competent=reference.unit_name(received.competent_unit),
        received_at=moment(received.at),
        due_at=moment_or_none(promised if ended is None else ended.due),
        returned_at=moment(ended.end) if ended is not None and ended.state == 10 else None,
        remark="; ".join(_remarks(row, ended)),
    )


def _remarks(row: Row, ended: Ended | None) -> list[str]:
    remarks = []
    if ended is not None:
        at = moment(ended.end)
        how = ENDS.get(ended.state or 0, "Đã kết thúc")
        remarks.append(f"{how} {at:%H:%M %d/%m/%Y}, {OUTCOMES[ended.outcome]}")
    elif isinstance(row.known.promise, Waiting):
        remarks.append("Thời hạn đang tạm dừng")
    if row.known.letter is not None:
        remarks.append("đã có văn bản xin lỗi" if remarks else "Đã có văn bản xin lỗi")
    return remarks
