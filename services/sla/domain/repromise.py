"""The one re-promise a dossier may get (R15, R16): what forbids a new date."""

from dataclasses import dataclass, replace
from datetime import datetime

from contracts.deadlines import DeadlineRefused
from contracts.rules import Rule
from reference import Timeline
from reference.timeline import DAY, minute_of
from services.sla.domain.dossier import Dossier, End
from services.sla.domain.facts import Reappointed
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
    """What a signed letter asks for: the event, the body, the draft; when it was signed, the date it promises (ms)."""

    id: str
    unit: str
    draft: int
    at: int
    new_due: int


def granted(dossier: Dossier, ask: Ask) -> Dossier:
    """With the new date that a letter asked for, as its one re-promise."""
    facts = dossier.facts.noted(Reappointed(ask.at, ask.new_due, granted=True), f"letter/{ask.draft}")
    return replace(dossier, facts=facts, asks={**dossier.asks, ask.id: "granted"})


def refusal_of(standing: Standing | None, end: End | None, due: int | None, line: Timeline, ask: Ask) -> Refusal | None:
    """Why a letter may not promise its new date instead of the one in force (`due`, ms), or None if it may."""
    if standing is None:
        return NOT_ACCEPTED
    if end is not None:
        return ENDED
    if standing.reappointed:
        return ONCE
    if due is None:
        return PAUSED
    if ask.new_due <= max(ask.at, due):
        return NOT_LATER
    return None if line.is_counted(minute_of(ask.new_due) // DAY) else NOT_OPEN
