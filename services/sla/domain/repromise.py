"""The one re-promise a dossier may get (R15, R16): what forbids a new date."""

from dataclasses import dataclass
from datetime import datetime

from contracts.deadlines import DeadlineRefused
from contracts.rules import Rule
from reference import Timeline, moment
from reference.timeline import DAY, to_minute
from services.sla.domain.outcome import End
from services.sla.domain.promise import Standing


@dataclass(frozen=True, slots=True)
class Refusal:
    """The rule that forbids a new date, its words, and the sentence for the person who asked."""

    code: Rule
    words: str
    text: str

    def to(self, unit: str, at: datetime) -> DeadlineRefused:
        """As it is said to a body."""
        return DeadlineRefused(at=at, unit=unit, rule=f"{self.code}: {self.words}", text=self.text, code=self.code.value)


ONCE = Refusal(
    Rule.R16, "không quá một lần hẹn lại", "Ngày hẹn trả chỉ được hẹn lại một lần; đề nghị hẹn lại sau đó không được chấp nhận."
)
NOT_ACCEPTED = Refusal(
    Rule.R15, "hồ sơ chưa được tiếp nhận", "Hồ sơ chưa được tiếp nhận hoặc đã bị từ chối, không có gì để hẹn lại."
)
ENDED = Refusal(Rule.R15, "hồ sơ đã kết thúc", "Hồ sơ đã kết thúc, không hẹn lại ngày trả.")
PAUSED = Refusal(Rule.R15, "hồ sơ đang dừng", "Hồ sơ đang chờ bổ sung hoặc thực hiện nghĩa vụ, chưa có ngày hẹn để hẹn lại.")
NOT_LATER = Refusal(
    Rule.R15, "ngày hẹn mới phải sau ngày hẹn cũ", "Ngày hẹn lại phải sau lúc ký thư và sau ngày hẹn đang có hiệu lực."
)
NOT_OPEN = Refusal(Rule.R15, "ngày hẹn mới phải là ngày làm việc", "Ngày hẹn lại phải là ngày làm việc của đơn vị.")


@dataclass(frozen=True, slots=True)
class Ask:
    """What a signed letter asks for: when it was signed, the date in force, the date it promises (ms)."""

    at: int
    due: int | None
    new_due: int


def refusal_of(standing: Standing | None, end: End | None, line: Timeline, ask: Ask) -> Refusal | None:
    """Why a letter may not promise its new date, or None if it may."""
    if standing is None:
        return NOT_ACCEPTED
    if end is not None:
        return ENDED
    if standing.reappointed:
        return ONCE
    if ask.due is None:
        return PAUSED
    if ask.new_due <= max(ask.at, ask.due):
        return NOT_LATER
    return None if line.is_counted(to_minute(moment(ask.new_due)) // DAY) else NOT_OPEN
